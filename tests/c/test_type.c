/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, describing and comparing types. */
#include <stdbool.h> /* makes `bool` a macro: the scalar list must survive it */

#include "types.h"

_Static_assert(TN_NATIVE == '<' && sizeof(void *) == 8 && sizeof(long double) == 16,
               "the tables are written for these");

#define STRUCT(list, size, align) \
    {.kind = TN_STRUCT, .byteorder = '|', .alignment = align, .itemsize = size, .nfields = COUNT(list), .fields = list}
#define SUBARRAY(of, n, extents, size, align) \
    {.kind = TN_SUBARRAY, .byteorder = '|', .alignment = align, .itemsize = size, .ndim = n, .base = of, \
     .shape = extents}
#define TIME(letter, unit) {.kind = letter, .byteorder = '<', .alignment = 8, .itemsize = 8, .name = unit}

static const ptrdiff_t two_three[] = {2, 3}, six[] = {6};
static const tn_type big_i4 = {.kind = TN_INT, .byteorder = '>', .alignment = 1, .itemsize = 4};
static const tn_type bytes5 = {.kind = TN_BYTES, .byteorder = '|', .alignment = 1, .itemsize = 5};
static const tn_type str3 = {.kind = TN_UCS4, .byteorder = '<', .alignment = 4, .itemsize = 12};
static const tn_type big_str3 = {.kind = TN_UCS4, .byteorder = '>', .alignment = 1, .itemsize = 12};
static const tn_type opaque8 = {.kind = TN_VOID, .byteorder = '|', .alignment = 1, .itemsize = 8};
static const tn_type object = {.kind = TN_OBJECT, .byteorder = '|', .alignment = 8, .itemsize = 8};
static const tn_type pointer = {.kind = TN_POINTER, .byteorder = '<', .alignment = 8, .itemsize = 8};
static const tn_type time_ns = TIME(TN_DATETIME, "ns"), time_25s = TIME(TN_DATETIME, "25s");
static const tn_type delta_ns = TIME(TN_TIMEDELTA, "ns");
static const tn_type generic = TIME(TN_DATETIME, "generic"), no_unit = TIME(TN_DATETIME, NULL);
static const tn_type array23 = SUBARRAY(&tn_type_float64, 2, two_three, 48, 8);
static const tn_type array6 = SUBARRAY(&tn_type_float64, 1, six, 48, 8);
static const tn_field pair_fields[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_float32, 4}};
static const tn_type pair = STRUCT(pair_fields, 8, 4);
static const tn_type pairs = SUBARRAY(&pair, 1, six, 48, 4);

/* --- static types ------------------------------------------------------------------------------------------------- */

static void test_scalars(void)
{
#define CASE(identifier, tag, ctype, text)                                                                     \
    {                                                                                                        \
        const tn_type *t = &tn_type_##identifier;                                                              \
        char buffer[32];                                                                                      \
        CHECK(t->kind == tag && t->itemsize == (ptrdiff_t)sizeof(ctype), text ": kind or size");               \
        CHECK(t->alignment == _Alignof(ctype), text ": alignment %u", (unsigned)t->alignment);                 \
        CHECK(t->byteorder == (sizeof(ctype) == 1 ? '|' : TN_NATIVE), text ": byte order %c", t->byteorder);   \
        CHECK(strcmp(tn_type_describe(t, buffer, sizeof buffer), text) == 0, text ": described as %s", buffer); \
    }
    TN_SCALAR_LIST(CASE)
#undef CASE
}

/* --- making ------------------------------------------------------------------------------------------------------- */

typedef struct plain_case {
    char kind, order;
    ptrdiff_t itemsize;
    const char *unit;
    const char *type; /* NULL: refused */
} plain_case;

static tn_status make_plain(const void *of, tn_type **out, tn_error *err)
{
    const plain_case *c = of;
    return tn_type_new_plain((tn_kind)c->kind, c->order, c->itemsize, c->unit, out, err);
}

