/* SPDX-License-Identifier: BSD-3-Clause */
/* Errors with a position, for the parsers; and messages in pieces. */
#ifndef TNI_FAIL_H
#define TNI_FAIL_H

#include <stdarg.h>
#include <stddef.h>

#include "tenon/status.h"

#include "text.h"

/* tn_fail with a va_list and the position of the first offending byte (-1: none). */
tn_status tni_fail_at(tn_error *err, tn_status status, ptrdiff_t position, const char *format, va_list arguments);

tn_status tni_no_memory(tn_error *err);

/* A message that is put together in err->message itself: begin, put, and end it with its status. */
static inline tni_text tni_begin_message(tn_error *err)
{
    return (tni_text){err->message, sizeof err->message, 0};
}

tn_status tni_end_message(tn_error *err, tn_status status, const tni_text *message);

enum { TNI_CHAR_TEXT = 16 };

/* How a message shows one byte of a malformed text: "'k'", "byte 0xff", "the end". Returns buffer. */
const char *tni_show_char(char c, char buffer[TNI_CHAR_TEXT]);

#endif
