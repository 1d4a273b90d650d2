/* SPDX-License-Identifier: BSD-3-Clause */
/* NumPy's typestr, both ways; the tables are written for little-endian machines. */
#include "types.h"

_Static_assert(TN_NATIVE == '<' && sizeof(void *) == 8 && sizeof(long double) == 16,
               "the tables are written for these");

static tn_status make(const void *of, tn_type **out, tn_error *err)
{
    return tn_type_from_typestr(of, out, err);
}

/* What is read, the type, and how it is written. */
static const struct {
    const char *read;
    const char *type;
    const char *written;
} cases[] = {
    {"|b1", "b|1/1", "|b1"},
    {"<b1", "b|1/1", "|b1"},
    {"|i1", "i|1/1", "|i1"},
    {"<i2", "i<2/2", "<i2"},
    {"<i4", "i<4/4", "<i4"},
    {"=i4", "i<4/4", "<i4"},
    {"|i4", "i<4/4", "<i4"},
    {"i4", "i<4/4", "<i4"},
    {">i4", "i>4/1", ">i4"},
    {"<i8", "i<8/8", "<i8"},
    {"|u1", "u|1/1", "|u1"},
    {"<u2", "u<2/2", "<u2"},
    {"<u4", "u<4/4", "<u4"},
    {">u8", "u>8/1", ">u8"},
    {"<f2", "f<2/2", "<f2"},
    {"<f4", "f<4/4", "<f4"},
    {"<f8", "f<8/8", "<f8"},
    {">f8", "f>8/1", ">f8"},
    {"<f16", "f<16/16", "<f16"},
    {"<c8", "c<8/4", "<c8"},
    {"<c16", "c<16/8", "<c16"},
    {"<c32", "c<32/16", "<c32"},
    {"|S5", "S|5/1", "|S5"},
    {"|S0", "S|0/1", "|S0"},
    {"<S5", "S|5/1", "|S5"},
    {"<U3", "U<12/4", "<U3"},
    {">U3", "U>12/1", ">U3"},
    {"<U0", "U<0/4", "<U0"},
    {"|V12", "V|12/1", "|V12"},
    {"<V2", "V|2/1", "|V2"},
    {"|O", "O|8/8", "|O"},
    {"|O8", "O|8/8", "|O"},
    {"<M8[ns]", "M<8/8(ns)", "<M8[ns]"},
    {">M8[ns]", "M>8/1(ns)", ">M8[ns]"},
    {"<M8[25s]", "M<8/8(25s)", "<M8[25s]"},
    {"<M8[025s]", "M<8/8(25s)", "<M8[25s]"},
    {"<M8[1s]", "M<8/8(s)", "<M8[s]"},
    {"<M8[2147483647as]", "M<8/8(2147483647as)", "<M8[2147483647as]"},
    {"<M8[generic]", "M<8/8(generic)", "<M8"},
    {"<M8", "M<8/8(generic)", "<M8"},
    {"<M", "M<8/8(generic)", "<M8"},
    {"<m8[D]", "m<8/8(D)", "<m8[D]"},
    {"<m8[Y]", "m<8/8(Y)", "<m8[Y]"},
    {"<m8[M]", "m<8/8(M)", "<m8[M]"},
    {"<m8[W]", "m<8/8(W)", "<m8[W]"},
    {"<m8[h]", "m<8/8(h)", "<m8[h]"},
    {"<m8[m]", "m<8/8(m)", "<m8[m]"},
    {"<m8[ms]", "m<8/8(ms)", "<m8[ms]"},
    {"<m8[us]", "m<8/8(us)", "<m8[us]"},
    {"<m8[ps]", "m<8/8(ps)", "<m8[ps]"},
    {"<m8[fs]", "m<8/8(fs)", "<m8[fs]"},
};

static void test_readings(void)
{
    for (int k = 0; k < COUNT(cases); k++) {
        tn_type *type;
        tn_error err;
        char buffer[32];
        size_t length = 0;
        tn_status status = make_without_leaks(make, cases[k].read, cases[k].read, &type, &err);
        CHECK(status == TN_OK, "\"%s\": %s", cases[k].read, err.message);
        if (status != TN_OK)
            continue;
        shown got = show(type);
        CHECK(strcmp(got.text, cases[k].type) == 0, "\"%s\" is %s, expected %s", cases[k].read, got.text,
              cases[k].type);
        status = tn_type_to_typestr(type, buffer, sizeof buffer, &length, &err);
        CHECK(status == TN_OK && strcmp(buffer, cases[k].written) == 0 && length == strlen(buffer),
              "\"%s\" is written \"%s\", expected \"%s\"", cases[k].read, status == TN_OK ? buffer : err.message,
              cases[k].written);
        tn_type_free(type);
    }
}

