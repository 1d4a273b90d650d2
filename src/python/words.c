/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <stdarg.h>
#include <string.h>

#include "../core/say.h"

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
    tnpy_append(text, capacity, "(");
    for (int k = 0; k < count; k++)
        tnpy_append(text, capacity, k == 0 ? "%td" : ", %td", numbers[k]);
    tnpy_append(text, capacity, count == 1 ? ",)" : ")");
}

void tnpy_append_type(char *text, size_t capacity, const tn_type *type)
{
    char name[160];
    tnpy_append(text, capacity, "%s", type == NULL ? "?" : tn_type_describe(type, name, sizeof name));
}

void tnpy_append_shape(char *text, size_t capacity, const tn_span *span)
{
    if (span->ndim == 0) {
        tnpy_append(text, capacity, " of no dimensions");
        return;
    }
    for (int k = 0; k < span->ndim; k++)
        tnpy_append(text, capacity, k == 0 ? "[%td" : ", %td", span->shape[k]);
    tnpy_append(text, capacity, "]");
}
