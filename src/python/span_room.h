/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that make up tenon.Span contribute to it, each one concept. span_type.c lists and joins them. */
#ifndef TNPY_SPAN_ROOM_H
#define TNPY_SPAN_ROOM_H

#include "span_type.h"

/* Each may be NULL; tables end with an entry of zeros. Static: the type keeps pointers to `methods` and `getset`. */
typedef struct tnpy_span_room {
    const PyType_Slot *slots;
    PyMethodDef *methods;
    PyGetSetDef *getset;
    int (*complete)(PyTypeObject *type); /* what else belongs into the type's dict: 0, or -1 with an exception */
} tnpy_span_room;

extern const tnpy_span_room tnpy_span_properties;  /* span_properties.c: shape, strides, format, owner, … */
extern const tnpy_span_room tnpy_span_indexing;    /* span_index.c: [], []=, len */
extern const tnpy_span_room tnpy_span_layouts;     /* span_layout.c: T, transpose, reshape, toreadonly */
extern const tnpy_span_room tnpy_span_arrays;      /* span_numpy.c: numpy */
extern const tnpy_span_room tnpy_span_printing;    /* span_repr.c */
extern const tnpy_span_room tnpy_span_listing;     /* span_list.c: tolist */
extern const tnpy_span_room tnpy_span_bytes;       /* span_bytes.c: tobytes, hex, the hash */
extern const tnpy_span_room tnpy_span_comparison;  /* span_compare.c: ==, != */
extern const tnpy_span_room tnpy_span_searching;   /* span_search.c: in, index, count */
extern const tnpy_span_room tnpy_span_iteration;   /* span_iter.c */
extern const tnpy_span_room tnpy_span_tensors;     /* protocol/dlpack_lend.c */
extern const tnpy_span_room tnpy_span_columns;     /* protocol/arrow_lend.c */
extern const tnpy_span_room tnpy_span_interfaces;  /* protocol/interface_lend.c */
extern const tnpy_span_room tnpy_span_conversion;  /* protocol/array.c: __array__ */
extern const tnpy_span_room tnpy_span_pickling;    /* protocol/pickle.c */
extern const tnpy_span_room tnpy_span_casting;     /* span_cast.c: cast */
extern const tnpy_span_room tnpy_span_copying;     /* span_copy.c: copy, copy_from, copy_to, fill */

/* The ndarray over the same memory, which exports the Span as long as it lives. New reference, or NULL with an
 * exception. */
PyObject *tnpy_span_numpy(PyObject *self);

/* 'C' or 'F'; NULL means 'C'. -1 with an exception, whose message begins with `what` ("reshape()"). */
int tnpy_read_order(PyObject *obj, const char *what, tn_order *order);

/* The memory of a Span that has items, not one value; else TypeError, or ValueError where it is released, and NULL. */
const tn_span *tnpy_span_sequence(PyObject *self, const char *what);

#endif
