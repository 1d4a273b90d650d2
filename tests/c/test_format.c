/* SPDX-License-Identifier: BSD-3-Clause */
/* PEP 3118 formats, both ways. The expected types are written for little-endian machines with 8-byte longs and
 * pointers. */
#include <limits.h>

#include "types.h"

_Static_assert(TN_NATIVE == '<' && sizeof(long) == 8 && sizeof(void *) == 8, "the tables are written for these");

#define LD "16/16" /* of a long double; */
#define CLD "32/16" /* of a complex one */
_Static_assert(sizeof(long double) == 16 && _Alignof(long double) == 16, "the tables are written for this");

typedef struct given {
    const char *format;
    ptrdiff_t itemsize;
} given;

static tn_status make(const void *of, tn_type **out, tn_error *err)
{
    const given *g = of;
    return tn_type_from_format(g->format, g->itemsize, out, err);
}

static void check_reads(const char *format, ptrdiff_t itemsize, const char *expected)
{
    given g = {format, itemsize};
    const char *name = format == NULL ? "NULL" : format;
    tn_type *type;
    tn_error err;
    tn_status status = make_without_leaks(make, &g, name, &type, &err);
    CHECK(status == TN_OK, "\"%s\" in %td bytes: %s", name, itemsize, err.message);
    if (status != TN_OK)
        return;
    shown got = show(type);
    CHECK(strcmp(got.text, expected) == 0, "\"%s\" in %td bytes is %s, expected %s", name, itemsize, got.text,
          expected);
    tn_type_free(type);
}

typedef struct reading {
    const char *format;
    ptrdiff_t itemsize;
    const char *type;
} reading;

static void check_readings(const reading *cases, int count)
{
    for (int k = 0; k < count; k++)
        check_reads(cases[k].format, cases[k].itemsize, cases[k].type);
}

/* --- the struct module's dialect ---------------------------------------------------------------------------------- */

/* Every code, with its type under '@' and under '<', '>'; NULL where the code has no standard size. */
static const struct {
    const char *code;
    const char *native;
    const char *little;
    const char *big;
} codes[] = {
    {"c", "S|1/1", "S|1/1", "S|1/1"},
    {"b", "i|1/1", "i|1/1", "i|1/1"},
    {"B", "u|1/1", "u|1/1", "u|1/1"},
    {"?", "b|1/1", "b|1/1", "b|1/1"},
    {"h", "i<2/2", "i<2/2", "i>2/1"},
    {"H", "u<2/2", "u<2/2", "u>2/1"},
    {"i", "i<4/4", "i<4/4", "i>4/1"},
    {"I", "u<4/4", "u<4/4", "u>4/1"},
    {"l", "i<8/8", "i<4/4", "i>4/1"},
    {"L", "u<8/8", "u<4/4", "u>4/1"},
    {"q", "i<8/8", "i<8/8", "i>8/1"},
    {"Q", "u<8/8", "u<8/8", "u>8/1"},
    {"n", "i<8/8", NULL, NULL},
    {"N", "u<8/8", NULL, NULL},
    {"e", "f<2/2", "f<2/2", "f>2/1"},
    {"f", "f<4/4", "f<4/4", "f>4/1"},
    {"d", "f<8/8", "f<8/8", "f>8/1"},
    {"g", "f<" LD, "f<" LD, NULL},
    {"Zf", "c<8/4", "c<8/4", "c>8/1"},
    {"Zd", "c<16/8", "c<16/8", "c>16/1"},
    {"Zg", "c<" CLD, "c<" CLD, NULL},
    {"F", "c<8/4", "c<8/4", "c>8/1"},
    {"D", "c<16/8", "c<16/8", "c>16/1"},
    {"G", "c<" CLD, "c<" CLD, NULL},
    {"s", "S|1/1", "S|1/1", "S|1/1"},
    {"p", "V|1/1", "V|1/1", "V|1/1"},
    {"x", "V|1/1", "V|1/1", "V|1/1"},
    {"w", "U<4/4", "U<4/4", "U>4/1"},
    {"O", "O|8/8", "O|8/8", "O|8/8"},
    {"P", "P<8/8", "P<8/8", NULL},
    {"&d", "P<8/8", "P<8/8", NULL},
    {"X{}", "P<8/8", "P<8/8", NULL},
};

static void check_code(char order, const char *code, const char *expected)
{
    char format[16];
    snprintf(format, sizeof format, "%c%s", order, code);
    if (expected != NULL)
        check_reads(format, -1, expected);
    else {
        tn_type *type;
        tn_error err;
        tn_status status = tn_type_from_format(format, -1, &type, &err);
        CHECK(status == TN_BAD_FORMAT && err.position == 1, "\"%s\": %d at %td", format, (int)status, err.position);
    }
}

