/* SPDX-License-Identifier: BSD-3-Clause */
#include "tenon/status.h"

#include <limits.h>

#include "check.h"
#include "core/fail.h"
#include "core/say.h"
#include "core/utf8.h"

static void test_texts(void)
{
#define CASE(name, value, text, exception)                                             \
    CHECK(name == value, #name " is %d", (int)name);                                  \
    CHECK(strcmp(tn_status_text(name), text) == 0, #name ": %s", tn_status_text(name));
    TN_STATUS_LIST(CASE)
#undef CASE
    CHECK(strcmp(tn_status_text((tn_status)12345), "unknown status") == 0, "12345: %s",
          tn_status_text((tn_status)12345));
}

static void test_fail(void)
{
    tn_error err = {.status = TN_OK, .position = 77, .message = "old"};
    tn_status status = tn_fail(&err, TN_BUSY, "%d views of %s", 3, "x");
    CHECK(status == TN_BUSY && err.status == TN_BUSY, "status %d, %d", (int)status, (int)err.status);
    CHECK(err.position == -1, "position %td", err.position);
    CHECK(strcmp(err.message, "3 views of x") == 0, "%s", err.message);
    CHECK(tn_fail(NULL, TN_BUSY, "%d", 3) == TN_BUSY, "NULL is legal");
    CHECK(tni_no_memory(&err) == TN_NO_MEMORY && strcmp(err.message, "out of memory") == 0, "%s", err.message);
}

/* A message of `before` bytes and then two-, three- or four-byte characters, longer than the record. */
static void test_cut(void)
{
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\x8d"};
    for (int c = 0; c < COUNT(characters); c++) {
        for (int before = 0; before < 5; before++) {
            char text[TN_ERROR_CAPACITY * 2] = "";
            size_t length = (size_t)before, width = strlen(characters[c]);
            memset(text, 'a', length);
            for (; length < TN_ERROR_CAPACITY + 8; length += width)
                memcpy(text + length, characters[c], width + 1);
            tn_error err;
            tn_fail(&err, TN_BUSY, "%s", text);
            size_t kept = strlen(err.message);
            CHECK(tni_utf8_valid(err.message, kept), "width %zu after %d: not UTF-8", width, before);
            CHECK(strncmp(err.message, text, kept) == 0, "width %zu after %d: another text", width, before);
            CHECK(kept + width >= TN_ERROR_CAPACITY, "width %zu after %d: only %zu bytes", width, before, kept);
        }
    }
}

/* The same, put together in pieces. */
static void test_cut_pieces(void)
{
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\x8d"};
    for (int c = 0; c < COUNT(characters); c++) {
        for (int before = 0; before < 5; before++) {
            tn_error pieces, whole = {.message = ""};
            char text[TN_ERROR_CAPACITY * 2] = "";
            tni_text message = tni_begin_message(&pieces);
            for (int k = 0; k < before; k++)
                tni_put(&message, strcat(text, "a") + k);
            while (message.length < TN_ERROR_CAPACITY + 8) {
                tni_put(&message, characters[c]);
                strcat(text, characters[c]);
            }
            tn_fail(&whole, TN_BUSY, "%s", text);
            CHECK(tni_end_message(&pieces, TN_BUSY, &message) == TN_BUSY && pieces.position == -1, "status, position");
            CHECK(strcmp(pieces.message, whole.message) == 0, "character %d after %d: %s", c, before, pieces.message);
        }
    }
}

static void test_pieces(void)
{
    tn_error err;
    tni_text message = tni_begin_message(&err);
    const int64_t numbers[] = {0, 9, 10, -1, -10, 1234567890, INT64_MAX, INT64_MIN};
    tni_put_most(&message, "abcdef", 3);
    tni_put_most(&message, "g", 100);
    for (size_t most = 0; most < 6; most++)
        tni_put_most(&message, "\xe2\x82\xac\xc3\xa9", most); /* "€é", one character after 3 bytes and one after 5 */
    for (int k = 0; k < COUNT(numbers); k++) {
        tni_put_char(&message, ' ');
        tni_put_number(&message, numbers[k]);
    }
    tni_end_message(&err, TN_WRONG_VALUE, &message);
    const char *whole = "abcg\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xc3\xa9 0 9 10 -1 -10 1234567890 "
                        "9223372036854775807 -9223372036854775808";
    CHECK(err.status == TN_WRONG_VALUE && strcmp(err.message, whole) == 0, "%s", err.message);
}

/* What it writes itself, and what it leaves to the library, cut at every length. */
#define SAYS(...)                                                                                                 \
    for (size_t capacity = 0; capacity < 64; capacity++) {                                                        \
        char ours[64] = "untouched", theirs[64] = "untouched";                                                    \
        int said = tni_say(ours, capacity, __VA_ARGS__), length = snprintf(theirs, capacity, __VA_ARGS__);        \
        CHECK(said == length && memcmp(ours, theirs, sizeof ours) == 0, "%s: '%s', %d; the library '%s', %d",     \
              #__VA_ARGS__, ours, said, theirs, length);                                                          \
    }

static void test_say(void)
{
    SAYS("%s", "");
    SAYS("no conversion, 100%%");
    SAYS("%s and %s", "one", "another");
    SAYS("%.3s|%.0s|%.100s|%.*s|%.*s", "abcdef", "x", "short", 2, "xyz", -1, "all");
    SAYS("%.2s", (const char[]){'a', 'b'});
    SAYS("%d %d %d %d", 0, -1, INT_MAX, INT_MIN);
    SAYS("%u %u", 0U, UINT_MAX);
    SAYS("%ld %lu", LONG_MIN, ULONG_MAX);
    SAYS("%lld %llu", LLONG_MIN, ULLONG_MAX);
    SAYS("%td %zu", PTRDIFF_MIN, SIZE_MAX);
    SAYS("%c%c", 'a', 'z');
    SAYS("%s %02x %s", "before", 10U, "after");
    SAYS("%.6Lg of %d", 1.5L, 3);
    SAYS("%.3d %5s %-5s|", 7, "x", "y");
}

static void test_utf8(void)
{
    static const struct {
        const char *text;
        int valid;
    } cases[] = {
        {"", 1}, {"plain", 1}, {"\xc3\xa9", 1}, {"\xe2\x82\xac", 1}, {"\xf0\x9f\x8c\x8d", 1}, {"\xf4\x8f\xbf\xbf", 1},
        {"\xed\x9f\xbf", 1}, {"\xee\x80\x80", 1}, {"\x7f", 1},
        {"\x80", 0}, {"\xc3", 0}, {"\xc0\x80", 0}, {"\xc1\xbf", 0}, {"\xe2\x82", 0}, {"\xe0\x9f\xbf", 0},
        {"\xed\xa0\x80", 0}, {"\xf0\x8f\xbf\xbf", 0}, {"\xf4\x90\x80\x80", 0}, {"\xf5\x80\x80\x80", 0}, {"\xff", 0},
        {"a\xc3" "a", 0}, {"\xe2\x82" "a", 0},
    };
    for (int k = 0; k < COUNT(cases); k++)
        CHECK(tni_utf8_valid(cases[k].text, strlen(cases[k].text)) == cases[k].valid, "case %d", k);
}

static void test_show_char(void)
{
    static const struct {
        char c;
        const char *shown;
    } cases[] = {{'k', "'k'"}, {' ', "' '"}, {'\0', "the end"}, {'\n', "byte 0x0a"}, {(char)0xff, "byte 0xff"}};
    char buffer[TNI_CHAR_TEXT];
    for (int k = 0; k < COUNT(cases); k++)
        CHECK(strcmp(tni_show_char(cases[k].c, buffer), cases[k].shown) == 0, "case %d: %s", k, buffer);
}

static const test tests[] = {
    {"every status has its number and its text", test_texts},
    {"messages are what snprintf makes of them", test_say},
    {"tn_fail fills the record, returns the status, and takes NULL", test_fail},
    {"a message that is too long is cut between characters", test_cut},
    {"a message in pieces is cut as one in one piece", test_cut_pieces},
    {"pieces of a message are texts and numbers", test_pieces},
    {"well-formed UTF-8 is told from malformed", test_utf8},
    {"messages show unprintable bytes by number", test_show_char},
};

int main(void)
{
    return run_tests(tests, COUNT(tests));
}
