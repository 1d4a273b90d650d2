/* SPDX-License-Identifier: BSD-3-Clause */
/* What the fuzz targets share. A target is libFuzzer's function: it takes any bytes, and aborts if a property fails. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenon/type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(holds)                                                       \
    do {                                                                     \
        if (!(holds)) {                                                      \
            fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #holds); \
            abort();                                                         \
        }                                                                    \
    } while (0)

/* The bytes as a string, which ends at the first NUL. The caller frees it. */
static inline char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* A parser refuses a text with a position in it and a message, or it runs out of memory. */
static inline void require_refusal(tn_status status, const tn_error *err, const char *text)
{
    REQUIRE(status == TN_BAD_FORMAT || status == TN_NO_MEMORY);
    REQUIRE(err->status == status && err->message[0] != '\0');
    REQUIRE(status != TN_BAD_FORMAT || (err->position >= 0 && err->position <= (ptrdiff_t)strlen(text)));
}

typedef tn_status to_text(const tn_type *type, char *buffer, size_t capacity, size_t *length, tn_error *err);

/* The text of a type in one of the languages, or NULL if that language cannot express it. The caller frees it. */
static inline char *written(to_text *write, const tn_type *type)
{
    size_t length = 0;
    tn_status status = write(type, NULL, 0, &length, NULL);
    REQUIRE(status == TN_WRONG_VALUE || status == TN_UNSUPPORTED);
    if (status == TN_UNSUPPORTED)
        return NULL;
    char *text = malloc(length + 1);
    REQUIRE(text != NULL && write(type, text, length + 1, NULL, NULL) == TN_OK && strlen(text) == length);
    return text;
}

/* What holds of every type. */
static inline void require_type(const tn_type *type)
{
    char small[24], large[512];
    tn_type *copy;
    tn_error err;
    REQUIRE(type->itemsize >= 0 && type->alignment > 0 && (type->alignment & (type->alignment - 1)) == 0);
    REQUIRE(strlen(tn_type_describe(type, small, sizeof small)) < sizeof small);
    REQUIRE(strlen(tn_type_describe(type, large, sizeof large)) < sizeof large);
    REQUIRE(tn_type_copy(type, &copy, &err) == TN_OK);
    REQUIRE(tn_type_equal(type, copy) && tn_type_equal(copy, type));
    REQUIRE(tn_type_difference(type, copy, &err) == TN_OK);
    REQUIRE(tn_type_equal(type, &tn_type_int32) == (tn_type_difference(&tn_type_int32, type, NULL) == TN_OK));
    tn_type_free(copy);
}

/* What was written is read as the same type. */
static inline void require_format_comes_back(const tn_type *type)
{
    char *text = written(tn_type_to_format, type);
    tn_type *again;
    if (text == NULL)
        return;
    REQUIRE(tn_type_from_format(text, -1, &again, NULL) == TN_OK && tn_type_equal(type, again));
    tn_type_free(again);
    REQUIRE(tn_type_from_format(text, type->itemsize, &again, NULL) == TN_OK && tn_type_equal(type, again));
    tn_type_free(again);
    free(text);
}

/* Is there a structure without fields? Its descr is padding, which a descr reads as opaque bytes or as a gap. */
static inline int has_empty_structure(const tn_type *type)
{
    if (type->kind == TN_SUBARRAY)
        return has_empty_structure(type->base);
    for (ptrdiff_t k = 0; k < type->nfields; k++)
        if (has_empty_structure(type->fields[k].type))
            return 1;
    return type->kind == TN_STRUCT && type->nfields == 0;
}

static inline void require_descr_comes_back(const tn_type *type)
{
    char *text = written(tn_type_to_descr, type);
    tn_type *again;
    if (text == NULL)
        return;
    REQUIRE(tn_type_from_descr(text, &again, NULL) == TN_OK);
    REQUIRE(tn_type_equal(type, again) || has_empty_structure(type));
    REQUIRE(again->itemsize == type->itemsize);
    tn_type_free(again);
    free(text);
}

#endif
