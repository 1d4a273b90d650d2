/* SPDX-License-Identifier: BSD-3-Clause */
/* Tenon: arrays shared between C and Python without glue and without copies.
 *
 * The contracts, stated once:
 *
 * Ownership.  A tn_span owns nothing; a tn_array owns what it shows, and is released once (array.h); a tn_type made at
 * run
 *             time is freed with tn_type_free. Every other function states who owns what it returns.
 * Errors.     Functions that can fail return a tn_status and take an optional tn_error last (status.h). Outputs are
 *             written only on TN_OK.
 * Arithmetic. Sizes, strides and offsets are checked for overflow before any memory is touched. Threads.    There is no
 * mutable state but the counts of shared memory, which are atomic. Functions may run at the same
 *             time on the same inputs; an output belongs to one thread at a time.
 */
#ifndef TENON_TENON_H
#define TENON_TENON_H

#include "array.h"
#include "copy.h"
#include "overload.h"
#include "span.h"
#include "status.h"
#include "type.h"
#include <tenon/version.h> /* generated: not beside this file before it is installed */
#include "view.h"

#endif
