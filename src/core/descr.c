/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's descr, both ways, as the Python literal that its documentation and the headers of .npy files show:
 *
 *     type   = typestr | "[" { field "," } "]" | "(" type "," shape ")"
 *     field  = "(" name "," type ["," shape] ")"
 *     name   = string | "(" title "," string ")"
 *     shape  = number | "(" { number "," } ")"
 *
 * White space may stand between tokens, and a comma before any closing bracket; it must in "(2,)". Strings are
 * Python's, with its escapes; those that are typestrs have none.
 *
 * A field named '' is padding if it is opaque bytes, and otherwise named by its index. One field named '' alone is how
 * NumPy writes a type without fields, and means that type.
 */
#include <string.h>

#include "checked.h"
#include "draft.h"
#include "fail.h"
#include "plain.h"
#include "text.h"
#include "typestr.h"
#include "utf8.h"

/* --- reading ------------------------------------------------------------------------------------------------------ */

typedef struct parser {
    const char *text;
    const char *next;
    tni_arena *arena;
    tn_error *err;
} parser;

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static tn_status fail(const parser *p, const char *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    tni_fail_at(p->err, TN_BAD_FORMAT, at - p->text, format, arguments);
    va_end(arguments);
    return TN_BAD_FORMAT;
}

static tn_status blame(const parser *p, tn_status status, const char *at)
{
    if (status == TN_BAD_FORMAT && p->err != NULL)
        p->err->position = at - p->text;
    return status;
}

/* The first character of the next token. */
static char peek(parser *p)
{
    while (*p->next == ' ' || (*p->next >= '\t' && *p->next <= '\r'))
        p->next++;
    return *p->next;
}

static tn_status expect(parser *p, char wanted)
{
    char shown[TNI_CHAR_TEXT];
    char got = peek(p);
    if (got != wanted)
        return fail(p, p->next, "expected '%c', got %s", wanted, tni_show_char(got, shown));
    p->next++;
    return TN_OK;
}

static int skip(parser *p, char c)
{
    if (peek(p) != c)
        return 0;
    p->next++;
    return 1;
}