static const struct {
    const char *typestr;
    ptrdiff_t position;
    const char *says;
} malformed[] = {
    {"", 0, "got the end"},
    {"<", 1, "got the end"},
    {"<x4", 1, "got 'x'"},
    {"<<i4", 1, "got '<'"},
    {"@i4", 0, "got '@'"},
    {" <i4", 0, "got ' '"},
    {"<i", 2, "expected a size"},
    {"<S", 2, "expected a size"},
    {"<i-4", 2, "expected a size"},
    {"<i3", 2, "no element type"},
    {"<i0", 2, "no element type"},
    {"<i16", 2, "no element type"},
    {"<f3", 2, "no element type"},
    {"<f1", 2, "no element type"},
    {"<c4", 2, "no element type"},
    {"|b2", 2, "no element type"},
    {"|O4", 2, "no element type"},
    {"<M4", 2, "no element type"},
    {"|t4", 1, "bit fields"},
    {"<i4 ", 3, "expected the end"},
    {"<i4,<f8", 3, "expected the end"},
    {"<i4[ns]", 3, "expected the end"},
    {"<M8[ns]x", 7, "expected the end"},
    {"<M8[ns", 3, "no closing"},
    {"<M8[]", 4, "unit of time"},
    {"<M8[x]", 4, "unit of time"},
    {"<M8[0s]", 4, "unit of time"},
    {"<M8[25]", 4, "unit of time"},
    {"<M8[ns ]", 4, "unit of time"},
    {"<M8[s/2]", 4, "unit of time"},
    {"<M8[2generic]", 4, "unit of time"},
    {"<M8[2147483648s]", 4, "unit of time"},
    {"<M8[99999999999999999999s]", 4, "unit of time"},
    {"|S99999999999999999999", 2, "too large"},
    {"<U4611686018427387904", 2, "too large"},
    {"<\xff", 1, "byte 0xff"},
};

static void test_malformed(void)
{
    for (int k = 0; k < COUNT(malformed); k++) {
        tn_type *type;
        tn_error err;
        const char *text = malformed[k].typestr;
        tn_status status = make_without_leaks(make, text, text, &type, &err);
        CHECK(status == TN_BAD_FORMAT, "\"%s\": status %d", text, (int)status);
        if (status == TN_OK) {
            tn_type_free(type);
            continue;
        }
        CHECK(err.position == malformed[k].position, "\"%s\": position %td, expected %td", text, err.position,
              malformed[k].position);
        CHECK(strstr(err.message, malformed[k].says) != NULL, "\"%s\": \"%s\"", text, err.message);
        CHECK(tn_type_from_typestr(text, &type, NULL) == status, "\"%s\" without err", text);
    }
}

static void test_writing_others(void)
{
    static const tn_field fields[] = {{"a", &tn_type_int32, 0}};
    static const ptrdiff_t shape[] = {3};
    static const tn_type structure = {.kind = TN_STRUCT, .byteorder = '|', .alignment = 4, .itemsize = 12, .nfields = 1,
                                      .fields = fields};
    static const tn_type subarray = {.kind = TN_SUBARRAY, .byteorder = '|', .alignment = 4, .itemsize = 12, .ndim = 1,
                                     .base = &tn_type_int32, .shape = shape};
    static const tn_type pointer = {.kind = TN_POINTER, .byteorder = '<', .alignment = 8, .itemsize = 8};
    const struct {
        const tn_type *type;
        const char *written; /* NULL: TN_UNSUPPORTED */
    } others[] = {{&structure, "|V12"}, {&subarray, "|V12"}, {&pointer, NULL}, {&tn_type_bfloat16, NULL}};
    for (int k = 0; k < COUNT(others); k++) {
        char buffer[16] = "untouched";
        tn_error err;
        tn_status status = tn_type_to_typestr(others[k].type, buffer, sizeof buffer, NULL, &err);
        CHECK(status == (others[k].written == NULL ? TN_UNSUPPORTED : TN_OK), "case %d: status %d", k, (int)status);
        CHECK(strcmp(buffer, others[k].written == NULL ? "untouched" : others[k].written) == 0, "case %d: %s", k,
              buffer);
    }
}

static void test_small_buffers(void)
{
    for (size_t capacity = 0; capacity < 6; capacity++) {
        char buffer[8] = "#######";
        size_t length = 0;
        tn_status status = tn_type_to_typestr(&tn_type_float64, buffer, capacity, &length, NULL);
        CHECK(length == 3, "length %zu", length);
        CHECK(status == (capacity > 3 ? TN_OK : TN_WRONG_VALUE), "status %d in %zu bytes", (int)status, capacity);
        CHECK(buffer[0] == (capacity > 3 ? '<' : '#') && buffer[4] == '#', "\"%s\" in %zu bytes", buffer, capacity);
    }
}

static const test tests[] = {
    {"typestrs are read, and written as NumPy does", test_readings},
    {"malformed typestrs are refused at the right position", test_malformed},
    {"structures and sub-arrays are opaque bytes; bfloat16 and pointers have no typestr", test_writing_others},
    {"a buffer that is too small is left alone and the length reported", test_small_buffers},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
