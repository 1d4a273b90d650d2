/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TNI_TYPESTR_H
#define TNI_TYPESTR_H

#include "tenon/status.h"
#include "tenon/type.h"
#include "draft.h"
#include "text.h"

/* The type that the `length` bytes at `text` name, made in the arena. `start` is added to the positions of errors. */
tn_status tni_read_typestr(const char *text, size_t length, ptrdiff_t start, tni_arena *arena, tni_draft *out,
                           tn_error *err);

/* The typestr of any type but bfloat16 and pointers (TN_UNSUPPORTED); structures and sub-arrays are opaque bytes. */
tn_status tni_put_typestr(tni_text *out, const tn_type *type, tn_error *err);

#endif
