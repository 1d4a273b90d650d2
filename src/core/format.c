/* SPDX-License-Identifier: BSD-3-Clause */
/* PEP 3118 formats, both ways.
 *
 * What is read is the union of three dialects: the struct module's, NumPy's and ctypes'. In the words of a grammar,
 * where white space may stand between items, after an order and inside the brackets of a shape:
 *
 *     format  = item { item }
 *     item    = [order] [shape] [order] [count] what [":" name ":"]       at most one order
 *     order   = "@" | "=" | "<" | ">" | "!" | "^"
 *     shape   = "(" number { "," number } ")"
 *     what    = code | "T{" { item } "}" | "&" [order] what | "X{" anything "}"
 *     code    = "x" "c" "b" "B" "?" "h" "H" "i" "I" "l" "L" "q" "Q" "n" "N" "e" "f" "d" "g" "s" "p" "P" "w" "O"
 *             | "Zf" | "Zd" | "Zg" | "F" | "D" | "G"
 *
 * The rules that the dialects share or do not contradict:
 *
 * - An order holds until the next one, across braces. "@" (at the start) and "^" mean native sizes, the others standard
 *   sizes. Only "@" aligns: each item to its alignment in C, and the end of a structure to that of its "@" items.
 * - The count of s, p, w, x is a length; that of any other item makes a sub-array, as in NumPy, and is joined to the
 *   shape. So a count costs no memory, however large. "0i" without a name only aligns (struct).
 * - Unnamed padding makes no field. Other items without a name are f0, f1, … An empty name is none.
 * - One item alone is itself, more are a structure; padding alone is opaque bytes.
 * - A sequence outside braces takes no tail padding by itself (struct), but has what the exporter's itemsize leaves.
 * - P, g and Zg are native only, but in native order ctypes writes them with standard sizes, too. n and N are native
 *   only.
 *
 * NumPy drops the tail padding of structures when it writes (numpy#7797), so "T{i:a:b:b:}" may be 5 bytes or 8. The
 * itemsize decides: if the tails make the type too long, it is read once more without them; padding that follows a
 * structure is then its tail. A repeated structure cannot be read without its tail: nobody knows how far its elements
 * lie apart.
 */
#include <stddef.h>
#include <string.h>

#include "checked.h"
#include "draft.h"
#include "fail.h"
#include "plain.h"
#include "tenon/type.h"
#include "text.h"
#include "utf8.h"

/* --- codes -------------------------------------------------------------------------------------------------------- */

enum { NEVER = 0, IF_NATIVE = -1 };

typedef struct code {
    char text[3];
    uint8_t kind;
    uint8_t native;  /* size under '@' and '^' */
    int8_t standard; /* size under '=', '<', '>', '!'; or NEVER, IF_NATIVE */
} code;

#define NATIVE_SIZE(type) (uint8_t)sizeof(type)

static const code codes[] = {
    {"c", TN_BYTES, 1, 1},
    {"b", TN_INT, 1, 1},
    {"B", TN_UINT, 1, 1},
    {"?", TN_BOOL, 1, 1},
    {"h", TN_INT, NATIVE_SIZE(short), 2},
    {"H", TN_UINT, NATIVE_SIZE(short), 2},
    {"i", TN_INT, NATIVE_SIZE(int), 4},
    {"I", TN_UINT, NATIVE_SIZE(int), 4},
    {"l", TN_INT, NATIVE_SIZE(long), 4},
    {"L", TN_UINT, NATIVE_SIZE(long), 4},
    {"q", TN_INT, NATIVE_SIZE(long long), 8},
    {"Q", TN_UINT, NATIVE_SIZE(long long), 8},
    {"n", TN_INT, NATIVE_SIZE(size_t), NEVER},
    {"N", TN_UINT, NATIVE_SIZE(size_t), NEVER},
    {"e", TN_FLOAT, 2, 2},
    {"f", TN_FLOAT, 4, 4},
    {"d", TN_FLOAT, 8, 8},
    {"g", TN_FLOAT, NATIVE_SIZE(long double), IF_NATIVE},
    {"Zf", TN_COMPLEX, 8, 8},
    {"Zd", TN_COMPLEX, 16, 16},
    {"Zg", TN_COMPLEX, NATIVE_SIZE(long double _Complex), IF_NATIVE},
    {"F", TN_COMPLEX, 8, 8},
    {"D", TN_COMPLEX, 16, 16},
    {"G", TN_COMPLEX, NATIVE_SIZE(long double _Complex), IF_NATIVE},
    {"O", TN_OBJECT, NATIVE_SIZE(void *), NATIVE_SIZE(void *)},
    {"P", TN_POINTER, NATIVE_SIZE(void *), IF_NATIVE},
};