static void test_codes(void)
{
    for (int k = 0; k < COUNT(codes); k++) {
        check_reads(codes[k].code, -1, codes[k].native);
        check_code('@', codes[k].code, codes[k].native);
        check_code('^', codes[k].code, codes[k].native);
        check_code('=', codes[k].code, codes[k].little);
        check_code('<', codes[k].code, codes[k].little);
        check_code('>', codes[k].code, codes[k].big);
        check_code('!', codes[k].code, codes[k].big);
    }
}

static void test_other_characters_are_no_codes(void)
{
    for (int c = 1; c <= UCHAR_MAX; c++) {
        char format[2] = {(char)c, '\0'};
        if (strchr("cbB?hHiIlLqQnNefdgFDGspxwOP", c) != NULL)
            continue;
        tn_type *type;
        tn_error err;
        tn_status status = tn_type_from_format(format, -1, &type, &err);
        CHECK(status == TN_BAD_FORMAT, "byte 0x%02x: status %d", c, (int)status);
        CHECK(err.position == 0 || err.position == 1, "byte 0x%02x: position %td", c, err.position);
    }
}

static const reading plain[] = {
    {NULL, -1, "u|1/1"},
    {NULL, 1, "u|1/1"},
    {"5s", -1, "S|5/1"},
    {"0s", -1, "S|0/1"},
    {"5p", -1, "V|5/1"},
    {"3x", -1, "V|3/1"},
    {"0x", -1, "V|0/1"},
    {"xx3x", -1, "V|5/1"},
    {"3w", -1, "U<12/4"},
    {">3w", -1, "U>12/1"},
    {"0w", -1, "U<0/4"},
    {"1000000000000000000s", -1, "S|1000000000000000000/1"},
    {" i", -1, "i<4/4"},
    {"\t\n\v\f\r i \t", -1, "i<4/4"},
    {"> i", -1, "i>4/1"},
    {"1i", -1, "i<4/4"},
    {"0001i", -1, "i<4/4"},
    {"i::", -1, "i<4/4"},
};

static const reading sequences[] = {
    {"ii", -1, "T8/4{f0@0:i<4/4;f1@4:i<4/4}"},
    {"i i", -1, "T8/4{f0@0:i<4/4;f1@4:i<4/4}"},
    {"ci", -1, "T8/4{f0@0:S|1/1;f1@4:i<4/4}"},
    {"@ci", -1, "T8/4{f0@0:S|1/1;f1@4:i<4/4}"},
    {"^ci", -1, "T5/1{f0@0:S|1/1;f1@1:i<4/4}"},
    {"=ci", -1, "T5/1{f0@0:S|1/1;f1@1:i<4/4}"},
    {"<ci", -1, "T5/1{f0@0:S|1/1;f1@1:i<4/4}"},
    {">ci", -1, "T5/1{f0@0:S|1/1;f1@1:i>4/1}"},
    {"ic", -1, "T5/1{f0@0:i<4/4;f1@4:S|1/1}"},
    {"ic0i", -1, "T8/4{f0@0:i<4/4;f1@4:S|1/1}"},
    {"llh0l", -1, "T24/8{f0@0:i<8/8;f1@8:i<8/8;f2@16:i<2/2}"},
    {"=llh0l", -1, "T10/1{f0@0:i<4/4;f1@4:i<4/4;f2@8:i<2/2}"},
    {"i0i", -1, "i<4/4"},
    {"0i", -1, "V|0/1"},
    {"0i:a:", -1, "T0/4{a@0:A[0]i<4/4}"},
    {"ix", -1, "T5/1{f0@0:i<4/4}"},
    {"xi", -1, "T8/4{f0@4:i<4/4}"},
    {"=xi", -1, "T5/1{f0@1:i<4/4}"},
    {"i4x", -1, "T8/4{f0@0:i<4/4}"},
    {"h>h<h", -1, "T6/2{f0@0:i<2/2;f1@2:i>2/1;f2@4:i<2/2}"},
    {">hh", -1, "T4/1{f0@0:i>2/1;f1@2:i>2/1}"},
    {"c@i", -1, "T8/4{f0@0:S|1/1;f1@4:i<4/4}"},
    {"=c@i", -1, "T8/4{f0@0:S|1/1;f1@4:i<4/4}"},
    {"bZd", -1, "T24/8{f0@0:i|1/1;f1@8:c<16/8}"},
    {"bg", -1, "T32/16{f0@0:i|1/1;f1@16:f<16/16}"},
};

