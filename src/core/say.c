/* SPDX-License-Identifier: BSD-3-Clause */
#include "say.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* `used` counts what found no room, too. */
typedef struct sheet {
    char *text;
    size_t capacity, used;
} sheet;

static void put(sheet *out, const char *text, size_t length)
{
    if (out->used < out->capacity) {
        size_t room = out->capacity - out->used;
        memcpy(out->text + out->used, text, length < room ? length : room);
    }
    out->used += length;
}

static void put_number(sheet *out, uint64_t magnitude, bool negative)
{
    char digits[24];
    size_t first = sizeof digits;
    do
        digits[--first] = (char)('0' + magnitude % 10);
    while ((magnitude /= 10) != 0);
    if (negative)
        digits[--first] = '-';
    put(out, digits + first, sizeof digits - first);
}

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

static void put_text(sheet *out, const char *text, size_t precision)
{
    const char *end = precision == SIZE_MAX ? NULL : memchr(text, '\0', precision);
    put(out, text, precision == SIZE_MAX ? strlen(text) : end == NULL ? precision : (size_t)(end - text));
}

/* False where it is the library's. */
static bool put_conversion(sheet *out, const conversion *what, va_list *arguments)
{
    bool is_number = what->letter == 'd' || what->letter == 'u';
    if (is_number ? what->precision != SIZE_MAX : what->size != '\0')
        return false;
    if (what->letter == 's') {
        put_text(out, va_arg(*arguments, const char *), what->precision);
    } else if (what->letter == 'c') {
        char character = (char)va_arg(*arguments, int);
        put(out, &character, 1);
    } else if (what->letter == 'd') {
        int64_t value = next_signed(arguments, what->size);
        put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
    } else if (what->letter == 'u') {
        put_number(out, next_unsigned(arguments, what->size), false);
    } else if (what->letter == '%') {
        put(out, "%", 1);
    } else {
        return false;
    }
    return true;
}

static bool put_all(sheet *out, const char *format, va_list *arguments)
{
    for (;;) {
        const char *start = format;
        while (*format != '\0' && *format != '%')
            format++;
        put(out, start, (size_t)(format - start));
        if (*format == '\0')
            return true;
        conversion what;
        format = read_conversion(format + 1, arguments, &what);
        if (!put_conversion(out, &what, arguments))
            return false;
    }
}

int tni_say_list(char *text, size_t capacity, const char *format, va_list arguments)
{
    sheet out = {.text = text, .capacity = capacity};
    va_list rest;
    va_copy(rest, arguments);
    bool done = put_all(&out, format, &rest);
    va_end(rest);
    if (!done)
        return vsnprintf(text, capacity, format, arguments);
    if (capacity > 0)
        text[out.used < capacity ? out.used : capacity - 1] = '\0';
    return out.used > INT_MAX ? -1 : (int)out.used;
}

int tni_say(char *text, size_t capacity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = tni_say_list(text, capacity, format, arguments);
    va_end(arguments);
    return length;
}
