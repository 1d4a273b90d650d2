/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's descr, both ways; the tables are written for little-endian machines. */
#include "types.h"

_Static_assert(TN_NATIVE == '<', "the tables are written for this");

static tn_status make(const void *of, tn_type **out, tn_error *err)
{
    return tn_type_from_descr(of, out, err);
}

/* What is read, the type, and how it is written; NULL: as it was read. */
static const struct {
    const char *read;
    const char *type;
    const char *written;
} cases[] = {
    {"[('a', '<i4'), ('b', '<f4', (2,))]", "T12/4{a@0:i<4/4;b@4:A[2]f<4/4}", NULL},
    {"[('a', '<i4'), ('', '|V4'), ('b', '<f8')]", "T16/8{a@0:i<4/4;b@8:f<8/8}", NULL},
    {"[('', '|V4'), ('b', '<f4'), ('', '|V4')]", "T12/4{b@4:f<4/4}", NULL},
    {"[('a', '>i4'), ('b', '|i1')]", "T5/1{a@0:i>4/1;b@4:i|1/1}", NULL},
    {"[('s', [('x', '<i4'), ('y', '|i1'), ('', '|V3')])]", "T8/4{s@0:T8/4{x@0:i<4/4;y@4:i|1/1}}", NULL},
    {"[('s', [('x', '<i4')], (2, 3))]", "T24/4{s@0:A[2,3]T4/4{x@0:i<4/4}}", NULL},
    {"[('t', '<M8[ns]'), ('u', '<U3'), ('o', '|O')]", "T28/1{t@0:M<8/8(ns);u@8:U<12/4;o@20:O|8/8}", NULL},
    {"[('a', '|V3'), ('b', '|S2')]", "T5/1{a@0:V|3/1;b@3:S|2/1}", NULL},
    {"[('', '<f8')]", "f<8/8", NULL},
    {"[('', '|V8')]", "V|8/1", NULL},
    {"[('', '<f8', (2, 3))]", "A[2,3]f<8/8", NULL},
    {"[('', [('a', '<i4')])]", "T4/4{a@0:i<4/4}", "[('a', '<i4')]"},
    {"[]", "T0/1{}", NULL},
    {"[('', '|V2'), ('', '|V3')]", "T5/1{}", "[('', '|V5')]"},
    {"'<f8'", "f<8/8", "[('', '<f8')]"},
    {"\"<f8\"", "f<8/8", "[('', '<f8')]"},
    {"('<f8', (2,))", "A[2]f<8/8", "[('', '<f8', (2,))]"},
    {"(('<f8', (2,)), (3,))", "A[3,2]f<8/8", "[('', '<f8', (3, 2))]"},
    {"([('a', '<i4')], 2)", "A[2]T4/4{a@0:i<4/4}", "[('', [('a', '<i4')], (2,))]"},
    {"[('a', ('<i4', (2,)))]", "T8/4{a@0:A[2]i<4/4}", "[('a', '<i4', (2,))]"},
    {"[('a', ('<i4', (2,)), (3,))]", "T24/4{a@0:A[3,2]i<4/4}", "[('a', '<i4', (3, 2))]"},
    {"[('a', '<i4', 2)]", "T8/4{a@0:A[2]i<4/4}", "[('a', '<i4', (2,))]"},
    {"[('a', '<i4', ())]", "T4/4{a@0:i<4/4}", "[('a', '<i4')]"},
    {"[('a', '<i4', (0,))]", "T0/4{a@0:A[0]i<4/4}", NULL},
    {"[('a', '<i4', (2, 3, ), ), ]", "T24/4{a@0:A[2,3]i<4/4}", "[('a', '<i4', (2, 3))]"},
    {"[('a', '<i4',)]", "T4/4{a@0:i<4/4}", "[('a', '<i4')]"},
    {" [ ( 'a' , '<i4' , ( 2 , ) ) ]\n", "T8/4{a@0:A[2]i<4/4}", "[('a', '<i4', (2,))]"},
    {"[('a','<i4'),('b','<i4')]", "T8/4{a@0:i<4/4;b@4:i<4/4}", "[('a', '<i4'), ('b', '<i4')]"},
    {"[(('title', 'a'), '<i4')]", "T4/4{a@0:i<4/4}", "[('a', '<i4')]"},
    {"[(('title', 'a',), '<i4')]", "T4/4{a@0:i<4/4}", "[('a', '<i4')]"},
    {"[('a', '<i4'), ('', '<i4')]", "T8/4{a@0:i<4/4;f1@4:i<4/4}", "[('a', '<i4'), ('f1', '<i4')]"},
    {"[('f1', '<i4'), ('', '|V4'), ('', '|V4', (2,)), ('', '<i2')]", NULL, NULL},
    {"[('\xc3\xa9', '<i4')]", "T4/4{\xc3\xa9@0:i<4/4}", NULL},
    {"[('\\xe9\\u20ac\\U0001f30d', '<i4')]", "T4/4{\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8d@0:i<4/4}",
     "[('\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8d', '<i4')]"},
    {"[('a\\'b\\\\', '<i4')]", "T4/4{a'b\\@0:i<4/4}", NULL},
    {"[(\"a'b\", '<i4')]", "T4/4{a'b@0:i<4/4}", "[('a\\'b', '<i4')]"},
    {"[('a\\\"b', '<i4')]", "T4/4{a\"b@0:i<4/4}", "[('a\"b', '<i4')]"},
    {"[('a\\n\\t\\x7f', '<i4')]", "T4/4{a\n\t\x7f@0:i<4/4}", "[('a\\x0a\\x09\\x7f', '<i4')]"},
    {"[('a:b', '<i4')]", "T4/4{a:b@0:i<4/4}", NULL},
};

