/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <limits.h>
#include <stdio.h>

#include "text.h"

/* A conversion: what stands between % and the letter. */
typedef struct conversion {
    size_t precision; /* SIZE_MAX: none */
    char size;        /* 'l', 'L' for ll, 'z', 't', or '\0' */
    char letter;
} conversion;

/* Returns what follows it. */
static const char *read_conversion(const char *format, va_list *arguments, conversion *what)
{
    *what = (conversion){.precision = SIZE_MAX};
    if (*format == '.' && format[1] == '*') {
        int precision = va_arg(*arguments, int);
        what->precision = precision < 0 ? SIZE_MAX : (size_t)precision;
        format += 2;
    } else if (*format == '.') {
        what->precision = 0;
        while (*++format >= '0' && *format <= '9' && what->precision < INT_MAX / 10)
            what->precision = 10 * what->precision + (size_t)(*format - '0');
    }
    if (*format == 'l' || *format == 'z' || *format == 't')
        what->size = *format++;
    if (what->size == 'l' && *format == 'l') {
        what->size = 'L';
        format++;
    }
    what->letter = *format;
    return *format == '\0' ? format : format + 1;
}

static int64_t next_signed(va_list *arguments, char size)
{
    switch (size) {
    case 'L':
        return va_arg(*arguments, long long);
    case 'l':
        return va_arg(*arguments, long);
    case 'z':
    case 't':
        return va_arg(*arguments, ptrdiff_t);
    }
    return va_arg(*arguments, int);
}

static uint64_t next_unsigned(va_list *arguments, char size)
{
    switch (size) {
    case 'L':
        return va_arg(*arguments, unsigned long long);
    case 'l':
        return va_arg(*arguments, unsigned long);
    case 'z':
    case 't':
        return va_arg(*arguments, size_t);
    }
    return va_arg(*arguments, unsigned);
}

/* False where it is the library's. */
static bool put_conversion(tni_text *out, const conversion *what, va_list *arguments)
{
    bool is_number = what->letter == 'd' || what->letter == 'u';
    if (is_number ? what->precision != SIZE_MAX : what->size != '\0')
        return false;
    if (what->letter == 's' && what->precision == SIZE_MAX) {
        tni_put(out, va_arg(*arguments, const char *));
    } else if (what->letter == 's') {
        tni_put_most(out, va_arg(*arguments, const char *), what->precision);
    } else if (what->letter == 'c') {
        tni_put_char(out, (char)va_arg(*arguments, int));
    } else if (what->letter == 'd') {
        tni_put_number(out, next_signed(arguments, what->size));
    } else if (what->letter == 'u') {
        tni_put_digits(out, next_unsigned(arguments, what->size), false);
    } else if (what->letter == '%') {
        tni_put_char(out, '%');
    } else {
        return false;
    }
    return true;
}

/* Up to the next conversion; returns where it stands. The runs are short: a byte at a time is faster than to look for
 * their end first. */
static const char *put_plain(tni_text *out, const char *format)
{
    char *buffer = out->buffer;
    size_t length = out->length, capacity = out->capacity;
    for (; *format != '\0' && *format != '%'; format++, length++)
        if (length < capacity)
            buffer[length] = *format;
    out->length = length;
    return format;
}

static bool put_all(tni_text *out, const char *format, va_list *arguments)
{
    for (;;) {
        format = put_plain(out, format);
        if (*format == '\0')
            return true;
        if (format[1] == 's') { /* nearly all are */
            tni_put(out, va_arg(*arguments, const char *));
            format += 2;
            continue;
        }
        conversion what;
        format = read_conversion(format + 1, arguments, &what);
        if (!put_conversion(out, &what, arguments))
            return false;
    }
}

int tni_say_list(char *text, size_t capacity, const char *format, va_list arguments)
{
    tni_text out = {.buffer = text, .capacity = capacity};
    va_list rest;
    va_copy(rest, arguments);
    bool done = put_all(&out, format, &rest);
    va_end(rest);
    if (!done)
        return vsnprintf(text, capacity, format, arguments);
    if (capacity > 0)
        text[out.length < capacity ? out.length : capacity - 1] = '\0';
    return out.length > INT_MAX ? -1 : (int)out.length;
}

int tni_say(char *text, size_t capacity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = tni_say_list(text, capacity, format, arguments);
    va_end(arguments);
    return length;
}
