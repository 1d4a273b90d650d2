/* SPDX-License-Identifier: BSD-3-Clause */
/* How messages write types, shapes and strides. */
#ifndef TNPY_WORDS_H
#define TNPY_WORDS_H

#include <stddef.h>

#include "tenon/span.h"

#include "../core/text.h"

/* Into a text under way. Each is cut at 255 bytes, so that what follows it finds room. */
void tnpy_put_numbers(tni_text *text, const ptrdiff_t *numbers, int count); /* "(8, 24)", "(3,)" */
void tnpy_put_type(tni_text *text, const tn_type *type);                    /* "float64"; "?" for NULL */
void tnpy_put_shape(tni_text *text, const tn_span *span);                   /* "[3, 4]"; " of no dimensions" */

/* Cuts what has been put since the text was `start` bytes long, between characters. */
void tnpy_cut_piece(tni_text *text, size_t start, size_t longest);

/* Types, shapes and strides behind a NUL-terminated text, which is cut where it does not fit. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void tnpy_append(char *text, size_t capacity, const char *format, ...);
void tnpy_append_numbers(char *text, size_t capacity, const ptrdiff_t *numbers, int count);
void tnpy_append_type(char *text, size_t capacity, const tn_type *type);
void tnpy_append_shape(char *text, size_t capacity, const tn_span *span);

#endif
