/* SPDX-License-Identifier: BSD-3-Clause */
#include "tenon/status.h"

#include <stdarg.h>
#include <string.h>

#include "fail.h"
#include "say.h"
#include "utf8.h"

const char *tn_status_text(tn_status status)
{
    switch (status) {
#define TNI_CASE(name, value, text, exception) \
    case name:                                 \
        return text;
        TN_STATUS_LIST(TNI_CASE)
#undef TNI_CASE
    }
    return "unknown status";
}

tn_status tni_fail_at(tn_error *err, tn_status status, ptrdiff_t position, const char *format, va_list arguments)
{
    if (err == NULL)
        return status;
    err->status = status;
    err->position = position;
    int length = tni_say_list(err->message, sizeof err->message, format, arguments);
    if (length < 0)
        strcpy(err->message, tn_status_text(status));
    else if ((size_t)length >= sizeof err->message)
        err->message[tni_utf8_cut(err->message, sizeof err->message - 1)] = '\0';
    return status;
}

tn_status tni_end_message(tn_error *err, tn_status status, const tni_text *message)
{
    size_t room = message->capacity - 1;
    err->status = status;
    err->position = -1;
    err->message[message->length <= room ? message->length : tni_utf8_cut(err->message, room)] = '\0';
    return status;
}

tn_status tn_fail(tn_error *err, tn_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tni_fail_at(err, status, -1, format, arguments);
    va_end(arguments);
    return status;
}

tn_status tni_no_memory(tn_error *err)
{
    return tn_fail(err, TN_NO_MEMORY, "out of memory");
}

const char *tni_show_char(char c, char buffer[TNI_CHAR_TEXT])
{
    if (c == '\0')
        strcpy(buffer, "the end");
    else if (c >= 0x20 && c < 0x7f)
        tni_say(buffer, TNI_CHAR_TEXT, "'%c'", c);
    else
        tni_say(buffer, TNI_CHAR_TEXT, "byte 0x%02x", (unsigned)(unsigned char)c);
    return buffer;
}
