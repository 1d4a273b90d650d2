/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tests of types share: a small language to write types down, independent of the parsers. */
#ifndef TYPES_H
#define TYPES_H

#include <stdlib.h>

#include "check.h"
#include "failing_memory.h"
#include "tenon/type.h"

/* A type with everything that counts, as text:
 *
 *     kind order itemsize/alignment        "i<4/4", "M<8/8(ns)"
 *     A[2,3]base                           sub-array
 *     T24/8{a@0:i<4/4;b@8:f<8/8}           structure
 */
typedef struct shown {
    char text[2048];
    size_t length;
} shown;

static inline void show_text(shown *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(out->text + out->length, sizeof out->text - out->length, format, arguments);
    va_end(arguments);
    out->length += (size_t)n;
    if (out->length >= sizeof out->text)
        out->length = sizeof out->text - 1;
}

static inline void show_into(shown *out, const tn_type *type)
{
    if (type->kind == TN_SUBARRAY) {
        show_text(out, "A[");
        for (int k = 0; k < type->ndim; k++)
            show_text(out, "%s%td", k > 0 ? "," : "", type->shape[k]);
        show_text(out, "]");
        show_into(out, type->base);
    } else if (type->kind == TN_STRUCT) {
        show_text(out, "T%td/%u{", type->itemsize, (unsigned)type->alignment);
        for (ptrdiff_t k = 0; k < type->nfields; k++) {
            show_text(out, "%s%s@%td:", k > 0 ? ";" : "", type->fields[k].name, type->fields[k].offset);
            show_into(out, type->fields[k].type);
        }
        show_text(out, "}");
    } else {
        show_text(out, "%c%c%td/%u", type->kind, type->byteorder, type->itemsize, (unsigned)type->alignment);
        if (type->name != NULL)
            show_text(out, "(%s)", type->name);
    }
}

static inline shown show(const tn_type *type)
{
    shown out = {"", 0};
    show_into(&out, type);
    return out;
}

/* Runs `make` with every allocation failing in turn, until it succeeds: TN_NO_MEMORY each time, nothing leaked, *out
 * not written. What it finally returns, an error perhaps, is passed on; the type in *out is the caller's. */
typedef tn_status maker(const void *given, tn_type **out, tn_error *err);

static inline tn_status make_without_leaks(maker *make, const void *given, const char *name, tn_type **out,
                                           tn_error *err)
{
    static tn_type untouched;
    long live = memory_live();
    for (long k = 1;; k++) {
        *out = &untouched;
        memory_fail_at(k);
        tn_status status = make(given, out, err);
        int failed = memory_has_failed();
        memory_fail_at(0);
        if (!failed) {
            CHECK(status == TN_OK || *out == &untouched, "%s: *out was written on failure", name);
            CHECK(memory_live() == live + (status == TN_OK), "%s: %ld blocks leaked", name, memory_live() - live);
            return status;
        }
        CHECK(status == TN_NO_MEMORY, "%s: allocation %ld failed, but the status is %d", name, k, (int)status);
        CHECK(err == NULL || err->status == TN_NO_MEMORY, "%s: allocation %ld failed, but err says %d", name, k,
              err == NULL ? 0 : (int)err->status);
        CHECK(*out == &untouched, "%s: *out was written without memory", name);
        CHECK(memory_live() == live, "%s: %ld blocks leaked when allocation %ld failed", name, memory_live() - live, k);
        if (status == TN_OK)
            return status;
    }
}

#endif