static void test_readings(void)
{
    for (int k = 0; k < COUNT(cases); k++) {
        tn_type *type, *again;
        tn_error err;
        char buffer[256];
        size_t length = 0;
        const char *text = cases[k].read;
        tn_status status = make_without_leaks(make, text, text, &type, &err);
        if (cases[k].type == NULL) {
            CHECK(status == TN_BAD_FORMAT, "%s: the made-up name is taken", text);
            continue;
        }
        CHECK(status == TN_OK, "%s: %s at %td", text, err.message, err.position);
        if (status != TN_OK)
            continue;
        shown got = show(type);
        CHECK(strcmp(got.text, cases[k].type) == 0, "%s is %s, expected %s", text, got.text, cases[k].type);
        status = tn_type_to_descr(type, buffer, sizeof buffer, &length, &err);
        const char *written = cases[k].written == NULL ? text : cases[k].written;
        CHECK(status == TN_OK && strcmp(buffer, written) == 0 && length == strlen(buffer),
              "%s is written %s, expected %s", text, status == TN_OK ? buffer : err.message, written);
        int void_struct = type->kind == TN_STRUCT && type->nfields == 0 && type->itemsize > 0;
        status = tn_type_from_descr(buffer, &again, &err);
        CHECK(status == TN_OK && tn_type_equal(again, type) == !void_struct, "%s does not come back", buffer);
        if (status == TN_OK)
            tn_type_free(again);
        tn_type_free(type);
    }
}