static const plain_case plain_cases[] = {
    {'i', '<', 4, NULL, "i<4/4"},   {'i', '>', 4, NULL, "i>4/1"},  {'i', '=', 4, NULL, "i<4/4"},
    {'i', '|', 1, NULL, "i|1/1"},   {'i', '>', 1, NULL, "i|1/1"},  {'b', '<', 1, NULL, "b|1/1"},
    {'u', '<', 8, NULL, "u<8/8"},   {'f', '<', 2, NULL, "f<2/2"},  {'f', '<', 16, NULL, "f<16/16"},
    {'B', '<', 2, NULL, "B<2/2"},   {'c', '>', 8, NULL, "c>8/1"},  {'c', '<', 32, NULL, "c<32/16"},
    {'S', '<', 5, NULL, "S|5/1"},   {'S', '|', 0, NULL, "S|0/1"},  {'U', '<', 12, NULL, "U<12/4"},
    {'V', '|', 3, NULL, "V|3/1"},   {'O', '|', 8, NULL, "O|8/8"},  {'P', '<', 8, NULL, "P<8/8"},
    {'M', '<', 8, "25s", "M<8/8(25s)"}, {'m', '>', 8, "ns", "m>8/1(ns)"},
    {'i', '|', 4, NULL, NULL},      {'i', '@', 4, NULL, NULL},     {'i', '<', 3, NULL, NULL},
    {'i', '<', 0, NULL, NULL},      {'i', '<', -4, NULL, NULL},    {'i', '<', 16, NULL, NULL},
    {'b', '|', 2, NULL, NULL},      {'f', '<', 1, NULL, NULL},     {'f', '<', 3, NULL, NULL},
    {'B', '<', 4, NULL, NULL},      {'c', '<', 4, NULL, NULL},     {'S', '|', -1, NULL, NULL},
    {'U', '<', 5, NULL, NULL},      {'U', '<', -4, NULL, NULL},    {'V', '|', -1, NULL, NULL},
    {'O', '|', 4, NULL, NULL},      {'P', '<', 4, NULL, NULL},     {'M', '<', 4, "ns", NULL},
    {'M', '<', 8, NULL, NULL},      {'i', '<', 4, "ns", NULL},     {'T', '|', 4, NULL, NULL},
    {'A', '|', 4, NULL, NULL},      {'k', '<', 4, NULL, NULL},
};

/* Checks what was made against its text (NULL: refused as TN_BAD_FORMAT), and frees it. */
static void check_made(const char *name, tn_status status, tn_type *type, const tn_error *err, const char *expected)
{
    if (expected == NULL) {
        CHECK(status == TN_BAD_FORMAT, "%s: status %d", name, (int)status);
        CHECK(status != TN_BAD_FORMAT || (err->position == -1 && err->message[0] != '\0'), "%s: no message", name);
    } else {
        CHECK(status == TN_OK, "%s: %s", name, err->message);
        shown got = status == TN_OK ? show(type) : (shown){"", 0};
        CHECK(strcmp(got.text, expected) == 0, "%s is %s, expected %s", name, got.text, expected);
    }
    if (status == TN_OK)
        tn_type_free(type);
}

static void test_plain(void)
{
    for (int k = 0; k < COUNT(plain_cases); k++) {
        tn_type *type;
        tn_error err;
        char name[32];
        snprintf(name, sizeof name, "plain case %d", k);
        tn_status status = make_without_leaks(make_plain, &plain_cases[k], name, &type, &err);
        check_made(name, status, type, &err, plain_cases[k].type);
    }
}

typedef struct struct_case {
    const char *name;
    tn_field fields[3];
    ptrdiff_t nfields, itemsize;
    uint32_t alignment;
    const char *type;
} struct_case;

static tn_status make_struct(const void *of, tn_type **out, tn_error *err)
{
    const struct_case *c = of;
    return tn_type_new_struct(c->fields, c->nfields, c->itemsize, c->alignment, c->name, out, err);
}