enum { NCODES = sizeof codes / sizeof codes[0] };

/* --- the parser --------------------------------------------------------------------------------------------------- */

typedef struct parser {
    const char *text;
    const char *next;
    char order;    /* the one in force */
    int tails;     /* do structures end with the tail padding "@" asks for? */
    int padded;    /* some structure has such a tail, or would have */
    int ambiguous; /* a repeated structure was read without its tail */
    ptrdiff_t limit;  /* the itemsize, or -1 */
    ptrdiff_t beyond; /* position of the first outermost item that ends beyond it; -1: none */
    tni_arena *arena;
    tn_error *err;
} parser;

typedef struct item {
    tni_draft value;    /* type NULL: nothing but padding of `padding` bytes */
    uint32_t alignment; /* under "@" */
    ptrdiff_t padding;
    ptrdiff_t tail;     /* bytes of tail padding left out at the end of this structure */
    const char *name;   /* NULL: none */
    const char *start;
    const char *name_start;
} item;

/* A structure being read, or the outermost sequence. */
typedef struct body {
    tni_fields fields;
    ptrdiff_t size;
    uint32_t alignment; /* of its "@" items */
    ptrdiff_t tail;     /* bytes of tail padding left out at the end of its last field, if that is a structure */
    ptrdiff_t gap;      /* bytes of padding since that field */
    int started;        /* has there been an item? */
} body;

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

/* The status of a draft that could not be made, blamed on `at` if it is the text's fault. */
static tn_status blame(const parser *p, tn_status status, const char *at)
{
    if (status == TN_BAD_FORMAT && p->err != NULL)
        p->err->position = at - p->text;
    return status;
}

static void skip_space(parser *p)
{
    while (*p->next == ' ' || (*p->next >= '\t' && *p->next <= '\r'))
        p->next++;
}

static int at_digit(const parser *p)
{
    return *p->next >= '0' && *p->next <= '9';
}

static int is_native(char order)
{
    return order == '@' || order == '^' || order == '=' || order == TN_NATIVE ||
           (order == '!' && TN_NATIVE == '>');
}

static tn_status read_number(parser *p, ptrdiff_t *out)
{
    const char *start = p->next;
    ptrdiff_t number = 0;
    for (; at_digit(p); p->next++)
        if (tni_mul(number, 10, &number) || tni_add(number, *p->next - '0', &number))
            return fail(p, start, "the number is too large");
    *out = number;
    return TN_OK;
}

/* From '(' through ')'. */
static tn_status read_shape(parser *p, int *ndim, ptrdiff_t shape[TN_MAX_NDIM])
{
    char shown[TNI_CHAR_TEXT];
    do {
        p->next++; /* '(' or ',' */
        skip_space(p);
        if (!at_digit(p))
            return fail(p, p->next, "expected an extent, got %s", tni_show_char(*p->next, shown));
        if (*ndim == TN_MAX_NDIM)
            return fail(p, p->next, "the sub-array has more than %d dimensions", TN_MAX_NDIM);
        tn_status status = read_number(p, &shape[(*ndim)++]);
        if (status != TN_OK)
            return status;
        skip_space(p);
    } while (*p->next == ',');
    if (*p->next != ')')
        return fail(p, p->next, "expected ',' or ')', got %s", tni_show_char(*p->next, shown));
    p->next++;
    return TN_OK;
}

