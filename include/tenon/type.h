/* SPDX-License-Identifier: BSD-3-Clause */
/* Element types: what one element of an array is, down to byte order and padding.
 *
 * A tn_type is immutable once made. Types made by tn_type_from_* and tn_type_new_* own everything they point to and are
 * freed with tn_type_free; types written as static data (generated glue does this) must never be freed. Any number of
 * threads may read one type.
 *
 * Sources of the rules: PEP 3118, the documentation of CPython's struct module, and NumPy's "array interface" protocol.
 */
#ifndef TENON_TYPE_H
#define TENON_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The values are NumPy's kind letters where NumPy has one. */
typedef enum tn_kind {
    TN_BOOL = 'b',
    TN_INT = 'i',
    TN_UINT = 'u',
    TN_FLOAT = 'f',      /* IEEE 754 of 2, 4, 8 bytes; itemsize sizeof(long double) is the platform's long double */
    TN_BFLOAT = 'B',     /* bfloat16: the upper half of a float32 */
    TN_COMPLEX = 'c',    /* two TN_FLOAT of half the itemsize: 8, 16, 2*sizeof(long double) */
    TN_BYTES = 'S',      /* a fixed number of bytes; NUL-padded text or raw */
    TN_UCS4 = 'U',       /* a fixed number of 4-byte code points */
    TN_VOID = 'V',       /* opaque bytes without fields */
    TN_DATETIME = 'M',   /* 8-byte count since 1970-01-01; `name` is the unit: "ns", "25s", "generic" */
    TN_TIMEDELTA = 'm',
    TN_OBJECT = 'O',     /* a Python object pointer: described so that it can be refused by name */
    TN_POINTER = 'P',    /* an address */
    TN_STRUCT = 'T',     /* `fields` */
    TN_SUBARRAY = 'A'    /* `base` repeated over `shape`, C order */
} tn_kind;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TN_NATIVE '>'
#else
#define TN_NATIVE '<'
#endif
#define TN_NO_ORDER '|' /* one-byte elements, bytes, void, structures, sub-arrays, objects */

enum {
    TN_MAX_NDIM = 64,       /* of an array, and of a sub-array; PyBUF_MAX_NDIM */
    TN_MAX_TYPE_DEPTH = 32  /* of nested structures and sub-arrays */
};

typedef struct tn_type tn_type;

typedef struct tn_field {
    const char *name;     /* UTF-8, unique in its structure; never NULL; "f0", "f1", … where the source gives none */
    const tn_type *type;
    ptrdiff_t offset;     /* bytes from the start of the structure */
} tn_field;

struct tn_type {
    uint8_t kind;            /* tn_kind */
    uint8_t byteorder;       /* '<', '>' or TN_NO_ORDER */
    uint8_t ndim;            /* TN_SUBARRAY: number of dimensions, ≥ 1; 0 otherwise */
    uint32_t alignment;      /* bytes, a power of two: what C's _Alignof says; 1 for packed and for non-native data */
    ptrdiff_t itemsize;      /* bytes, trailing padding included */
    ptrdiff_t nfields;       /* TN_STRUCT */
    const tn_field *fields;  /* TN_STRUCT, in order of declaration */
    const tn_type *base;     /* TN_SUBARRAY; never itself a TN_SUBARRAY */
    const ptrdiff_t *shape;  /* TN_SUBARRAY */
    const char *name;        /* TN_STRUCT: the C name or NULL; TN_DATETIME, TN_TIMEDELTA: the unit */
};

/* X(identifier, kind, C type, text): the scalar types of native byte order that every platform has.
 * Each gives a static `const tn_type tn_type_<identifier>`. */
#define TN_SCALAR_LIST(X)                              \
    X(bool, TN_BOOL, _Bool, "bool")                    \
    X(int8, TN_INT, int8_t, "int8")                    \
    X(int16, TN_INT, int16_t, "int16")                 \
    X(int32, TN_INT, int32_t, "int32")                 \
    X(int64, TN_INT, int64_t, "int64")                 \
    X(uint8, TN_UINT, uint8_t, "uint8")                \
    X(uint16, TN_UINT, uint16_t, "uint16")             \
    X(uint32, TN_UINT, uint32_t, "uint32")             \
    X(uint64, TN_UINT, uint64_t, "uint64")             \
    X(float16, TN_FLOAT, uint16_t, "float16")          \
    X(bfloat16, TN_BFLOAT, uint16_t, "bfloat16")       \
    X(float32, TN_FLOAT, float, "float32")             \
    X(float64, TN_FLOAT, double, "float64")            \
    X(longdouble, TN_FLOAT, long double, "longdouble") \
    X(complex64, TN_COMPLEX, float _Complex, "complex64")              \
    X(complex128, TN_COMPLEX, double _Complex, "complex128")           \
    X(clongdouble, TN_COMPLEX, long double _Complex, "clongdouble")