static const struct_case struct_cases[] = {
    {"pair", {{"a", &tn_type_int32, 0}, {"b", &tn_type_float32, 4}}, 2, 8, 4, "T8/4{a@0:i<4/4;b@4:f<4/4}"},
    {"empty", {{0}}, 0, 0, 1, "T0/1{}"},
    {"padded", {{"a", &tn_type_int8, 3}}, 1, 8, 1, "T8/1{a@3:i|1/1}"},
    {"overlapping", {{"a", &tn_type_int32, 0}, {"b", &tn_type_int32, 2}}, 2, 6, 2, "T6/2{a@0:i<4/4;b@2:i<4/4}"},
    {"unordered", {{"a", &tn_type_int32, 4}, {"b", &tn_type_int32, 0}}, 2, 8, 4, "T8/4{a@4:i<4/4;b@0:i<4/4}"},
    {"nested", {{"s", &pair, 0}, {"t", &array23, 8}, {"u", &time_ns, 56}}, 3, 64, 8,
     "T64/8{s@0:T8/4{a@0:i<4/4;b@4:f<4/4};t@8:A[2,3]f<8/8;u@56:M<8/8(ns)}"},
    {"same name", {{"a", &tn_type_int32, 0}, {"b", &tn_type_int32, 4}, {"a", &tn_type_int32, 8}}, 3, 12, 4, NULL},
    {"no name", {{NULL, &tn_type_int32, 0}}, 1, 4, 4, NULL},
    {"empty name", {{"", &tn_type_int32, 0}}, 1, 4, 4, NULL},
    {"name not UTF-8", {{"\xff", &tn_type_int32, 0}}, 1, 4, 4, NULL},
    {"negative offset", {{"a", &tn_type_int32, -1}}, 1, 4, 4, NULL},
    {"field beyond", {{"a", &tn_type_int32, 1}}, 1, 4, 4, NULL},
    {"field far beyond", {{"a", &tn_type_int32, PTRDIFF_MAX - 1}}, 1, 4, 4, NULL},
    {"negative itemsize", {{0}}, 0, -1, 1, NULL},
    {"negative count", {{0}}, -1, 0, 1, NULL},
    {"alignment 0", {{0}}, 0, 0, 0, NULL},
    {"alignment 3", {{0}}, 0, 0, 3, NULL},
};

static void test_structs(void)
{
    for (int k = 0; k < COUNT(struct_cases); k++) {
        tn_type *type;
        tn_error err;
        const char *name = struct_cases[k].name;
        tn_status status = make_without_leaks(make_struct, &struct_cases[k], name, &type, &err);
        if (status == TN_OK && struct_cases[k].type != NULL)
            CHECK(strcmp(type->name, name) == 0 && type->name != name, "%s: the name is not a copy", name);
        check_made(name, status, type, &err, struct_cases[k].type);
    }
}

typedef struct subarray_case {
    const char *name;
    const tn_type *base;
    int ndim;
    ptrdiff_t shape[3];
    const char *type;
} subarray_case;

static tn_status make_subarray(const void *of, tn_type **out, tn_error *err)
{
    const subarray_case *c = of;
    return tn_type_new_subarray(c->base, c->ndim, c->shape, out, err);
}

static const subarray_case subarray_cases[] = {
    {"int32[3]", &tn_type_int32, 1, {3}, "A[3]i<4/4"},
    {"int32[2, 3]", &tn_type_int32, 2, {2, 3}, "A[2,3]i<4/4"},
    {"float64[2, 3][4]", &array23, 1, {4}, "A[4,2,3]f<8/8"},
    {"pair[2]", &pair, 1, {2}, "A[2]T8/4{a@0:i<4/4;b@4:f<4/4}"},
    {"nothing", &tn_type_int32, 3, {0, PTRDIFF_MAX, PTRDIFF_MAX}, "A[0,9223372036854775807,9223372036854775807]i<4/4"},
    {"no dimensions", &tn_type_int32, 0, {0}, NULL},
    {"negative", &tn_type_int32, 1, {-1}, NULL},
    {"huge", &tn_type_int32, 2, {PTRDIFF_MAX, 2}, NULL},
    {"just too large", &tn_type_int32, 1, {PTRDIFF_MAX / 4 + 1}, NULL},
};

static void test_subarrays(void)
{
    for (int k = 0; k < COUNT(subarray_cases); k++) {
        tn_type *type;
        tn_error err;
        const char *name = subarray_cases[k].name;
        tn_status status = make_without_leaks(make_subarray, &subarray_cases[k], name, &type, &err);
        check_made(name, status, type, &err, subarray_cases[k].type);
    }

    tn_type *type, *more;
    ptrdiff_t ones[TN_MAX_NDIM + 1];
    for (int k = 0; k <= TN_MAX_NDIM; k++)
        ones[k] = 1;
    CHECK(tn_type_new_subarray(&tn_type_int32, TN_MAX_NDIM + 1, ones, &type, NULL) == TN_BAD_FORMAT, "65 dimensions");
    CHECK(tn_type_new_subarray(&tn_type_int32, TN_MAX_NDIM, ones, &type, NULL) == TN_OK, "64 dimensions");
    CHECK(tn_type_new_subarray(type, 1, ones, &more, NULL) == TN_BAD_FORMAT, "64 and one dimensions");
    tn_type_free(type);
}

