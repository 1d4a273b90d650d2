/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parsers and writers of type descriptions share about element types. */
#ifndef TNI_PLAIN_H
#define TNI_PLAIN_H

#include "tenon/type.h"

/* Fill *out with a type that is neither structure nor sub-array; `unit` is kept, not copied. `order` is '<', '>', '='
 * (native) or '|'; it is dropped where it means nothing. Returns 1 if the kind has no such size or needs an order. */
int tni_plain(tn_kind kind, char order, ptrdiff_t itemsize, const char *unit, tn_type *out);

/* The byte order as far as it means anything for this type: '<', '>' or '|'. */
char tni_order(const tn_type *type);

/* The tn_type_<identifier> that is this very type, alignment included; NULL if there is none. */
const tn_type *tni_static_type(const tn_type *type);

/* The unit of a datetime or timedelta; never NULL. */
const char *tni_unit(const tn_type *type);

/* The alignment C would give a structure of these fields if it laid them out like this; 1 if it could not have. */
uint32_t tni_struct_alignment(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t itemsize);

/* Index of the first field whose name stands earlier in the list; -1 if there is none. */
tn_status tni_find_duplicate(const tn_field *fields, ptrdiff_t nfields, ptrdiff_t *index, tn_error *err);

/* 1 if the fields follow each other without overlap, so that padding between them can be written out. */
int tni_fields_in_sequence(const tn_type *type);

#endif
