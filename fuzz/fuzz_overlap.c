/* SPDX-License-Identifier: BSD-3-Clause */
/* The overlap test. The first byte chooses: small spans, checked against brute force; or any 64-bit numbers, which must
 * neither crash nor lead to answers that contradict each other. */
#include "fuzz.h"
#include "tenon/span.h"

enum { AXES = 3, ROOM = 1 << 14 };

typedef struct input {
    const uint8_t *next, *end;
} input;

typedef struct sample {
    tn_span span;
    tn_type type;
    ptrdiff_t shape[AXES], strides[AXES];
} sample;

static char memory[ROOM];

/* 0 after the end. */
static uint64_t take(input *in, int bytes)
{
    uint64_t value = 0;
    for (int k = 0; k < bytes; k++)
        value = value << 8 | (in->next < in->end ? *in->next++ : 0);
    return value;
}

static ptrdiff_t take_signed(input *in, int wild)
{
    return wild ? (ptrdiff_t)take(in, 8) : (ptrdiff_t)(int8_t)take(in, 1) * (ptrdiff_t)(1 + take(in, 1) % 4);
}

/* Small: at most 6*6*6 elements, none further than 3*5*512 bytes from the middle of `memory`. */
static void take_sample(input *in, int wild, sample *s)
{
    int ndim = (int)(take(in, 1) % (AXES + 1));
    s->type = (tn_type){.kind = TN_VOID, .byteorder = '|', .alignment = 1};
    s->type.itemsize = wild ? (ptrdiff_t)(take(in, 8) >> 1) : (ptrdiff_t)(take(in, 1) % 20);
    for (int k = 0; k < ndim; k++) {
        s->shape[k] = wild ? (ptrdiff_t)(take(in, 8) >> 1) : (ptrdiff_t)(take(in, 1) % 7);
        s->strides[k] = take_signed(in, wild);
    }
    uintptr_t middle = (uintptr_t)memory + ROOM / 2;
    s->span = (tn_span){.data = (void *)(middle + (uintptr_t)take_signed(in, wild)), .type = &s->type, .ndim = ndim,
                        .shape = s->shape, .strides = s->strides};
}

/* Marks all bytes. Returns 1 if two elements share one. */
static int mark(const tn_span *span, unsigned char *marks)
{
    ptrdiff_t index[AXES] = {0};
    int shared = 0;
    if (tn_span_size(span) == 0)
        return 0;
    for (;;) {
        ptrdiff_t at = (char *)span->data - memory;
        for (int k = 0; k < span->ndim; k++)
            at += index[k] * span->strides[k];
        for (ptrdiff_t b = 0; b < span->type->itemsize; b++) {
            shared |= marks[at + b];
            marks[at + b] = 1;
        }
        int k = span->ndim - 1;
        while (k >= 0 && ++index[k] == span->shape[k])
            index[k--] = 0;
        if (k < 0)
            return shared;
    }
}

static void require_truth(const sample *a, const sample *b)
{
    static unsigned char in_a[ROOM], in_b[ROOM];
    memset(in_a, 0, ROOM);
    memset(in_b, 0, ROOM);
    int shared = mark(&a->span, in_a), common = 0;
    mark(&b->span, in_b);
    for (int k = 0; k < ROOM; k++)
        common |= in_a[k] & in_b[k];
    tn_overlap both = tn_spans_overlap(&a->span, &b->span, 0), alone = tn_span_overlaps_itself(&a->span, 0);
    REQUIRE(both == TN_TOO_HARD || both == (common ? TN_OVERLAPS : TN_DISJOINT));
    REQUIRE(alone == TN_TOO_HARD || alone == (shared ? TN_OVERLAPS : TN_DISJOINT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input in = {data, data + size};
    int wild = take(&in, 1) & 1;
    sample a, b;
    take_sample(&in, wild, &a);
    take_sample(&in, wild, &b);
    if (tn_span_check(&a.span, NULL) != TN_OK || tn_span_check(&b.span, NULL) != TN_OK)
        return 0;
    if (!wild)
        require_truth(&a, &b);
    tn_overlap one = tn_spans_overlap(&a.span, &b.span, 0), other = tn_spans_overlap(&b.span, &a.span, 0);
    REQUIRE(one == other || one == TN_TOO_HARD || other == TN_TOO_HARD);
    tn_span_overlaps_itself(&a.span, 0);
    return 0;
}
