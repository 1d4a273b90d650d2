/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <stdarg.h>
#include <string.h>

#include "../core/say.h"
#include "../core/utf8.h"

/* --- into a text under way ---------------------------------------------------------------------------------------- */

enum { LONGEST = 255 };

void tnpy_cut_piece(tni_text *text, size_t start, size_t longest)
{
    size_t end = start + longest;
    if (text->length > end)
        text->length = end <= text->capacity ? start + tni_utf8_cut(text->buffer + start, longest) : end;
}

void tnpy_put_numbers(tni_text *text, const ptrdiff_t *numbers, int count)
{
    size_t start = text->length;
    tni_put_char(text, '(');
    for (int k = 0; k < count; k++) {
        if (k > 0)
            tni_put(text, ", ");
        tni_put_number(text, numbers[k]);
    }
    if (count == 1)
        tni_put_char(text, ',');
    tni_put_char(text, ')');
    tnpy_cut_piece(text, start, LONGEST);
}

void tnpy_put_type(tni_text *text, const tn_type *type)
{
    char name[160];
    tni_put(text, type == NULL ? "?" : tn_type_describe(type, name, sizeof name));
}

void tnpy_put_shape(tni_text *text, const tn_span *span)
{
    if (span->ndim == 0) {
        tni_put(text, " of no dimensions");
        return;
    }
    size_t start = text->length;
    tni_put_char(text, '[');
    tni_put_shape(text, span->ndim, span->shape, ", ");
    tni_put_char(text, ']');
    tnpy_cut_piece(text, start, LONGEST);
}

/* --- behind a text ------------------------------------------------------------------------------------------------ */

static tni_text reopen(char *text, size_t capacity)
{
    return (tni_text){text, capacity - 1, strlen(text)};
}

static void finish(const tni_text *text)
{
    text->buffer[text->length < text->capacity ? text->length : text->capacity] = '\0';
}

void tnpy_append(char *text, size_t capacity, const char *format, ...)
{
    size_t used = strlen(text);
    if (used + 1 >= capacity)
        return;
    va_list args;
    va_start(args, format);
    tni_say_list(text + used, capacity - used, format, args);
    va_end(args);
}

void tnpy_append_numbers(char *text, size_t capacity, const ptrdiff_t *numbers, int count)
{
    tni_text all = reopen(text, capacity);
    tnpy_put_numbers(&all, numbers, count);
    finish(&all);
}

void tnpy_append_type(char *text, size_t capacity, const tn_type *type)
{
    tni_text all = reopen(text, capacity);
    tnpy_put_type(&all, type);
    finish(&all);
}

void tnpy_append_shape(char *text, size_t capacity, const tn_span *span)
{
    tni_text all = reopen(text, capacity);
    tnpy_put_shape(&all, span);
    finish(&all);
}