static const reading counts[] = {
    {"3i", -1, "A[3]i<4/4"},
    {"0003i", -1, "A[3]i<4/4"},
    {"(3)i", -1, "A[3]i<4/4"},
    {"(1)i", -1, "A[1]i<4/4"},
    {"(0)i", -1, "A[0]i<4/4"},
    {"(2,3)d", -1, "A[2,3]f<8/8"},
    {"( 2 , 3 )d", -1, "A[2,3]f<8/8"},
    {"(2,3)>d", -1, "A[2,3]f>8/1"},
    {">(2,3)d", -1, "A[2,3]f>8/1"},
    {"(2)3d", -1, "A[2,3]f<8/8"},
    {"(2)<3d", -1, "A[2,3]f<8/8"},
    {"(2)1d", -1, "A[2]f<8/8"},
    {"(2,3)4s", -1, "A[2,3]S|4/1"},
    {"3c", -1, "A[3]S|1/1"},
    {"(2)3x", -1, "V|6/1"},
    {"(2)3x:a:", -1, "T6/1{a@0:A[2]V|3/1}"},
    {"(2)T{i:a:}", -1, "A[2]T4/4{a@0:i<4/4}"},
    {"3T{i:a:}", -1, "A[3]T4/4{a@0:i<4/4}"},
    {"(2)3T{i:a:}", -1, "A[2,3]T4/4{a@0:i<4/4}"},
    {"(2)T{(3)i:a:}", -1, "A[2]T12/4{a@0:A[3]i<4/4}"},
    {"(0,1000000000000000000,1000000000000000000)d", -1, "A[0,1000000000000000000,1000000000000000000]f<8/8"},
    {"1000000000000d", -1, "A[1000000000000]f<8/8"},
    {"i3i", -1, "T16/4{f0@0:i<4/4;f1@4:A[3]i<4/4}"},
    {"b3i", -1, "T16/4{f0@0:i|1/1;f1@4:A[3]i<4/4}"},
};

/* --- NumPy's dialect ---------------------------------------------------------------------------------------------- */

/* The formats in the first part were written by NumPy 2.4 itself. */
static const reading structures[] = {
    {"T{i:a:f:b:}", 8, "T8/4{a@0:i<4/4;b@4:f<4/4}"},
    {"T{b:a:=i:b:}", 5, "T5/1{a@0:i|1/1;b@1:i<4/4}"},
    {"T{b:a:xxxi:b:}", 8, "T8/4{a@0:i|1/1;b@4:i<4/4}"},
    {"T{i:a:b:b:}", 8, "T8/4{a@0:i<4/4;b@4:i|1/1}"},
    {"T{=i:a:b:b:}", 5, "T5/1{a@0:i<4/4;b@4:i|1/1}"},
    {"T{T{=i:a:b:b:}:s:b:c:}", 6, "T6/1{s@0:T5/1{a@0:i<4/4;b@4:i|1/1};c@5:i|1/1}"},
    {"T{(2)T{=i:a:b:b:}:s:b:c:}", 11, "T11/1{s@0:A[2]T5/1{a@0:i<4/4;b@4:i|1/1};c@10:i|1/1}"},
    {"T{3x:v:O:o:}", 16, "T16/8{v@0:V|3/1;o@8:O|8/8}"},
    {"T{b:c:^g:g:}", 17, "T17/1{c@0:i|1/1;g@1:f<16/16}"},
    {"T{^g:g:>i:c:@e:e:}", 22, "T22/1{g@0:f<16/16;c@16:i>4/1;e@20:f<2/2}"},
    {"T{(2,3)Zf:z:}", 48, "T48/4{z@0:A[2,3]c<8/4}"},
    {"T{>h:a:T{=i:b:>i:c:}:s:@h:d:}", 12,
     "T12/1{a@0:i>2/1;s@2:T8/4{b@0:i<4/4;c@4:i>4/1};d@10:i<2/2}"},
    {"T{0s:x:}", 0, "T0/1{x@0:S|0/1}"},
    {"T{0w:x:}", 0, "T0/4{x@0:U<0/4}"},
    {"T{i:\xc3\xa9:}", 4, "T4/4{\xc3\xa9@0:i<4/4}"},
    {"T{}", 0, "T0/1{}"},
    {"5x", 5, "V|5/1"},
    /* ctypes' */
    {"T{<q:a:&<i:p:(3)<d:v:X{}:f:<g:g:(5)<c:c:<P:vp:<O:o:<?:bo:}", -1,
     "T86/1{a@0:i<8/8;p@8:P<8/8;v@16:A[3]f<8/8;f@40:P<8/8;g@48:f<16/16;c@64:A[5]S|1/1;vp@69:P<8/8;o@77:O|8/8;"
     "bo@85:b|1/1}"},
    /* others */
    {"T{i}", -1, "T4/4{f0@0:i<4/4}"},
    {"T{ i:a: f:b: }", -1, "T8/4{a@0:i<4/4;b@4:f<4/4}"},
    {"i:a:", -1, "T4/4{a@0:i<4/4}"},
    {"i:a:f:b:", -1, "T8/4{a@0:i<4/4;b@4:f<4/4}"},
    {"T{i:a:}x", -1, "T5/1{f0@0:T4/4{a@0:i<4/4}}"},
    {"T{i:a:}:s:", -1, "T4/4{s@0:T4/4{a@0:i<4/4}}"},
    {"T{i:a:}T{i:b:}", -1, "T8/4{f0@0:T4/4{a@0:i<4/4};f1@4:T4/4{b@0:i<4/4}}"},
    {"T{b:a:i:b:}", -1, "T8/4{a@0:i|1/1;b@4:i<4/4}"},
    {"T{b:a:^i:b:}", -1, "T5/1{a@0:i|1/1;b@1:i<4/4}"},
    {"T{i:a:b:b:}", -1, "T8/4{a@0:i<4/4;b@4:i|1/1}"},
    {"T{d:a:b:b:i:c:}", -1, "T16/8{a@0:f<8/8;b@8:i|1/1;c@12:i<4/4}"},
    {"T{<d:a:b:b:}", -1, "T9/1{a@0:f<8/8;b@8:i|1/1}"},
    {"T{=d:a:@b:b:}", -1, "T9/1{a@0:f<8/8;b@8:i|1/1}"},
    {"T{T{d:a:b:b:}:s:b:c:}", -1, "T24/8{s@0:T16/8{a@0:f<8/8;b@8:i|1/1};c@16:i|1/1}"},
    {"T{b:c:T{d:a:b:b:}:s:}", -1, "T24/8{c@0:i|1/1;s@8:T16/8{a@0:f<8/8;b@8:i|1/1}}"},
    {"T{b:c:(2)T{d:a:b:b:}:s:}", -1, "T40/8{c@0:i|1/1;s@8:A[2]T16/8{a@0:f<8/8;b@8:i|1/1}}"},
    {"T{<i:a:}i", -1, "T8/4{f0@0:T4/4{a@0:i<4/4};f1@4:i<4/4}"},
    {"bT{<i:a:}i", -1, "T9/1{f0@0:i|1/1;f1@1:T4/4{a@0:i<4/4};f2@5:i<4/4}"},
    {"T{i:a b:}", -1, "T4/4{a b@0:i<4/4}"},
    {"T{i:T{:}", -1, "T4/4{T{@0:i<4/4}"},
    {"T{i:}:}", -1, "T4/4{}@0:i<4/4}"},
    {"i:f0:i", -1, "T8/4{f0@0:i<4/4;f1@4:i<4/4}"},
    {"ii:f0:", -1, "T8/4{f1@0:i<4/4;f0@4:i<4/4}"},
    {"i:f1:ii:f00:i", -1, "T16/4{f1@0:i<4/4;f0@4:i<4/4;f00@8:i<4/4;f2@12:i<4/4}"},
    {"&&T{i:a:}", -1, "P<8/8"},
    {"&>i", -1, "P<8/8"},
    {"&X{}", -1, "P<8/8"},
    {"(2)&<i", -1, "A[2]P<8/8"},
    {"X{T{i:a:}}:f:", -1, "T8/8{f@0:P<8/8}"},
    {"&>ii", -1, "T12/1{f0@0:P<8/8;f1@8:i<4/4}"},
};

