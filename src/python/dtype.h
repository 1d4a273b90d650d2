/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon.DType: an element type as a Python object.
 *
 * It owns its tn_type, so that whatever shows memory of that type keeps one reference and needs no copy. The types of
 * one native format character are made once an interpreter (state->dtypes). Immutable once made; needs no NumPy.
 *
 * A type has one meaning and may have several spellings: "l" and "q", "i" and "<i". A DType remembers how the exporter
 * spelt it, because memoryview does, and compares by meaning.
 *
 * In Python: str(d) is how people read it ("float64", "{a: int32, b: float32}"); kind, itemsize, alignment, byteorder,
 * format (PEP 3118; None where it has no code), typestr, descr, names, fields, shape, base; d == anything that makes
 * one; hash; pickled by typestr or descr. `d.dtype` is the numpy.dtype, so that NumPy takes a DType wherever it takes a
 * dtype.
 */
#ifndef TNPY_DTYPE_H
#define TNPY_DTYPE_H

#include <Python.h>

#include "protocol/numpy.h"
#include "state.h"
#include "tenon/type.h"

typedef struct tnpy_dtype {
    PyObject_HEAD
    tnpy_state *state;
    PyObject *core;        /* tenon._core: keeps the state */
    const tn_type *type;
    tn_type *owned;        /* the same; NULL where it is static */
    const char *format;    /* what a buffer says: as the exporter spelt it; else one native character, or the full
                              grammar; NULL where PEP 3118 has no code */
    char *spelled;         /* the same where it is owned */
    char character;        /* the format, where it is one native character that memoryview knows; else 0 */
    tnpy_dtype_key key;    /* for making ndarrays */
} tnpy_dtype;

/* The object for a type, which is copied unless it is one of libtenon's scalars. New reference, or NULL with an
 * exception. Cheap for native scalars. */
tnpy_dtype *tnpy_dtype_for(tnpy_state *state, const tn_type *type);

/* The same, taking over `type` (also on failure). */
tnpy_dtype *tnpy_dtype_take(tnpy_state *state, tn_type *type);

/* The same for a type that an exporter spelt as `format` (NULL: not at all), which is `type`; `owned`, if not NULL, is
 * the same and is taken over, also on failure. The spelling is kept where others read it alike. */
tnpy_dtype *tnpy_dtype_spelled(tnpy_state *state, const char *format, const tn_type *type, tn_type *owned);

/* The format of a number of the machine's own, as tnpy_dtype_for has it. Static; NULL for all other types, and for
 * numbers for which PEP 3118 has no code. */
const char *tnpy_native_format(const tn_type *type);

/* The character by which memoryview reads elements ("d", "@d"), or 0: it knows no long double and no complex. */
char tnpy_memoryview_character(const char *format);

/* What users write for one: a DType; a numpy.dtype or anything with a `dtype` attribute; str: a name ("float64",
 * ">bfloat16", "bytes[5]"), a typestr ("<f8", "f8"), a PEP 3118 format ("d", "T{i:a:f:b:}"); a list as numpy's descr;
 * bool, int, float, complex; a ctypes type. TypeError or ValueError otherwise, which says what would do. New
 * reference. */
tnpy_dtype *tnpy_dtype_from_python(tnpy_state *state, PyObject *obj);

/* The type, made from `core`. New reference. */
PyTypeObject *tnpy_dtype_make_type(PyObject *core);

#endif