static int at_string(parser *p)
{
    return peek(p) == '\'' || peek(p) == '"';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends a code point > 0 as UTF-8. */
static char *put_code_point(char *out, uint32_t c)
{
    if (c < 0x80) {
        *out++ = (char)c;
        return out;
    }
    if (c < 0x800)
        *out++ = (char)(0xc0 | c >> 6);
    else if (c < 0x10000) {
        *out++ = (char)(0xe0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        *out++ = (char)(0xf0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3f));
        *out++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (c & 0x3f));
    return out;
}

/* An escape, after its backslash. It takes at least as many bytes as it stands for. */
static tn_status read_escape(parser *p, char **out)
{
    static const char letters[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    const char *start = p->next - 1;
    char c = *p->next++;
    for (const char *pair = letters; *pair != '\0'; pair += 2) {
        if (c == *pair) {
            *(*out)++ = pair[1];
            return TN_OK;
        }
    }
    int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
    if (digits == 0)
        return fail(p, start, "unknown escape");
    uint32_t value = 0;
    for (int k = 0; k < digits; k++) {
        int digit = hex_digit(*p->next);
        if (digit < 0 || value > 0x10ffff)
            return fail(p, start, "malformed escape");
        value = value * 16 + (uint32_t)digit;
        p->next++;
    }
    if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return fail(p, start, "this character cannot be part of a name");
    *out = put_code_point(*out, value);
    return TN_OK;
}

/* A string that is a name; "" is legal here. */
static tn_status read_name_string(parser *p, const char **name, const char **at)
{
    char shown[TNI_CHAR_TEXT];
    if (!at_string(p))
        return fail(p, p->next, "expected a string, got %s", tni_show_char(*p->next, shown));
    const char *start = p->next;
    char quote = *p->next++;
    size_t longest = 0;
    for (const char *c = p->next; *c != '\0' && *c != quote; c++) {
        if (*c == '\\' && c[1] != '\0') {
            c++;
            longest++;
        }
        longest++;
    }
    char *text = tni_arena_alloc(p->arena, longest + 1);
    if (text == NULL)
        return tni_no_memory(p->err);
    char *out = text;
    while (*p->next != quote) {
        if (*p->next == '\0')
            return fail(p, start, "the string has no end");
        if (*p->next != '\\') {
            *out++ = *p->next++;
            continue;
        }
        p->next++;
        tn_status status = read_escape(p, &out);
        if (status != TN_OK)
            return status;
    }
    p->next++;
    *out = '\0';
    if (!tni_utf8_valid(text, (size_t)(out - text)))
        return fail(p, start, "the name is not UTF-8");
    *name = text;
    *at = start;
    return TN_OK;
}

static tn_status read_typestr(parser *p, tni_draft *out)
{
    const char *start = p->next;
    const char *text = start + 1;
    const char *end = strchr(text, *start);
    if (end == NULL)
        return fail(p, start, "the string has no end");
    p->next = end + 1;
    return tni_read_typestr(text, (size_t)(end - text), text - p->text, p->arena, out, p->err);
}

static tn_status read_number(parser *p, ptrdiff_t *out)
{
    char shown[TNI_CHAR_TEXT];
    char c = peek(p);
    const char *start = p->next;
    if (c < '0' || c > '9')
        return fail(p, start, "expected an extent, got %s", tni_show_char(c, shown));
    ptrdiff_t number = 0;
    for (; *p->next >= '0' && *p->next <= '9'; p->next++)
        if (tni_mul(number, 10, &number) || tni_add(number, *p->next - '0', &number))
            return fail(p, start, "the number is too large");
    *out = number;
    return TN_OK;
}

static tn_status read_shape(parser *p, int *ndim, ptrdiff_t shape[TN_MAX_NDIM])
{
    *ndim = 0;
    if (!skip(p, '(')) {
        *ndim = 1;
        return read_number(p, shape);
    }
    while (peek(p) != ')') {
        if (*ndim == TN_MAX_NDIM)
            return fail(p, p->next, "the sub-array has more than %d dimensions", TN_MAX_NDIM);
        tn_status status = read_number(p, &shape[(*ndim)++]);
        if (status != TN_OK)
            return status;
        if (*ndim == 1 || peek(p) != ')') {
            status = expect(p, ',');
            if (status != TN_OK)
                return status;
        }
    }
    return expect(p, ')');
}

static tn_status read_repeat(parser *p, tni_draft *out)
{
    int ndim;
    ptrdiff_t shape[TN_MAX_NDIM];
    peek(p);
    const char *start = p->next;
    tn_status status = read_shape(p, &ndim, shape);
    if (status != TN_OK || ndim == 0)
        return status;
    return blame(p, tni_draft_subarray(p->arena, out, ndim, shape, out, p->err), start);
}

static tn_status read_type(parser *p, int level, tni_draft *out);

/* 'name' or ('title', 'name'). */
static tn_status read_field_name(parser *p, const char **name, const char **at)
{
    if (!skip(p, '('))
        return read_name_string(p, name, at);
    tn_status status = read_name_string(p, name, at);
    if (status == TN_OK)
        status = expect(p, ',');
    if (status == TN_OK)
        status = read_name_string(p, name, at);
    if (status != TN_OK)
        return status;
    skip(p, ',');
    return expect(p, ')');
}

static int is_opaque(const tn_type *type)
{
    return type->kind == TN_VOID || (type->kind == TN_SUBARRAY && type->base->kind == TN_VOID);
}

/* One field, appended with the name '' if it has that. */
static tn_status read_field(parser *p, int level, tni_fields *fields, ptrdiff_t *size)
{
    const char *name, *at;
    tni_draft value;
    tn_status status = expect(p, '(');
    if (status == TN_OK)
        status = read_field_name(p, &name, &at);
    if (status == TN_OK)
        status = expect(p, ',');
    if (status == TN_OK)
        status = read_type(p, level + 1, &value);
    if (status == TN_OK && skip(p, ',') && peek(p) != ')')
        status = read_repeat(p, &value);
    if (status != TN_OK)
        return status;
    skip(p, ',');
    status = expect(p, ')');
    if (status != TN_OK)
        return status;

    tni_draft_field *field = tni_add_field(p->arena, fields);
    if (field == NULL)
        return tni_no_memory(p->err);
    field->name = name;
    field->position = at - p->text;
    field->offset = *size;
    field->value = value;
    if (value.depth > fields->depth)
        fields->depth = value.depth;
    if (tni_add(*size, value.type->itemsize, size))
        return fail(p, at, "the structure is larger than any memory");
    return TN_OK;
}

/* Takes padding out of the list, and lets the other fields named '' be named by their index. */
static void drop_padding(tni_fields *fields)
{
    tni_draft_field **link = &fields->first;
    fields->last = NULL;
    while (*link != NULL) {
        tni_draft_field *field = *link;
        int unnamed = field->name[0] == '\0';
        if (unnamed && is_opaque(field->value.type)) {
            *link = field->next;
            fields->count--;
            continue;
        }
        if (unnamed)
            field->name = NULL;
        fields->last = field;
        link = &field->next;
    }
}

/* From '['. */
static tn_status read_list(parser *p, int level, tni_draft *out)
{
    tni_fields fields = {0};
    const char *start = p->next++;
    ptrdiff_t size = 0;
    while (peek(p) != ']') {
        tn_status status = read_field(p, level, &fields, &size);
        if (status != TN_OK)
            return status;
        if (peek(p) != ']' && (status = expect(p, ',')) != TN_OK)
            return status;
    }
    p->next++;
    if (fields.count == 1 && fields.first->name[0] == '\0') {
        *out = fields.first->value;
        return TN_OK;
    }
    drop_padding(&fields);
    ptrdiff_t at;
    tn_status status = tni_draft_struct(p->arena, &fields, size, TNI_BY_INDEX, out, &at, p->err);
    return blame(p, status, at > 0 ? p->text + at : start);
}

/* From '(': a type and a shape. */
static tn_status read_pair(parser *p, int level, tni_draft *out)
{
    p->next++;
    tn_status status = read_type(p, level + 1, out);
    if (status == TN_OK)
        status = expect(p, ',');
    if (status == TN_OK)
        status = read_repeat(p, out);
    if (status != TN_OK)
        return status;
    skip(p, ',');
    return expect(p, ')');
}

static tn_status read_type(parser *p, int level, tni_draft *out)
{
    char shown[TNI_CHAR_TEXT];
    if (at_string(p))
        return read_typestr(p, out);
    char c = *p->next;
    if (c != '[' && c != '(')
        return fail(p, p->next, "expected a string, '[' or '(', got %s", tni_show_char(c, shown));
    if (level >= TN_MAX_TYPE_DEPTH)
        return fail(p, p->next, "the type is nested deeper than %d", TN_MAX_TYPE_DEPTH);
    return c == '[' ? read_list(p, level, out) : read_pair(p, level, out);
}

static tn_status read_all(parser *p, tni_draft *out)
{
    char shown[TNI_CHAR_TEXT];
    tn_status status = read_type(p, 0, out);
    if (status == TN_OK && peek(p) != '\0')
        return fail(p, p->next, "expected the end, got %s", tni_show_char(*p->next, shown));
    return status;
}

tn_status tn_type_from_descr(const char *descr, tn_type **out, tn_error *err)
{
    tni_arena arena = {0};
    tni_draft draft;
    parser p = {descr, descr, &arena, err};
    tn_status status = read_all(&p, &draft);
    if (status == TN_OK)
        status = tn_type_copy(draft.type, out, err);
    tni_arena_free(&arena);
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static void put_string(tni_text *out, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    tni_put_char(out, '\'');
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7f) {
            tni_put(out, "\\x");
            tni_put_char(out, digits[c >> 4]);
            tni_put_char(out, digits[c & 15]);
            continue;
        }
        if (c == '\'' || c == '\\')
            tni_put_char(out, '\\');
        tni_put_char(out, *text);
    }
    tni_put_char(out, '\'');
}

static tn_status put_fields(tni_text *out, const tn_type *type, tn_error *err);

/* ('name', type) or ('name', type, shape) */
static tn_status put_field(tni_text *out, const char *name, const tn_type *type, tn_error *err)
{
    const tn_type *element = type->kind == TN_SUBARRAY ? type->base : type;
    tni_put_char(out, '(');
    put_string(out, name);
    tni_put(out, ", ");
    tn_status status;
    if (element->kind == TN_STRUCT)
        status = put_fields(out, element, err);
    else {
        tni_put_char(out, '\'');
        status = tni_put_typestr(out, element, err);
        tni_put_char(out, '\'');
    }
    if (type->kind == TN_SUBARRAY) {
        tni_put(out, ", (");
        tni_put_shape(out, type->ndim, type->shape, ", ");
        tni_put(out, type->ndim == 1 ? ",)" : ")");
    }
    tni_put_char(out, ')');
    return status;
}

static void put_padding(tni_text *out, ptrdiff_t bytes, int *first)
{
    if (bytes == 0)
        return;
    tni_put(out, *first ? "('', '|V" : ", ('', '|V");
    tni_put_number(out, bytes);
    tni_put(out, "')");
    *first = 0;
}

static tn_status put_fields(tni_text *out, const tn_type *type, tn_error *err)
{
    if (!tni_fields_in_sequence(type))
        return tn_fail(err, TN_UNSUPPORTED, "a descr cannot express fields that overlap or are out of order");
    tni_put_char(out, '[');
    ptrdiff_t end = 0;
    int first = 1;
    for (ptrdiff_t k = 0; k < type->nfields; k++) {
        const tn_field *field = &type->fields[k];
        put_padding(out, field->offset - end, &first);
        if (!first)
            tni_put(out, ", ");
        first = 0;
        tn_status status = put_field(out, field->name, field->type, err);
        if (status != TN_OK)
            return status;
        end = field->offset + field->type->itemsize;
    }
    put_padding(out, type->itemsize - end, &first);
    tni_put_char(out, ']');
    return TN_OK;
}

static tn_status put_descr(tni_text *out, const tn_type *type, tn_error *err)
{
    if (type->kind == TN_STRUCT)
        return put_fields(out, type, err);
    tni_put_char(out, '[');
    tn_status status = put_field(out, "", type, err);
    tni_put_char(out, ']');
    return status;
}

tn_status tn_type_to_descr(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err)
{
    tni_text out = {NULL, 0, 0};
    tn_status status = put_descr(&out, type, err);
    if (status == TN_OK)
        status = tni_text_fits(&out, capacity, length, err);
    if (status != TN_OK)
        return status;
    out = (tni_text){buffer, capacity, 0};
    put_descr(&out, type, err);
    tni_put_char(&out, '\0');
    return TN_OK;
}