/* --- the exporter's itemsize -------------------------------------------------------------------------------------- */

static const reading tails[] = {
    {"T{i:a:b:b:}", 8, "T8/4{a@0:i<4/4;b@4:i|1/1}"},
    {"T{i:a:b:b:}", 5, "T5/1{a@0:i<4/4;b@4:i|1/1}"},
    {"T{i:a:b:b:}", 6, "T6/1{a@0:i<4/4;b@4:i|1/1}"},
    {"T{i:a:b:b:}", 12, "T12/4{a@0:i<4/4;b@4:i|1/1}"},
    {"T{=i:a:b:b:}", 8, "T8/4{a@0:i<4/4;b@4:i|1/1}"},
    {"T{i:a:b:b:xxx}", 8, "T8/4{a@0:i<4/4;b@4:i|1/1}"},
    {"i", 4, "i<4/4"},
    {"i", 8, "T8/4{f0@0:i<4/4}"},
    {"ic", 5, "T5/1{f0@0:i<4/4;f1@4:S|1/1}"},
    {"ic", 8, "T8/4{f0@0:i<4/4;f1@4:S|1/1}"},
    {"3i", 16, "T16/4{f0@0:A[3]i<4/4}"},
    {"3x", 5, "V|5/1"},
    {NULL, 4, "T4/1{f0@0:u|1/1}"},
    /* NumPy 2.4 writes an aligned structure in an aligned one like this: the tail of s, then c. */
    {"T{T{i:a:b:b:}:s:xxxi:c:}", 12, "T12/4{s@0:T8/4{a@0:i<4/4;b@4:i|1/1};c@8:i<4/4}"},
    {"T{T{i:a:b:b:}:s:3xi:c:}", 12, "T12/4{s@0:T8/4{a@0:i<4/4;b@4:i|1/1};c@8:i<4/4}"},
    {"T{T{i:a:b:b:}:s:5xh:c:}", 12, "T12/4{s@0:T8/4{a@0:i<4/4;b@4:i|1/1};c@10:i<2/2}"},
    {"T{T{i:a:b:b:}:s:xb:c:}", 7, "T7/1{s@0:T5/1{a@0:i<4/4;b@4:i|1/1};c@6:i|1/1}"},
    {"T{T{i:a:b:b:}:s:b:c:}", 6, "T6/1{s@0:T5/1{a@0:i<4/4;b@4:i|1/1};c@5:i|1/1}"},
    {"T{T{i:a:b:b:}:s:b:c:}", 12, "T12/4{s@0:T8/4{a@0:i<4/4;b@4:i|1/1};c@8:i|1/1}"},
    {"(1)T{i:a:b:b:}", 5, "A[1]T5/1{a@0:i<4/4;b@4:i|1/1}"},
};