static int read_order(parser *p)
{
    if (*p->next == '\0' || strchr("@=<>!^", *p->next) == NULL)
        return 0;
    p->order = *p->next++;
    skip_space(p);
    return 1;
}

static tn_status read_name(parser *p, item *out)
{
    if (*p->next != ':')
        return TN_OK;
    const char *start = p->next + 1;
    const char *end = strchr(start, ':');
    if (end == NULL)
        return fail(p, p->next, "the name has no closing ':'");
    size_t length = (size_t)(end - start);
    if (!tni_utf8_valid(start, length))
        return fail(p, start, "the name is not UTF-8");
    p->next = end + 1;
    if (length == 0)
        return TN_OK;
    char *name = tni_arena_alloc(p->arena, length + 1);
    if (name == NULL)
        return tni_no_memory(p->err);
    memcpy(name, start, length);
    name[length] = '\0';
    out->name = name;
    out->name_start = start;
    return TN_OK;
}

static tn_status finish_plain(parser *p, tn_kind kind, ptrdiff_t itemsize, item *out)
{
    tn_type type;
    char order = p->order == '!' ? '>' : is_native(p->order) ? TN_NATIVE : p->order;
    if (tni_plain(kind, order, itemsize, NULL, &type))
        return fail(p, out->start, "no element type has %td bytes here", itemsize);
    out->value = (tni_draft){tni_add_type(p->arena, &type), 0};
    out->alignment = type.alignment;
    return out->value.type == NULL ? tni_no_memory(p->err) : TN_OK;
}

static tn_status read_code(parser *p, item *out)
{
    char shown[TNI_CHAR_TEXT];
    const char *at = p->next;
    for (int k = 0; k < NCODES; k++) {
        size_t length = strlen(codes[k].text);
        if (strncmp(at, codes[k].text, length) != 0)
            continue;
        ptrdiff_t size = codes[k].native;
        if (p->order != '@' && p->order != '^') {
            size = codes[k].standard == IF_NATIVE && is_native(p->order) ? size : codes[k].standard;
            if (size <= 0)
                return fail(p, at, "'%s' has no standard size, so it cannot follow '%c'", codes[k].text, p->order);
        }
        p->next += length;
        return finish_plain(p, (tn_kind)codes[k].kind, size, out);
    }
    if (*at == 'Z')
        return fail(p, at + 1, "expected 'f', 'd' or 'g' after 'Z', got %s", tni_show_char(at[1], shown));
    if (*at == 'u' || *at == 't')
        return fail(p, at, "'%c' (%s) is not supported", *at, *at == 'u' ? "2-byte characters" : "bit fields");
    return fail(p, at, "expected a type code, got %s", tni_show_char(*at, shown));
}

/* s, p, w, x: the count is a length. */
static tn_status read_counted(parser *p, ptrdiff_t count, item *out)
{
    char c = *p->next++;
    if (c == 'x') {
        out->padding = count;
        out->alignment = 1;
        return TN_OK;
    }
    if (c == 'w' && tni_mul(count, 4, &count))
        return fail(p, out->start, "the element is larger than any memory");
    /* A Pascal string's first byte is its length: neither text nor NUL-padded. */
    return finish_plain(p, c == 's' ? TN_BYTES : c == 'w' ? TN_UCS4 : TN_VOID, count, out);
}

static tn_status read_body(parser *p, int level, body *out);

