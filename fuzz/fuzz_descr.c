/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser of NumPy's descr. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_of(data, size);
    tn_type *type;
    tn_error err;
    tn_status status = tn_type_from_descr(text, &type, &err);
    if (status == TN_OK) {
        require_type(type);
        require_format_comes_back(type);
        require_descr_comes_back(type);
        tn_type_free(type);
    } else
        require_refusal(status, &err, text);
    free(text);
    return 0;
}