static void test_plain(void)
{
    check_readings(plain, COUNT(plain));
}

static void test_sequences(void)
{
    check_readings(sequences, COUNT(sequences));
}

static void test_counts(void)
{
    check_readings(counts, COUNT(counts));
}

static void test_structures(void)
{
    check_readings(structures, COUNT(structures));
}

static void test_tails(void)
{
    check_readings(tails, COUNT(tails));
}

/* --- malformed ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *format;
    ptrdiff_t itemsize;
    ptrdiff_t position;
    const char *says; /* part of the message */
} malformed[] = {
    {"", -1, 0, "empty"},
    {"  ", -1, 2, "empty"},
    {"k", -1, 0, "got 'k'"},
    {"ik", -1, 1, "got 'k'"},
    {"i\xff", -1, 1, "byte 0xff"},
    {"<", -1, 1, "got the end"},
    {"<>i", -1, 1, "got '>'"},
    {"<(2)>i", -1, 4, "got '>'"},
    {"3", -1, 1, "got the end"},
    {"3 i", -1, 1, "got ' '"},
    {"-1i", -1, 0, "got '-'"},
    {"3<i", -1, 1, "got '<'"},
    {"3(2)i", -1, 1, "got '('"},
    {"u", -1, 0, "2-byte characters"},
    {"it", -1, 1, "bit fields"},
    {"Z", -1, 1, "got the end"},
    {"iZi", -1, 2, "got 'i'"},
    {"<n", -1, 1, "no standard size"},
    {"=N", -1, 1, "no standard size"},
    {">P", -1, 1, "no standard size"},
    {">&i", -1, 1, "pointer"},
    {">X{}", -1, 1, "pointer"},
    {"&", -1, 1, "got the end"},
    {"&3s", -1, 1, "got '3'"},
    {"(", -1, 1, "expected an extent, got the end"},
    {"()i", -1, 1, "expected an extent, got ')'"},
    {"(2", -1, 2, "expected ',' or ')'"},
    {"(2,)i", -1, 3, "expected an extent"},
    {"(2 3)i", -1, 3, "expected ',' or ')'"},
    {"(-2)i", -1, 1, "expected an extent"},
    {"(2)", -1, 3, "got the end"},
    {"(2)(3)i", -1, 3, "got '('"},
    {"T", -1, 0, "got 'T'"},
    {"T{", -1, 0, "no closing '}'"},
    {"iT{i:a:", -1, 1, "no closing '}'"},
    {"T{i:a:T{i:b:}", -1, 0, "no closing '}'"},
    {"}", -1, 0, "got '}'"},
    {"T{i}}", -1, 4, "got '}'"},
    {"T{<}", -1, 3, "got '}'"},
    {"X{", -1, 0, "no closing '}'"},
    {"X", -1, 0, "got 'X'"},
    {"i:a", -1, 1, "no closing ':'"},
    {"i:", -1, 1, "no closing ':'"},
    {":a:", -1, 0, "got ':'"},
    {"i :a:", -1, 2, "got ':'"},
    {"i:\xff:", -1, 2, "not UTF-8"},
    {"i:a:i:a:", -1, 6, "two fields are named 'a'"},
    {"T{b:x:T{i:a:f:b:d:a:}:y:}", -1, 18, "two fields are named 'a'"},
    {"i:a:i:b:i:b:i:a:", -1, 10, "two fields are named 'b'"},
    {"99999999999999999999i", -1, 0, "too large"},
    {"(1,99999999999999999999)i", -1, 3, "too large"},
    {"b4611686018427387904i", -1, 1, "larger than any memory"},
    {"(4294967296,4294967296)b", -1, 0, "larger than any memory"},
    {"4611686018427387904w", -1, 0, "larger than any memory"},
    {"9223372036854775807x9223372036854775807x", -1, 20, "larger than any memory"},
    {"9223372036854775807xi", -1, 20, "larger than any memory"},
    {"(2)9223372036854775807x", -1, 0, "larger than any memory"},
    {"T{9223372036854775807s:a:b:b:}", -1, 25, "larger than any memory"},
    {"T{i:a:9223372036854775801x}", -1, 0, "larger than any memory"},
    /* longer than the itemsize */
    {"d", 4, 0, "takes 8 bytes, more than the itemsize of 4"},
    {"i", 0, 0, "more than"},
    {NULL, 0, 0, "more than"},
    {"iid", 12, 2, "more than"},
    {"i4x", 6, 1, "more than"},
    {"T{i:a:d:b:}", 12, 0, "more than"},
    {"T{i:a:i:b:}", 4, 0, "more than"},
    {"T{(2)T{i:a:b:b:}:s:b:c:}", 11, 0, "more than"},
    {"T{i:a:b:b:k}", 5, 10, "got 'k'"},
};