static tn_status read_struct(parser *p, int level, item *out)
{
    const char *start = p->next;
    if (level >= TN_MAX_TYPE_DEPTH)
        return fail(p, start, "the type is nested deeper than %d", TN_MAX_TYPE_DEPTH);
    p->next += 2;
    body inside = {.alignment = 1};
    tn_status status = read_body(p, level + 1, &inside);
    if (status != TN_OK)
        return status;
    if (*p->next != '}')
        return fail(p, start, "'T{' has no closing '}'");
    p->next++;

    if (p->order == '@') {
        ptrdiff_t over = inside.size % (ptrdiff_t)inside.alignment;
        ptrdiff_t tail = over == 0 ? 0 : (ptrdiff_t)inside.alignment - over;
        p->padded |= tail > 0;
        if (!p->tails)
            out->tail = tail;
        else if (tni_add(inside.size, tail, &inside.size))
            return fail(p, start, "the structure is larger than any memory");
    }
    ptrdiff_t at;
    status = tni_draft_struct(p->arena, &inside.fields, inside.size, TNI_NEXT_FREE, &out->value, &at, p->err);
    out->alignment = inside.alignment;
    return blame(p, status, at > 0 ? p->text + at : start);
}

static tn_status skip_braces(parser *p)
{
    const char *start = p->next++; /* 'X' */
    ptrdiff_t open = 0;
    do {
        if (*p->next == '\0')
            return fail(p, start, "'X{' has no closing '}'");
        open += (*p->next == '{') - (*p->next == '}');
        p->next++;
    } while (open > 0);
    return TN_OK;
}

static int at_struct(const parser *p)
{
    return p->next[0] == 'T' && p->next[1] == '{';
}

static tn_status finish_pointer(parser *p, const char *at, item *out)
{
    if (!is_native(p->order))
        return fail(p, at, "a pointer in the other byte order is not supported");
    return finish_plain(p, TN_POINTER, (ptrdiff_t)sizeof(void *), out);
}

/* What a pointer points to is checked, and then forgotten. */
static tn_status read_pointer(parser *p, int level, item *out)
{
    const char *start = p->next;
    char order = p->order;
    while (*p->next == '&')
        p->next++;
    read_order(p);
    tn_status status;
    if (at_struct(p))
        status = read_struct(p, level, out);
    else if (p->next[0] == 'X' && p->next[1] == '{')
        status = skip_braces(p);
    else
        status = read_code(p, out);
    if (status != TN_OK)
        return status;
    p->order = order;
    out->tail = 0;
    return finish_pointer(p, start, out);
}

static tn_status read_what(parser *p, int level, int counted, ptrdiff_t count, item *out)
{
    if (*p->next != '\0' && strchr("spwx", *p->next) != NULL)
        return read_counted(p, counted ? count : 1, out);
    if (at_struct(p))
        return read_struct(p, level, out);
    if (*p->next == '&')
        return read_pointer(p, level, out);
    if (p->next[0] == 'X' && p->next[1] == '{') {
        const char *start = p->next;
        tn_status status = skip_braces(p);
        return status != TN_OK ? status : finish_pointer(p, start, out);
    }
    return read_code(p, out);
}

/* Repeat what was read over `shape`. */
static tn_status repeat(parser *p, int ndim, const ptrdiff_t *shape, item *out)
{
    if (out->value.type == NULL)
        return tni_product(out->padding, ndim, shape, &out->padding)
                   ? fail(p, out->start, "the padding is larger than any memory")
                   : TN_OK;
    ptrdiff_t times;
    if (out->tail > 0 && (tni_product(1, ndim, shape, &times) || times > 1))
        p->ambiguous = 1;
    out->tail = 0;
    return blame(p, tni_draft_subarray(p->arena, &out->value, ndim, shape, &out->value, p->err), out->start);
}

