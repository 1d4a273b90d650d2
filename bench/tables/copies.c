/* SPDX-License-Identifier: BSD-3-Clause */
/* The same copy by libtenon and by C's own function, both called in the same way. */
#include <string.h>

#include <tenon/tenon.h>

int copy_tenon(tn_span to, const tn_span from)
{
    return (int)tn_copy(&to, &from, TN_CAST_NO, NULL);
}

int copy_memcpy(tn_span to, const tn_span from)
{
    memcpy(to.data, from.data, (size_t)tn_span_nbytes(&to));
    return 0;
}