static void test_depth(void)
{
    tn_type *types[TN_MAX_TYPE_DEPTH + 1];
    const tn_type *inner = &tn_type_int8;
    tn_error err;
    for (int depth = 1; depth <= TN_MAX_TYPE_DEPTH; depth++) {
        tn_field field = {"in", inner, 0};
        tn_status status = tn_type_new_struct(&field, 1, 1, 1, NULL, &types[depth - 1], &err);
        CHECK(status == TN_OK, "depth %d: %s", depth, err.message);
        inner = types[depth - 1];
    }
    tn_field field = {"in", inner, 0};
    tn_type *type;
    CHECK(tn_type_new_struct(&field, 1, 1, 1, NULL, &type, &err) == TN_BAD_FORMAT, "a structure too many");
    CHECK(tn_type_new_subarray(inner, 2, two_three, &type, &err) == TN_BAD_FORMAT, "a sub-array too many");
    for (int depth = 1; depth <= TN_MAX_TYPE_DEPTH; depth++)
        tn_type_free(types[depth - 1]);
}

static tn_status make_copy(const void *of, tn_type **out, tn_error *err)
{
    return tn_type_copy(of, out, err);
}

static void test_copies(void)
{
    const tn_type *const types[] = {&tn_type_float64, &bytes5, &time_25s, &no_unit, &array23, &pair, &pairs};
    for (int k = 0; k < COUNT(types); k++) {
        tn_type *copy;
        tn_error err;
        tn_status status = make_without_leaks(make_copy, types[k], "copy", &copy, &err);
        CHECK(status == TN_OK, "case %d", k);
        if (status != TN_OK)
            continue;
        CHECK(strcmp(show(copy).text, show(types[k]).text) == 0, "case %d: %s", k, show(copy).text);
        CHECK(copy->kind != TN_STRUCT ||
                  (copy->fields != types[k]->fields && copy->fields[0].name != types[k]->fields[0].name),
              "case %d shares memory", k);
        CHECK(copy->kind != TN_SUBARRAY || (copy->base != types[k]->base && copy->shape != types[k]->shape),
              "case %d shares memory", k);
        tn_type_free(copy);
    }
    tn_type_free(NULL);
}

/* --- describing --------------------------------------------------------------------------------------------------- */

static void test_descriptions(void)
{
    const struct {
        const tn_type *type;
        const char *text;
    } cases[] = {
        {&big_i4, ">int32"},
        {&bytes5, "bytes[5]"},
        {&str3, "str[3]"},
        {&big_str3, ">str[3]"},
        {&opaque8, "void[8]"},
        {&object, "object"},
        {&pointer, "pointer"},
        {&time_ns, "datetime64[ns]"},
        {&time_25s, "datetime64[25s]"},
        {&delta_ns, "timedelta64[ns]"},
        {&generic, "datetime64"},
        {&no_unit, "datetime64"},
        {&array23, "float64[2, 3]"},
        {&pair, "{a: int32, b: float32}"},
        {&pairs, "{a: int32, b: float32}[6]"},
    };
    for (int k = 0; k < COUNT(cases); k++) {
        char buffer[64];
        char *returned = tn_type_describe(cases[k].type, buffer, sizeof buffer);
        CHECK(returned == buffer && strcmp(buffer, cases[k].text) == 0, "%s, expected %s", buffer, cases[k].text);
    }
}