static tn_status read_item(parser *p, int level, item *out)
{
    ptrdiff_t shape[TN_MAX_NDIM + 1], count = 1;
    int ndim = 0, ordered = read_order(p);
    tn_status status;
    if (*p->next == '(') {
        status = read_shape(p, &ndim, shape);
        if (status != TN_OK)
            return status;
        if (!ordered)
            read_order(p);
    }
    int counted = at_digit(p);
    if (counted && (status = read_number(p, &count)) != TN_OK)
        return status;

    int is_length = *p->next != '\0' && strchr("spwx", *p->next) != NULL;
    status = read_what(p, level, counted, count, out);
    if (status == TN_OK)
        status = read_name(p, out);
    if (status != TN_OK)
        return status;

    int repeats = counted && !is_length && count != 1;
    if (repeats && count == 0 && ndim == 0 && out->name == NULL) {
        out->value.type = NULL; /* "0i": only aligns */
        out->tail = 0;
        return TN_OK;
    }
    if (out->value.type == NULL && out->name != NULL) {
        uint32_t alignment = out->alignment;
        status = finish_plain(p, TN_VOID, out->padding, out);
        if (status != TN_OK)
            return status;
        out->alignment = alignment;
    }
    if (repeats)
        shape[ndim++] = count;
    return ndim == 0 ? TN_OK : repeat(p, ndim, shape, out);
}

/* In a format written without tails, padding after a structure is its tail. */
static void give_tail(body *to, ptrdiff_t padding)
{
    if (to->tail == 0)
        return;
    to->gap += padding < to->tail ? padding : to->tail; /* so it cannot overflow */
    if (to->gap < to->tail)
        return;
    tn_type *type = to->fields.last->value.type;
    type->itemsize += to->tail;
    type->alignment = tni_struct_alignment(type->fields, type->nfields, type->itemsize);
    to->tail = 0;
}

static tn_status place(parser *p, const item *what, body *to)
{
    if (p->order == '@') {
        ptrdiff_t over = to->size % (ptrdiff_t)what->alignment;
        if (over != 0 && tni_add(to->size, (ptrdiff_t)what->alignment - over, &to->size))
            return fail(p, what->start, "the structure is larger than any memory");
        if (what->alignment > to->alignment)
            to->alignment = what->alignment;
    }
    const tn_type *type = what->value.type;
    if (type == NULL)
        give_tail(to, what->padding);
    else {
        tni_draft_field *field = tni_add_field(p->arena, &to->fields);
        if (field == NULL)
            return tni_no_memory(p->err);
        field->name = what->name;
        field->offset = to->size;
        field->position = (what->name != NULL ? what->name_start : what->start) - p->text;
        field->value = what->value;
        if (what->value.depth > to->fields.depth)
            to->fields.depth = what->value.depth;
        to->tail = what->tail;
        to->gap = 0;
    }
    to->started = 1;
    if (tni_add(to->size, type == NULL ? what->padding : type->itemsize, &to->size))
        return fail(p, what->start, "the structure is larger than any memory");
    return TN_OK;
}

/* Items, up to a '}' within a structure, up to the end of the text outside (level 0). */
static tn_status read_body(parser *p, int level, body *out)
{
    for (;;) {
        skip_space(p);
        if (*p->next == '\0' || (*p->next == '}' && level > 0))
            return TN_OK;
        item what = {.alignment = 1, .start = p->next};
        tn_status status = read_item(p, level, &what);
        if (status == TN_OK)
            status = place(p, &what, out);
        if (status != TN_OK)
            return status;
        if (level == 0 && p->limit >= 0 && p->beyond < 0 && out->size > p->limit)
            p->beyond = what.start - p->text;
    }
}