#define TN_DECLARE_(identifier, kind, ctype, text) extern const tn_type tn_type_##identifier;
TN_SCALAR_LIST(TN_DECLARE_)
#undef TN_DECLARE_

/* --- making and freeing ------------------------------------------------------------------------------------------- */

/* A structure from fields, in order. Everything is copied, names and field types included. Refuses duplicate names,
 * negative offsets, fields beyond itemsize (TN_BAD_FORMAT) and nesting deeper than TN_MAX_TYPE_DEPTH. */
tn_status tn_type_new_struct(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t itemsize, uint32_t alignment,
                             const char *name, tn_type **out, tn_error *err);

/* `base` repeated over `shape`. A sub-array of a sub-array becomes one with the shapes joined. */
tn_status tn_type_new_subarray(const tn_type *base, int ndim, const ptrdiff_t *shape, tn_type **out, tn_error *err);

/* A type that is neither: kind, byte order, itemsize; `unit` for TN_DATETIME and TN_TIMEDELTA, else NULL. Alignment is
 * C's for native order and a size that C has, else 1. Refuses sizes the kind does not have. */
tn_status tn_type_new_plain(tn_kind kind, char byteorder, ptrdiff_t itemsize, const char *unit, tn_type **out,
                            tn_error *err);

tn_status tn_type_copy(const tn_type *type, tn_type **out, tn_error *err);

/* NULL is legal. Never call it on a static type. */
void tn_type_free(tn_type *type);

/* --- the languages of types --------------------------------------------------------------------------------------- */

/* PEP 3118: the struct module's dialect and NumPy's (protocols.md). NULL means "B". `itemsize` is what the exporter
 * says (-1: unknown); trailing bytes beyond the format become trailing padding, a format longer than it is
 * TN_BAD_FORMAT. */
tn_status tn_type_from_format(const char *format, ptrdiff_t itemsize, tn_type **out, tn_error *err);

/* Writes the PEP 3118 format that every consumer reads alike: one native item as one character, structures with
 * explicit order and explicit padding, tail included. `*length` (may be NULL) is the length without the NUL, also when
 * `capacity` was too small (TN_WRONG_VALUE; nothing is cut, and then `buffer` may be NULL). TN_UNSUPPORTED for what PEP
 * 3118 has no code for: bfloat16, datetime, overlapping or unordered fields. */
tn_status tn_type_to_format(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err);

/* NumPy's array interface: a typestr such as "<f8", "|S5", "<M8[ns]", "|V12". */
tn_status tn_type_from_typestr(const char *typestr, tn_type **out, tn_error *err);
tn_status tn_type_to_typestr(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err);

/* NumPy's descr as the Python literal its documentation shows: "[('a', '<i4'), ('b', '<f4', (2,))]", as in the header
 * of an .npy file. Names may be ('title', 'name') pairs; a field named '' is padding. */
tn_status tn_type_from_descr(const char *descr, tn_type **out, tn_error *err);
tn_status tn_type_to_descr(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err);

/* How people read it: "float64", ">float64" (not native), "bytes[5]", "str[3]", "datetime64[ns]", "float64[3]" for a
 * sub-array, "{a: int32, b: float32}" for a structure. Always NUL-terminated; too long is cut with "…". Returns
 * buffer. */
char *tn_type_describe(const tn_type *type, char *buffer, size_t capacity);

/* --- comparing ---------------------------------------------------------------------------------------------------- */

/* Equal by meaning: kind, size, byte order where it matters, and for structures names, types, offsets and itemsize in
 * order of declaration. Alignment and the structure's own name do not count. 1 or 0. */
int tn_type_equal(const tn_type *a, const tn_type *b);

/* TN_OK if equal; otherwise TN_WRONG_TYPE and the first difference by name, as
 * "field 'b' is at offset 4, expected 8", "field 'c' is missing", "unexpected field 'd'", "field 'a' is int64, expected
 * int32", "itemsize is 12, expected 8". `expected` comes first. */
tn_status tn_type_difference(const tn_type *expected, const tn_type *got, tn_error *err);

#ifdef __cplusplus
}
#endif
#endif
