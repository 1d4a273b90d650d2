/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's typestr, both ways.
 *
 *     typestr = [order] kind [size] ["[" unit "]"]
 *     order   = "<" | ">" | "=" | "|"          "=", "|" and none are native
 *     kind    = "b" "i" "u" "f" "c" "m" "M" "O" "S" "U" "V"
 *     unit    = [count] ("Y" "M" "W" "D" "h" "m" "s" "ms" "us" "ns" "ps" "fs" "as") | "generic"
 *
 * The size counts bytes, and for U characters. It may be missing only where there is no choice: O, m, M. The array
 * interface asks for an order, and for "|" where none applies; that is what is written. But NumPy reads what leaves it
 * out as native, and so do we.
 */
#include "typestr.h"

#include <string.h>

#include "checked.h"
#include "fail.h"
#include "plain.h"

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static tn_status fail(tn_error *err, ptrdiff_t position, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tni_fail_at(err, TN_BAD_FORMAT, position, format, arguments);
    va_end(arguments);
    return TN_BAD_FORMAT;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- units of time ------------------------------------------------------------------------------------------------ */

static int is_unit(const char *text, size_t length)
{
    static const char units[][3] = {"Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"};
    for (size_t k = 0; k < sizeof units / sizeof units[0]; k++)
        if (strlen(units[k]) == length && memcmp(units[k], text, length) == 0)
            return 1;
    return 0;
}

/* *unit is the unit as NumPy spells it: "1s" is "s". */
static tn_status read_unit(const char *text, size_t length, ptrdiff_t start, tni_arena *arena, const char **unit,
                           tn_error *err)
{
    static const char expected[] = "expected a unit of time such as 'ns' or '25s'";
    static const char generic[] = "generic";
    *unit = generic;
    if (length == sizeof generic - 1 && memcmp(text, generic, length) == 0)
        return TN_OK;
    int32_t count = 0;
    size_t digits = 0;
    for (; digits < length && is_digit(text[digits]); digits++) {
        int digit = text[digits] - '0';
        if (count > (INT32_MAX - digit) / 10)
            return fail(err, start, "%s", expected);
        count = count * 10 + digit;
    }
    if ((digits > 0 && count == 0) || !is_unit(text + digits, length - digits))
        return fail(err, start, "%s", expected);
    enum { LONGEST = 16 };
    char *spelled = tni_arena_alloc(arena, LONGEST);
    if (spelled == NULL)
        return tni_no_memory(err);
    tni_text out = {spelled, LONGEST, 0};
    if (count > 1)
        tni_put_number(&out, count);
    for (size_t k = digits; k < length; k++)
        tni_put_char(&out, text[k]);
    tni_put_char(&out, '\0');
    *unit = spelled;
    return TN_OK;
}

/* --- reading ------------------------------------------------------------------------------------------------------ */

/* The byte at `k`, NUL at the end. */
static char at(const char *text, size_t length, size_t k)
{
    return k < length ? text[k] : '\0';
}

tn_status tni_read_typestr(const char *text, size_t length, ptrdiff_t start, tni_arena *arena, tni_draft *out,
                           tn_error *err)
{
    char shown[TNI_CHAR_TEXT];
    size_t k = 0;
    char order = '=';
    if (length > 0 && memchr("<>=|", text[0], 4) != NULL)
        order = text[k++] == '|' ? '=' : text[0];

    char kind = at(text, length, k);
    size_t kind_at = k++;
    if (kind == 't')
        return fail(err, start + (ptrdiff_t)kind_at, "'t' (bit fields) is not supported");
    if (kind == '\0' || strchr("biufcmMOSUV", kind) == NULL)
        return fail(err, start + (ptrdiff_t)kind_at,
                    "expected one of the kinds b, i, u, f, c, m, M, O, S, U, V, got %s", tni_show_char(kind, shown));

    int timed = kind == 'm' || kind == 'M';
    ptrdiff_t size = timed ? 8 : (ptrdiff_t)sizeof(void *);
    size_t size_at = k;
    if (is_digit(at(text, length, k))) {
        for (size = 0; is_digit(at(text, length, k)); k++)
            if (tni_mul(size, 10, &size) || tni_add(size, text[k] - '0', &size))
                return fail(err, start + (ptrdiff_t)size_at, "the number is too large");
    } else if (!timed && kind != 'O')
        return fail(err, start + (ptrdiff_t)k, "expected a size, got %s", tni_show_char(at(text, length, k), shown));
    if (kind == 'U' && tni_mul(size, 4, &size))
        return fail(err, start + (ptrdiff_t)size_at, "the number is too large");

    const char *unit = timed ? "generic" : NULL;
    if (timed && at(text, length, k) == '[') {
        size_t unit_at = ++k;
        const char *end = memchr(text + k, ']', length - k);
        if (end == NULL)
            return fail(err, start + (ptrdiff_t)unit_at - 1, "'[' has no closing ']'");
        size_t unit_length = (size_t)(end - (text + k));
        tn_status status = read_unit(text + k, unit_length, start + (ptrdiff_t)unit_at, arena, &unit, err);
        if (status != TN_OK)
            return status;
        k += unit_length + 1;
    }
    if (k < length)
        return fail(err, start + (ptrdiff_t)k, "expected the end, got %s", tni_show_char(text[k], shown));

    tn_type type;
    if (tni_plain((tn_kind)kind, order, size, unit, &type))
        return fail(err, start + (ptrdiff_t)size_at, "there is no element type of kind '%c' and %td bytes", kind, size);
    *out = (tni_draft){tni_add_type(arena, &type), 0};
    return out->type == NULL ? tni_no_memory(err) : TN_OK;
}

tn_status tn_type_from_typestr(const char *typestr, tn_type **out, tn_error *err)
{
    tni_arena arena = {0};
    tni_draft draft;
    tn_status status = tni_read_typestr(typestr, strlen(typestr), 0, &arena, &draft, err);
    if (status == TN_OK)
        status = tn_type_copy(draft.type, out, err);
    tni_arena_free(&arena);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

tn_status tni_put_typestr(tni_text *out, const tn_type *type, tn_error *err)
{
    char text[64];
    char kind = (char)type->kind;
    char order = tni_order(type);
    ptrdiff_t size = type->itemsize;
    switch ((tn_kind)type->kind) {
    case TN_BFLOAT:
    case TN_POINTER:
        return tn_fail(err, TN_UNSUPPORTED, "a typestr cannot express %s", tn_type_describe(type, text, sizeof text));
    case TN_STRUCT:
    case TN_SUBARRAY:
        kind = TN_VOID;
        break;
    case TN_UCS4:
        size /= 4;
        break;
    default:
        break;
    }
    tni_put_char(out, order);
    tni_put_char(out, kind);
    if (kind != TN_OBJECT)
        tni_put_number(out, size);
    if ((kind == TN_DATETIME || kind == TN_TIMEDELTA) && strcmp(tni_unit(type), "generic") != 0) {
        tni_put_char(out, '[');
        tni_put(out, tni_unit(type));
        tni_put_char(out, ']');
    }
    return TN_OK;
}

tn_status tn_type_to_typestr(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err)
{
    tni_text out = {NULL, 0, 0};
    tn_status status = tni_put_typestr(&out, type, err);
    if (status == TN_OK)
        status = tni_text_fits(&out, capacity, length, err);
    if (status != TN_OK)
        return status;
    out = (tni_text){buffer, capacity, 0};
    tni_put_typestr(&out, type, err);
    tni_put_char(&out, '\0');
    return TN_OK;
}