/* The type of the outermost sequence, with trailing padding up to `itemsize`. */
static tn_status finish(parser *p, const body *all, ptrdiff_t itemsize, tn_type **out)
{
    const tni_draft_field *only = all->fields.first;
    if (only == NULL) {
        tn_type opaque;
        tni_plain(TN_VOID, TN_NO_ORDER, itemsize, NULL, &opaque);
        return tn_type_copy(&opaque, out, p->err);
    }
    tn_type alone = *only->value.type;
    if (only->next == NULL && only->name == NULL && only->offset == 0 && alone.itemsize == all->size) {
        if (alone.itemsize == itemsize)
            return tn_type_copy(&alone, out, p->err);
        if (alone.kind == TN_STRUCT) {
            alone.itemsize = itemsize;
            alone.alignment = tni_struct_alignment(alone.fields, alone.nfields, itemsize);
            return tn_type_copy(&alone, out, p->err);
        }
    }
    tni_draft whole;
    ptrdiff_t at;
    tn_status status = tni_draft_struct(p->arena, &all->fields, itemsize, TNI_NEXT_FREE, &whole, &at, p->err);
    return status == TN_OK ? tn_type_copy(whole.type, out, p->err) : blame(p, status, p->text + at);
}

static tn_status parse(parser *p, tn_type **out)
{
    body all = {.alignment = 1};
    tn_status status = read_body(p, 0, &all);
    if (status != TN_OK)
        return status;
    if (!all.started)
        return fail(p, p->next, "the format is empty");
    if (p->limit >= 0 && all.size > p->limit)
        return fail(p, p->text + p->beyond, "the format takes %td bytes, more than the itemsize of %td", all.size,
                    p->limit);
    if (p->ambiguous)
        return fail(p, p->text, "the tail padding of a repeated structure is missing");
    return finish(p, &all, p->limit >= 0 ? p->limit : all.size, out);
}