static const struct {
    const char *descr;
    ptrdiff_t position;
    const char *says;
} malformed[] = {
    {"", 0, "got the end"},
    {"  ", 2, "got the end"},
    {"3", 0, "got '3'"},
    {"[", 1, "expected '(', got the end"},
    {"[('a'", 5, "expected ',', got the end"},
    {"[('a')]", 5, "expected ',', got ')'"},
    {"[('a',)]", 6, "got ')'"},
    {"[('a', '<i4'", 12, "expected ')', got the end"},
    {"[('a', '<i4')", 13, "expected ',', got the end"},
    {"[('a', '<i4') ('b', '<i4')]", 14, "expected ',', got '('"},
    {"[('a', '<i4')]]", 14, "expected the end, got ']'"},
    {"[,]", 1, "expected '(', got ','"},
    {"[('a', '<i4'),,]", 14, "expected '(', got ','"},
    {"['a', '<i4']", 1, "expected '('"},
    {"[(3, '<i4')]", 2, "expected a string, got '3'"},
    {"[('a', 3)]", 7, "got '3'"},
    {"[('a', '<k4')]", 9, "got 'k'"},
    {"[('a', '<i5')]", 10, "no element type"},
    {"[('a', '<i4)]", 7, "the string has no end"},
    {"[('a, ", 2, "the string has no end"},
    {"[('a\\", 4, "unknown escape"},
    {"[('a\\q', '<i4')]", 4, "unknown escape"},
    {"[('a\\xz0', '<i4')]", 4, "malformed escape"},
    {"[('a\\u12", 4, "malformed escape"},
    {"[('a\\UFFFFFFFF', '<i4')]", 4, "malformed escape"},
    {"[('a\\U00110000', '<i4')]", 4, "cannot be part"},
    {"[('a\\x00', '<i4')]", 4, "cannot be part"},
    {"[('a\\ud800', '<i4')]", 4, "cannot be part"},
    {"[('\xff', '<i4')]", 2, "not UTF-8"},
    {"[(('a', '<i4'), '<i4', 3", 24, "expected ')'"},
    {"[(('a'), '<i4')]", 6, "expected ','"},
    {"[(('a', 'b', 'c'), '<i4')]", 13, "expected ')'"},
    {"[('a', '<i4', x)]", 14, "expected an extent, got 'x'"},
    {"[('a', '<i4', (x,))]", 15, "expected an extent, got 'x'"},
    {"[('a', '<i4', (2))]", 16, "expected ',', got ')'"},
    {"[('a', '<i4', (2,)x)]", 18, "expected ')'"},
    {"[('a', '<i4', -2)]", 14, "expected an extent"},
    {"[('a', '<i4', (2,-2))]", 17, "expected an extent"},
    {"[('a', '<i4', 99999999999999999999)]", 14, "too large"},
    {"[('a', '<i4', (4294967296,4294967296))]", 14, "larger than any memory"},
    {"[('a', '|V9223372036854775807'), ('b', '|i1')]", 34, "larger than any memory"},
    {"[('a', '<i4'), ('b', '<i4'), ('a', '<i4')]", 30, "two fields are named 'a'"},
    {"[('x', [('a', '<i4'), ('a', '<i4')])]", 23, "two fields are named 'a'"},
    {"('<i4',)", 7, "expected an extent"},
    {"('<i4')", 6, "expected ','"},
    {"('<i4', (2,), 3)", 14, "expected ')'"},
    {"{'a': '<i4'}", 0, "got '{'"},
};

static void test_malformed(void)
{
    for (int k = 0; k < COUNT(malformed); k++) {
        tn_type *type;
        tn_error err;
        const char *text = malformed[k].descr;
        tn_status status = make_without_leaks(make, text, text, &type, &err);
        CHECK(status == TN_BAD_FORMAT, "%s: status %d", text, (int)status);
        if (status == TN_OK) {
            tn_type_free(type);
            continue;
        }
        CHECK(err.position == malformed[k].position, "%s: position %td, expected %td: %s", text, err.position,
              malformed[k].position, err.message);
        CHECK(strstr(err.message, malformed[k].says) != NULL, "%s: \"%s\"", text, err.message);
        CHECK(tn_type_from_descr(text, &type, NULL) == status, "%s without err", text);
    }
}