static void test_malformed(void)
{
    for (int k = 0; k < COUNT(malformed); k++) {
        given g = {malformed[k].format, malformed[k].itemsize};
        const char *name = g.format == NULL ? "NULL" : g.format;
        tn_type *type;
        tn_error err;
        tn_status status = make_without_leaks(make, &g, name, &type, &err);
        CHECK(status == TN_BAD_FORMAT, "\"%s\": status %d", name, (int)status);
        if (status == TN_OK) {
            tn_type_free(type);
            continue;
        }
        CHECK(err.status == status, "\"%s\": err says %d", name, (int)err.status);
        CHECK(err.position == malformed[k].position, "\"%s\": position %td, expected %td: %s", name, err.position,
              malformed[k].position, err.message);
        CHECK(strstr(err.message, malformed[k].says) != NULL, "\"%s\": \"%s\" does not say \"%s\"", name, err.message,
              malformed[k].says);
        CHECK(tn_type_from_format(g.format, g.itemsize, &type, NULL) == status, "\"%s\" without err", name);
    }
}

/* --- limits ------------------------------------------------------------------------------------------------------- */

static char long_text[1 << 20];

static void repeat_text(const char *head, const char *each, int times, const char *tail)
{
    size_t length = strlen(head);
    memcpy(long_text, head, length);
    for (int k = 0; k < times; k++, length += strlen(each))
        memcpy(long_text + length, each, strlen(each));
    strcpy(long_text + length, tail);
}

static void nest(int depth)
{
    repeat_text("", "T{", depth, "i");
    for (int k = 0; k < depth; k++)
        strcat(long_text, "}");
}

static void test_depth(void)
{
    tn_type *type;
    tn_error err;
    nest(TN_MAX_TYPE_DEPTH);
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_OK, "%d levels", TN_MAX_TYPE_DEPTH);
    tn_type_free(type);
    nest(TN_MAX_TYPE_DEPTH + 1);
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT, "a level more");
    CHECK(err.position == 2 * TN_MAX_TYPE_DEPTH, "position %td", err.position);
    nest(TN_MAX_TYPE_DEPTH);
    strcat(long_text, ":name:");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT && err.position == 0, "a level around");
    repeat_text("", "(2)T{", TN_MAX_TYPE_DEPTH / 2, "i");
    for (int k = 0; k < TN_MAX_TYPE_DEPTH / 2; k++)
        strcat(long_text, "}");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_OK, "sub-arrays are levels, too");
    tn_type_free(type);
    memmove(long_text + 3, long_text, strlen(long_text) + 1);
    memcpy(long_text, "T{x", 3);
    strcat(long_text, "}");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT && err.position == 0, "at %td",
          err.position);
    repeat_text("", "T{", 400000, "");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT, "400000 levels");
    CHECK(err.position == 2 * TN_MAX_TYPE_DEPTH, "position %td", err.position);
    repeat_text("", "&", 1000000, "i");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_OK, "pointers do not nest");
    tn_type_free(type);
}

static void test_dimensions(void)
{
    tn_type *type;
    tn_error err;
    repeat_text("(", "1,", TN_MAX_NDIM - 1, "1)i");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_OK && type->ndim == TN_MAX_NDIM, "%s", err.message);
    tn_type_free(type);
    repeat_text("(", "1,", TN_MAX_NDIM, "1)i");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT, "65 dimensions");
    CHECK(err.position == 1 + 2 * TN_MAX_NDIM, "position %td", err.position);
    repeat_text("(", "1,", TN_MAX_NDIM - 1, "1)2i");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT && err.position == 0, "64 and a count");
}

static void test_counts_cost_no_memory(void)
{
    static const char *const formats[] = {"i", "1000000000d", "(1000000000,1000000000)b", "1000000000x", "1000000000s"};
    for (int k = 0; k < COUNT(formats); k++) {
        tn_type *type;
        memory_fail_at(0);
        CHECK(tn_type_from_format(formats[k], -1, &type, NULL) == TN_OK, "%s", formats[k]);
        CHECK(memory_asked() <= 2, "%s: %ld blocks", formats[k], memory_asked());
        tn_type_free(type);
    }
}