tn_status tn_type_from_format(const char *format, ptrdiff_t itemsize, tn_type **out, tn_error *err)
{
    const char *text = format == NULL ? "B" : format;
    tni_arena arena = {0};
    tn_error first;
    parser p = {.text = text, .next = text, .order = '@', .tails = 1, .limit = itemsize < 0 ? -1 : itemsize,
                .beyond = -1, .arena = &arena, .err = &first};
    tn_status status = parse(&p, out);
    if (status == TN_BAD_FORMAT && p.beyond >= 0 && *p.next == '\0' && p.padded) {
        parser again = {.text = text, .next = text, .order = '@', .tails = 0, .limit = p.limit, .beyond = -1,
                        .arena = &arena, .err = NULL};
        tn_status second = parse(&again, out);
        if (second != TN_BAD_FORMAT)
            status = second == TN_OK ? TN_OK : tni_no_memory(&first);
    }
    tni_arena_free(&arena);
    if (status != TN_OK && err != NULL)
        *err = first;
    return status;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

/* One native item is written as one character, which is all that memoryview, for one, can read. Within braces, an
 * explicit order stands before the first item that "@" would align, so that no reader inserts padding of its own. It
 * stands behind the shape, if there is one: NumPy wants it there. */
enum { UNKNOWN = 0 };

typedef struct writer {
    tni_text out;
    char order; /* the one in force, or UNKNOWN: readers may disagree, or it is the default "@" */
    tn_error *err;
} writer;

static tn_status write_type(writer *w, const tn_type *type, int named);

/* NULL if there is none. */
static const code *find_code(const tn_type *type)
{
    for (int k = 0; k < NCODES; k++) {
        /* l, L, n and N have other sizes elsewhere; F, D and G are understood by few. */
        if (strchr("lLnNFDG", codes[k].text[0]) == NULL && codes[k].kind == type->kind &&
            codes[k].native == type->itemsize)
            return &codes[k];
    }
    return NULL;
}

/* The order an item of this type needs; TN_NO_ORDER if any will do. */
static char wanted_order(const writer *w, const tn_type *type)
{
    const code *c = find_code(type);
    char order = tni_order(type);
    if (c != NULL && c->standard == IF_NATIVE && order == TN_NATIVE)
        return '^';
    return type->kind == TN_OBJECT && w->order == UNKNOWN ? TN_NATIVE : order;
}

static void put_order(writer *w, char order)
{
    if (order == TN_NO_ORDER || order == w->order || (w->order == '@' && (order == TN_NATIVE || order == '^')))
        return;
    tni_put_char(&w->out, order);
    w->order = order;
}

static void put_count(writer *w, ptrdiff_t count, char letter)
{
    tni_put_number(&w->out, count);
    tni_put_char(&w->out, letter);
}

static void put_padding(writer *w, ptrdiff_t bytes)
{
    if (bytes > 1)
        tni_put_number(&w->out, bytes);
    if (bytes > 0)
        tni_put_char(&w->out, 'x');
}

static tn_status write_plain(writer *w, const tn_type *type, int named)
{
    char text[64];
    const code *c = find_code(type);
    char order = wanted_order(w, type);
    if (c != NULL && c->standard == IF_NATIVE && order != '^')
        return tn_fail(w->err, TN_UNSUPPORTED, "a buffer format can express %s in native order only",
                       tn_type_describe(type, text, sizeof text));
    if (type->kind == TN_VOID && !named)
        return tn_fail(w->err, TN_UNSUPPORTED, "a buffer format cannot express an unnamed array of opaque bytes");
    put_order(w, order);
    if (c != NULL)
        tni_put(&w->out, c->text);
    else if (type->kind == TN_BYTES)
        put_count(w, type->itemsize, 's');
    else if (type->kind == TN_UCS4)
        put_count(w, type->itemsize / 4, 'w');
    else if (type->kind == TN_VOID)
        put_count(w, type->itemsize, 'x');
    else
        return tn_fail(w->err, TN_UNSUPPORTED, "a buffer format cannot express %s",
                       tn_type_describe(type, text, sizeof text));
    return TN_OK;
}

static tn_status write_field(writer *w, const tn_field *field)
{
    if (field->name[0] == '\0' || strchr(field->name, ':') != NULL)
        return tn_fail(w->err, TN_UNSUPPORTED, "a buffer format cannot express the field name '%s'", field->name);
    tn_status status = write_type(w, field->type, 1);
    tni_put_char(&w->out, ':');
    tni_put(&w->out, field->name);
    tni_put_char(&w->out, ':');
    return status;
}

static tn_status write_struct(writer *w, const tn_type *type)
{
    if (!tni_fields_in_sequence(type))
        return tn_fail(w->err, TN_UNSUPPORTED,
                       "a buffer format cannot express fields that overlap or are out of order");
    char outside = w->order;
    tni_put(&w->out, "T{");
    if (w->order == '@')
        w->order = UNKNOWN;
    ptrdiff_t end = 0;
    for (ptrdiff_t k = 0; k < type->nfields; k++) {
        const tn_field *field = &type->fields[k];
        put_padding(w, field->offset - end);
        tn_status status = write_field(w, field);
        if (status != TN_OK)
            return status;
        end = field->offset + field->type->itemsize;
    }
    put_padding(w, type->itemsize - end);
    tni_put_char(&w->out, '}');
    if (w->order != outside)
        w->order = UNKNOWN; /* does an order end with its braces? */
    return TN_OK;
}

static tn_status write_type(writer *w, const tn_type *type, int named)
{
    if (type->kind == TN_STRUCT)
        return write_struct(w, type);
    if (type->kind != TN_SUBARRAY)
        return write_plain(w, type, named);
    tni_put_char(&w->out, '(');
    tni_put_shape(&w->out, type->ndim, type->shape, ",");
    tni_put_char(&w->out, ')');
    return write_type(w, type->base, named);
}

tn_status tn_type_to_format(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err)
{
    int named = type->kind == TN_VOID;
    writer w = {{NULL, 0, 0}, '@', err};
    tn_status status = write_type(&w, type, named);
    if (status != TN_OK)
        return status;
    status = tni_text_fits(&w.out, capacity, length, err);
    if (status != TN_OK)
        return status;
    w = (writer){{buffer, capacity, 0}, '@', err};
    write_type(&w, type, named);
    tni_put_char(&w.out, '\0');
    return TN_OK;
}