static void test_limits(void)
{
    static char text[1 << 20];
    tn_type *type;
    tn_error err;
    for (int depth = TN_MAX_TYPE_DEPTH; depth <= TN_MAX_TYPE_DEPTH + 1; depth++) {
        text[0] = '\0';
        for (int k = 0; k < depth; k++)
            strcat(text, "[('a', ");
        strcat(text, "'<i4'");
        for (int k = 0; k < depth; k++)
            strcat(text, ")]");
        tn_status status = tn_type_from_descr(text, &type, &err);
        CHECK(status == (depth > TN_MAX_TYPE_DEPTH ? TN_BAD_FORMAT : TN_OK), "depth %d: status %d", depth, (int)status);
        if (status == TN_OK)
            tn_type_free(type);
        else
            CHECK(err.position == 7 * TN_MAX_TYPE_DEPTH, "position %td", err.position);
    }
    memset(text, '(', sizeof text - 1);
    CHECK(tn_type_from_descr(text, &type, &err) == TN_BAD_FORMAT && err.position == TN_MAX_TYPE_DEPTH, "at %td",
          err.position);
    memset(text, '[', sizeof text - 1);
    CHECK(tn_type_from_descr(text, &type, &err) == TN_BAD_FORMAT && err.position == 1, "at %td", err.position);

    strcpy(text, "('<i4', (");
    for (int k = 0; k < TN_MAX_NDIM; k++)
        strcat(text, "1,");
    strcat(text, "))");
    CHECK(tn_type_from_descr(text, &type, &err) == TN_OK && type->ndim == TN_MAX_NDIM, "%s", err.message);
    tn_type_free(type);
    strcpy(text + strlen(text) - 2, "1,))");
    CHECK(tn_type_from_descr(text, &type, &err) == TN_BAD_FORMAT && err.position == 9 + 2 * TN_MAX_NDIM, "at %td",
          err.position);
}

static void test_what_has_no_descr(void)
{
    static const tn_type pointer = {.kind = TN_POINTER, .byteorder = '<', .alignment = 8, .itemsize = 8};
    static const tn_field overlapping[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_int32, 2}};
    static const tn_field unordered[] = {{"a", &tn_type_int32, 4}, {"b", &tn_type_int32, 0}};
    static const tn_field half[] = {{"a", &tn_type_bfloat16, 0}, {"b", &tn_type_int32, 4}};
#define STRUCT(list) \
    {.kind = TN_STRUCT, .byteorder = '|', .alignment = 1, .itemsize = 8, .nfields = COUNT(list), .fields = list}
    static const tn_type s1 = STRUCT(overlapping), s2 = STRUCT(unordered), s3 = STRUCT(half);
    const tn_type *const types[] = {&tn_type_bfloat16, &pointer, &s1, &s2, &s3};
    for (int k = 0; k < COUNT(types); k++) {
        char buffer[64] = "untouched";
        CHECK(tn_type_to_descr(types[k], buffer, sizeof buffer, NULL, NULL) == TN_UNSUPPORTED, "case %d", k);
        CHECK(strcmp(buffer, "untouched") == 0, "case %d: wrote \"%s\"", k, buffer);
    }
}

static void test_small_buffers(void)
{
    char buffer[24];
    size_t length = 0;
    for (size_t capacity = 0; capacity < sizeof buffer; capacity++) {
        memset(buffer, '#', sizeof buffer);
        tn_status status = tn_type_to_descr(&tn_type_float64, buffer, capacity, &length, NULL);
        CHECK(length == 13, "length %zu", length);
        CHECK(status == (capacity > 13 ? TN_OK : TN_WRONG_VALUE), "status %d in %zu bytes", (int)status, capacity);
        CHECK(buffer[0] == (capacity > 13 ? '[' : '#') && buffer[14] == '#', "wrong bytes for %zu", capacity);
    }
}

static const test tests[] = {
    {"descrs are read, written as NumPy does, and come back", test_readings},
    {"malformed descrs are refused at the right position", test_malformed},
    {"nesting and dimensions have their limits", test_limits},
    {"what no descr can express is refused", test_what_has_no_descr},
    {"a buffer that is too small is left alone and the length reported", test_small_buffers},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
