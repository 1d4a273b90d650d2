/* SPDX-License-Identifier: BSD-3-Clause */
/* Status codes, and the optional error record that explains them.
 *
 * Every function that can fail returns a tn_status and takes a `tn_error *err` last. `err` may always be NULL. On TN_OK
 * it is untouched; on any other status it holds the same status and a message. Nothing is printed, errno is not used,
 * and no function aborts or jumps.
 */
#ifndef TENON_STATUS_H
#define TENON_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, value, text, Python exception). The values are frozen: append only. */
#define TN_STATUS_LIST(X)                                                      \
    X(TN_OK, 0, "success", None)                                               \
    X(TN_NO_MEMORY, 1, "out of memory", MemoryError)                           \
    X(TN_WRONG_TYPE, 2, "wrong kind of object, element type or number of dimensions", TypeError) \
    X(TN_WRONG_VALUE, 3, "extent, order, alignment, writability, overlap or range", ValueError)  \
    X(TN_OUT_OF_RANGE, 4, "integer out of range", OverflowError)               \
    X(TN_BUSY, 5, "memory is in use by a view", BufferError)                   \
    X(TN_BAD_FORMAT, 6, "malformed description of an element type", ValueError) \
    X(TN_UNSUPPORTED, 7, "cannot be expressed here", BufferError)              \
    X(TN_RAISED, 8, "a Python exception is set", None)

typedef enum tn_status {
#define TN_ENUMERATOR_(name, value, text, exception) name = value,
    TN_STATUS_LIST(TN_ENUMERATOR_)
#undef TN_ENUMERATOR_
} tn_status;

enum { TN_ERROR_CAPACITY = 512 };

/* `position` is the offset in bytes of the first offending character of a text that is TN_BAD_FORMAT, and -1 otherwise.
 * `message` is NUL-terminated UTF-8, cut at a character boundary where it does not fit. */
typedef struct tn_error {
    tn_status status;
    ptrdiff_t position;
    char message[TN_ERROR_CAPACITY];
} tn_error;

/* The text of a status: static, never NULL. "unknown status" for a value that is not in the list. */
const char *tn_status_text(tn_status status);

/* Fill `err` (may be NULL) from a printf format and return `status`, so that a caller can write `return tn_fail(…)`. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
tn_status tn_fail(tn_error *err, tn_status status, const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