static void test_many_fields(void)
{
    tn_type *type;
    tn_error err;
    repeat_text("", "i", 1000000, "");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_OK, "%s", err.message);
    CHECK(type->nfields == 1000000 && type->itemsize == 4000000, "%td fields", type->nfields);
    CHECK(strcmp(type->fields[999999].name, "f999999") == 0, "%s", type->fields[999999].name);
    tn_type_free(type);
    repeat_text("i:f0:", "i", 100000, "i:f0:");
    CHECK(tn_type_from_format(long_text, -1, &type, &err) == TN_BAD_FORMAT && err.position == 100007, "at %td",
          err.position);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *read;
    ptrdiff_t itemsize;
    const char *written;
} writings[] = {
    {"<d", -1, "d"},
    {">d", -1, ">d"},
    {"<l", -1, "i"},
    {"l", -1, "q"},
    {"n", -1, "q"},
    {"N", -1, "Q"},
    {"?", -1, "?"},
    {"b", -1, "b"},
    {"B", -1, "B"},
    {"c", -1, "c"},
    {"e", -1, "e"},
    {"g", -1, "g"},
    {"F", -1, "Zf"},
    {"D", -1, "Zd"},
    {"Zg", -1, "Zg"},
    {">Zd", -1, ">Zd"},
    {"P", -1, "P"},
    {"O", -1, "O"},
    {"5s", -1, "5s"},
    {"0s", -1, "0s"},
    {"5w", -1, "5w"},
    {">5w", -1, ">5w"},
    {"5x", -1, "5x"},
    {"3p", -1, "3x"},
    {"(2,3)d", -1, "(2,3)d"},
    {"(2,3)>d", -1, "(2,3)>d"},
    {"ii", -1, "T{<i:f0:i:f1:}"},
    {"T{i:a:f:b:}", -1, "T{<i:a:f:b:}"},
    {"T{b:a:i:b:}", -1, "T{b:a:3x<i:b:}"},
    {"T{i:a:b:b:}", -1, "T{<i:a:b:b:3x}"},
    {"T{b:a:}", -1, "T{b:a:}"},
    {"T{b:a:}", 3, "T{b:a:2x}"},
    {"T{>b:a:h:b:}", -1, "T{b:a:>h:b:}"},
    {"T{>h:a:<h:b:}", -1, "T{>h:a:<h:b:}"},
    {"T{i:a:T{>i:b:}:s:<i:c:}", -1, "T{<i:a:T{>i:b:}:s:<i:c:}"},
    {"T{i:a:T{i:b:}:s:i:c:}", -1, "T{<i:a:T{i:b:}:s:i:c:}"},
    {"T{T{>i:b:<i:c:}:s:<i:d:}", -1, "T{T{>i:b:<i:c:}:s:<i:d:}"},
    {"T{T{b:b:}:s:>i:d:}", -1, "T{T{b:b:}:s:>i:d:}"},
    {"T{(2)>i:a:(3)<i:b:}", -1, "T{(2)>i:a:(3)<i:b:}"},
    {"T{(2)T{>i:a:}:s:}", -1, "T{(2)T{>i:a:}:s:}"},
    {"(2)T{i:a:}", -1, "(2)T{<i:a:}"},
    {"T{b:a:^g:b:}", -1, "T{b:a:^g:b:}"},
    {"T{i:a:g:b:i:c:}", -1, "T{<i:a:12x^g:b:<i:c:12x}"},
    {"T{i:a:P:b:}", -1, "T{<i:a:4x^P:b:}"},
    {"T{O:a:}", -1, "T{<O:a:}"},
    {"T{(2)O:a:}", -1, "T{(2)<O:a:}"},
    {"T{T{i:a:}:s:i:b:}", -1, "T{T{<i:a:}:s:<i:b:}"},
    {"T{3x:a:}", -1, "T{3x:a:}"},
    {"T{(2)3x:a:}", -1, "T{(2)3x:a:}"},
    {"T{}", -1, "T{}"},
    {"T{}", 3, "T{3x}"},
    {"T{T{}:a:i:b:}", -1, "T{T{}:a:<i:b:}"},
    {"T{2w:a:>2w:b:}", -1, "T{<2w:a:>2w:b:}"},
};

static void test_writings(void)
{
    for (int k = 0; k < COUNT(writings); k++) {
        tn_type *type, *again;
        tn_error err;
        char buffer[256];
        size_t length = 0;
        tn_status status = tn_type_from_format(writings[k].read, writings[k].itemsize, &type, &err);
        CHECK(status == TN_OK, "\"%s\": %s", writings[k].read, err.message);
        if (status != TN_OK)
            continue;
        status = tn_type_to_format(type, buffer, sizeof buffer, &length, &err);
        CHECK(status == TN_OK && strcmp(buffer, writings[k].written) == 0, "\"%s\" is written \"%s\", expected \"%s\"",
              writings[k].read, status == TN_OK ? buffer : err.message, writings[k].written);
        CHECK(status != TN_OK || length == strlen(buffer), "\"%s\": length %zu", buffer, length);
        status = tn_type_from_format(buffer, -1, &again, &err);
        CHECK(status == TN_OK && tn_type_equal(type, again), "\"%s\" does not come back", buffer);
        if (status == TN_OK)
            tn_type_free(again);
        tn_type_free(type);
    }
}