static void test_cut_descriptions(void)
{
    static const tn_field euros[] = {{"\xe2\x82\xac\xe2\x82\xac", &tn_type_int32, 0}};
    static const tn_type type = STRUCT(euros, 4, 4);
    static const char whole[] = "{\xe2\x82\xac\xe2\x82\xac: int32}";
    const char *const expected[] = {
        "#", "", "", "", "\xe2\x80\xa6", "{\xe2\x80\xa6", "{\xe2\x80\xa6", "{\xe2\x80\xa6", "{\xe2\x82\xac\xe2\x80\xa6",
    };
    for (int capacity = 0; capacity <= (int)sizeof whole; capacity++) {
        char buffer[32];
        memset(buffer, '#', sizeof buffer);
        buffer[sizeof buffer - 1] = '\0';
        tn_type_describe(&type, buffer, (size_t)capacity);
        CHECK(buffer[capacity] == '#', "written beyond %d bytes", capacity);
        if (capacity == 0)
            CHECK(buffer[0] == '#', "written into no bytes");
        else if (capacity < COUNT(expected))
            CHECK(strcmp(buffer, expected[capacity]) == 0, "%d bytes: %s", capacity, buffer);
        else if (capacity < (int)sizeof whole)
            CHECK(strlen(buffer) < (size_t)capacity && strstr(buffer, "\xe2\x80\xa6") != NULL, "%d bytes: %s", capacity,
                  buffer);
        else
            CHECK(strcmp(buffer, whole) == 0, "%d bytes: %s", capacity, buffer);
    }
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static const tn_type little_i1 = {.kind = TN_INT, .byteorder = '<', .alignment = 1, .itemsize = 1};
static const tn_type packed_f8 = {.kind = TN_FLOAT, .byteorder = '<', .alignment = 1, .itemsize = 8};
static const tn_type big_pointer = {.kind = TN_POINTER, .byteorder = '>', .alignment = 1, .itemsize = 8};

static const tn_field wide_a[] = {{"a", &tn_type_int64, 0}, {"b", &tn_type_float32, 8}};
static const tn_field moved_b[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_float32, 8}};
static const tn_field only_a[] = {{"a", &tn_type_int32, 0}};
static const tn_field extra_c[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_float32, 4}, {"c", &tn_type_int8, 8}};
static const tn_field renamed[] = {{"a", &tn_type_int32, 0}, {"x", &tn_type_float32, 4}};
static const tn_field exchanged[] = {{"b", &tn_type_float32, 0}, {"a", &tn_type_int32, 4}};
static const tn_field reordered[] = {{"b", &tn_type_float32, 4}, {"a", &tn_type_int32, 0}};
static const tn_field big_a[] = {{"a", &big_i4, 0}, {"b", &tn_type_float32, 4}};
static const tn_type s_wide = STRUCT(wide_a, 16, 8), s_moved = STRUCT(moved_b, 12, 4), s_only = STRUCT(only_a, 8, 4);
static const tn_type s_extra = STRUCT(extra_c, 12, 4), s_renamed = STRUCT(renamed, 8, 4);
static const tn_type s_exchanged = STRUCT(exchanged, 8, 4), s_reordered = STRUCT(reordered, 8, 4);
static const tn_type s_big = STRUCT(big_a, 8, 1), s_padded = STRUCT(pair_fields, 12, 4),
                     s_packed = STRUCT(pair_fields, 8, 1);

static const tn_field in_pair[] = {{"s", &pair, 0}}, in_wide[] = {{"s", &s_wide, 0}},
                      in_padded[] = {{"s", &s_padded, 0}};
static const tn_field in_only[] = {{"s", &s_only, 0}}, in_extra[] = {{"s", &s_extra, 0}},
                      in_pairs[] = {{"s", &pairs, 0}};
static const tn_type s_in_pair = STRUCT(in_pair, 16, 4), s_in_wide = STRUCT(in_wide, 16, 8);
static const tn_type s_in_padded = STRUCT(in_padded, 16, 4), s_in_only = STRUCT(in_only, 16, 4);
static const tn_type s_in_extra = STRUCT(in_extra, 16, 4), s_in_pairs = STRUCT(in_pairs, 48, 4);
static const tn_type wides = SUBARRAY(&s_wide, 1, six, 96, 8);
static const tn_field in_wides[] = {{"s", &wides, 0}};
static const tn_type s_in_wides = STRUCT(in_wides, 96, 8);

