/* SPDX-License-Identifier: BSD-3-Clause */
/* One value: Python number, string or record ↔ C value in memory. */
#ifndef TNPY_VALUE_H
#define TNPY_VALUE_H

#include <stdint.h>
#include <string.h>

#include "tenon/fast.h"
#include "tenon/status.h"
#include "tenon/type.h"

#include "state.h"

/* Write the C value of `obj` to `out` (type->itemsize bytes, aligned). `character`: declared as plain char, so one
 * ASCII character is wanted. May run Python code (__index__, __float__, __complex__, mapping access, …); the caller
 * holds the GIL.
 *
 * Integers go through __index__ and are range-checked (TN_OUT_OF_RANGE); bool counts as an integer; floats never do.
 * Bool takes bool, numpy.bool_ and integers 0 and 1. Floats take anything with __float__ or __index__, except strings;
 * float32 and float16 overflow is TN_OUT_OF_RANGE. Complex takes what floats take, and __complex__. Arrays of one
 * dimension or more are TN_WRONG_TYPE; 0-d arrays and NumPy scalars are numbers. A structure takes a 0-d buffer of
 * exactly this type (or a NumPy structured scalar), a mapping with exactly its keys, or a tuple with as many items (a
 * named tuple's names must agree); nested structures and sub-arrays alike. Times take an int, the count of
 * units, and what NumPy makes one of. On failure `err->message` continues the name
 * of the parameter: "must be int, got float"; "must be in the range of int32 (-2147483648 to 2147483647), got
 * 3000000000"; for a record "field 'b' must be float, got str". An exception raised by the object's own code passes
 * through: TN_RAISED, and the exception is set. On any other failure no exception is set. */
tn_status tnpy_value_read(tnpy_state *state, PyObject *obj, const tn_type *type, int character, void *out,
                          tn_error *err);

/* The Python value at `data`: bool, int, float, complex, str (character), bytes, named tuple (structures; class named
 * after type->name), nested lists for sub-arrays, numpy.datetime64 or timedelta64 (int without NumPy). long double
 * becomes a float (nearest). New reference, or NULL with an exception. `data` may be unaligned and of either byte
 * order. */
PyObject *tnpy_value_to_python(tnpy_state *state, const tn_type *type, int character, const void *data);

/* tnpy_value_read with the commonest cases in place: float64 from a float, int32 and wider from a small int. */
static inline tn_status tnpy_value_read_quick(tnpy_state *state, PyObject *obj, const tn_type *type, int character,
                                              void *out, tn_error *err)
{
    int64_t value;
    if (type->kind == TN_FLOAT && type->itemsize == 8 && type->byteorder == TN_NATIVE && PyFloat_CheckExact(obj)) {
        double number = PyFloat_AS_DOUBLE(obj);
        memcpy(out, &number, sizeof number);
        return TN_OK;
    }
    if ((type->kind == TN_INT || type->kind == TN_UINT) && type->itemsize >= 4 && type->byteorder == TN_NATIVE &&
        tn_short_small_int(obj, &value) && (value >= 0 || type->kind == TN_INT) &&
        (type->itemsize == 8 || (value >= INT32_MIN && value <= INT32_MAX))) {
        int32_t narrow = (int32_t)value;
        if (type->itemsize == 8)
            memcpy(out, &value, sizeof value);
        else
            memcpy(out, &narrow, sizeof narrow);
        return TN_OK;
    }
    return tnpy_value_read(state, obj, type, character, out, err);
}

#endif