static void test_small_buffers(void)
{
    tn_type *type;
    tn_error err;
    char buffer[32];
    size_t length = 0;
    CHECK(tn_type_from_format("T{i:a:f:b:}", -1, &type, &err) == TN_OK, "%s", err.message);
    for (size_t capacity = 0; capacity < sizeof buffer; capacity++) {
        memset(buffer, '#', sizeof buffer);
        tn_status status = tn_type_to_format(type, buffer, capacity, &length, &err);
        CHECK(length == 12, "length %zu in %zu bytes", length, capacity);
        CHECK(status == (capacity > 12 ? TN_OK : TN_WRONG_VALUE), "status %d in %zu bytes", (int)status, capacity);
        CHECK(status == TN_OK || buffer[0] == '#', "something was written into %zu bytes", capacity);
        CHECK(buffer[capacity > 12 ? 13 : capacity] == '#', "written beyond %zu bytes", capacity);
    }
    CHECK(tn_type_to_format(type, NULL, 0, NULL, NULL) == TN_WRONG_VALUE, "NULL");
    tn_type_free(type);
}

static void check_cannot_be_written(const char *name, const tn_type *type)
{
    char buffer[64] = "untouched";
    tn_error err;
    tn_status status = tn_type_to_format(type, buffer, sizeof buffer, NULL, &err);
    CHECK(status == TN_UNSUPPORTED && err.position == -1, "%s: status %d", name, (int)status);
    CHECK(strcmp(buffer, "untouched") == 0, "%s: wrote \"%s\"", name, buffer);
}

static void test_what_has_no_format(void)
{
    static const ptrdiff_t two[] = {2};
    static const tn_type ns = {.kind = TN_DATETIME, .byteorder = '<', .alignment = 8, .itemsize = 8, .name = "ns"};
    static const tn_type big_g = {.kind = TN_FLOAT, .byteorder = '>', .alignment = 1, .itemsize = sizeof(long double)};
    static const tn_type opaque = {.kind = TN_VOID, .byteorder = '|', .alignment = 1, .itemsize = 3};
    static const tn_type opaques = {.kind = TN_SUBARRAY, .byteorder = '|', .ndim = 1, .alignment = 1, .itemsize = 6,
                                    .base = &opaque, .shape = two};
    static const tn_field overlapping[] = {{"a", &tn_type_int32, 0}, {"b", &tn_type_int32, 2}};
    static const tn_field unordered[] = {{"a", &tn_type_int32, 4}, {"b", &tn_type_int32, 0}};
    static const tn_field colon[] = {{"a:b", &tn_type_int32, 0}};
    static const tn_field half[] = {{"a", &tn_type_bfloat16, 0}};
#define STRUCT(list) \
    {.kind = TN_STRUCT, .byteorder = '|', .alignment = 1, .itemsize = 8, .nfields = COUNT(list), .fields = list}
    static const tn_type s1 = STRUCT(overlapping), s2 = STRUCT(unordered), s3 = STRUCT(colon), s4 = STRUCT(half);
    check_cannot_be_written("bfloat16", &tn_type_bfloat16);
    check_cannot_be_written("datetime64[ns]", &ns);
    check_cannot_be_written(">longdouble", &big_g);
    check_cannot_be_written("void[3][2]", &opaques);
    check_cannot_be_written("overlapping fields", &s1);
    check_cannot_be_written("unordered fields", &s2);
    check_cannot_be_written("a name with a colon", &s3);
    check_cannot_be_written("a field of bfloat16", &s4);
}

static const test tests[] = {
    {"every code is the struct module's under every byte order", test_codes},
    {"no other character is a code", test_other_characters_are_no_codes},
    {"one item alone is its type", test_plain},
    {"a sequence is a structure, aligned under '@' only, without a tail", test_sequences},
    {"counts and shapes make sub-arrays, except for s, p, w and x", test_counts},
    {"structures are read as NumPy and ctypes write them", test_structures},
    {"the itemsize decides about trailing padding", test_tails},
    {"malformed formats are refused at the right position", test_malformed},
    {"types nest up to the limit and not beyond", test_depth},
    {"sub-arrays have up to 64 dimensions", test_dimensions},
    {"a huge count costs no memory", test_counts_cost_no_memory},
    {"a million fields take no time", test_many_fields},
    {"types are written with explicit order and padding, and come back", test_writings},
    {"a buffer that is too small is left alone and the length reported", test_small_buffers},
    {"what no format can express is refused", test_what_has_no_format},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