/* Is `got` what was expected? NULL: yes. */
static const struct {
    const tn_type *expected, *got;
    const char *difference;
} comparisons[] = {
    {&tn_type_float64, &tn_type_float64, NULL},
    {&tn_type_float64, &packed_f8, NULL},
    {&tn_type_int8, &little_i1, NULL},
    {&generic, &no_unit, NULL},
    {&pair, &s_packed, NULL},
    {&array23, &array23, NULL},
    {&pairs, &pairs, NULL},
    {&s_in_pair, &s_in_pair, NULL},
    {&tn_type_float64, &tn_type_float32, "type is float32, expected float64"},
    {&tn_type_int32, &big_i4, "type is >int32, expected int32"},
    {&tn_type_int8, &tn_type_uint8, "type is uint8, expected int8"},
    {&tn_type_float16, &tn_type_bfloat16, "type is bfloat16, expected float16"},
    {&tn_type_bool, &tn_type_uint8, "type is uint8, expected bool"},
    {&str3, &big_str3, "type is >str[3], expected str[3]"},
    {&pointer, &big_pointer, "type is >pointer, expected pointer"},
    {&time_ns, &time_25s, "type is datetime64[25s], expected datetime64[ns]"},
    {&time_ns, &delta_ns, "type is timedelta64[ns], expected datetime64[ns]"},
    {&time_ns, &tn_type_int64, "type is int64, expected datetime64[ns]"},
    {&array23, &array6, "type is float64[6], expected float64[2, 3]"},
    {&array6, &tn_type_float64, "type is float64, expected float64[6]"},
    {&pair, &opaque8, "type is void[8], expected {a: int32, b: float32}"},
    {&pair, &s_wide, "field 'a' is int64, expected int32"},
    {&pair, &s_big, "field 'a' is >int32, expected int32"},
    {&pair, &s_moved, "field 'b' is at offset 8, expected 4"},
    {&pair, &s_only, "field 'b' is missing"},
    {&pair, &s_extra, "unexpected field 'c'"},
    {&pair, &s_renamed, "field 'b' is missing; 'x' is in its place"},
    {&pair, &s_exchanged, "field 'a' is at offset 4, expected 0"},
    {&pair, &s_reordered, "field 'a' is declared in another order"},
    {&pair, &s_padded, "itemsize is 12, expected 8"},
    {&s_in_pair, &s_in_wide, "field 's.a' is int64, expected int32"},
    {&s_in_pair, &s_in_only, "field 's.b' is missing"},
    {&s_in_pair, &s_in_extra, "unexpected field 's.c'"},
    {&s_in_pair, &s_in_padded, "itemsize of field 's' is 12, expected 8"},
    {&s_in_pair, &s_in_pairs, "field 's' is {a: int32, b: float32}[6], expected {a: int32, b: float32}"},
    {&s_in_pairs, &s_in_wides, "field 's.a' is int64, expected int32"},
    {&pairs, &wides, "field 'a' is int64, expected int32"},
};

static void test_comparisons(void)
{
    for (int k = 0; k < COUNT(comparisons); k++) {
        const tn_type *expected = comparisons[k].expected, *got = comparisons[k].got;
        const char *difference = comparisons[k].difference;
        tn_error err = {0};
        int same = difference == NULL;
        CHECK(tn_type_equal(expected, got) == same && tn_type_equal(got, expected) == same, "case %d: equal", k);
        CHECK(tn_type_difference(expected, got, &err) == (same ? TN_OK : TN_WRONG_TYPE), "case %d: status", k);
        CHECK(strcmp(err.message, same ? "" : difference) == 0, "case %d: \"%s\"", k, err.message);
        CHECK((tn_type_difference(got, expected, NULL) == TN_OK) == same, "case %d the other way", k);
        CHECK(tn_type_difference(expected, expected, NULL) == TN_OK, "case %d: itself", k);
    }
}

/* The names are longer than any message. */
static void test_long_names(void)
{
    static char name[2000];
    for (int k = 0; k < 1998; k += 2)
        memcpy(name + k, "\xc3\xa9", 3);
    tn_field field = {name, &tn_type_int32, 0};
    tn_type got = {.kind = TN_STRUCT, .byteorder = '|', .alignment = 4, .itemsize = 4, .nfields = 1, .fields = &field};
    static const tn_type nothing = {.kind = TN_STRUCT, .byteorder = '|', .alignment = 1, .itemsize = 4};
    tn_error err;
    CHECK(tn_type_difference(&nothing, &got, &err) == TN_WRONG_TYPE, "unexpected");
    CHECK(strncmp(err.message, "unexpected field '\xc3\xa9", 20) == 0 &&
              strstr(err.message, "\xc3\xa9\xe2\x80\xa6'") != NULL,
          "%s", err.message);
    CHECK(tn_type_difference(&got, &nothing, &err) == TN_WRONG_TYPE, "missing");
    CHECK(strstr(err.message, "' is missing") != NULL, "%s", err.message);
}

static const test tests[] = {
    {"the static scalar types are what C says", test_scalars},
    {"plain types have the sizes their kinds have, and no others", test_plain},
    {"structures are copied whole, or refused", test_structs},
    {"sub-arrays join, or are refused", test_subarrays},
    {"types nest up to the limit and not beyond", test_depth},
    {"a copy shares nothing with its source", test_copies},
    {"types are described as people read them", test_descriptions},
    {"a description that is too long is cut between characters", test_cut_descriptions},
    {"types are equal by meaning, and the first difference is named", test_comparisons},
    {"names longer than a message are cut", test_long_names},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
