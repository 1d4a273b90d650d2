/* SPDX-License-Identifier: BSD-3-Clause */
/* The parser of NumPy's typestr. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_of(data, size);
    tn_type *type, *again;
    tn_error err;
    tn_status status = tn_type_from_typestr(text, &type, &err);
    if (status == TN_OK) {
        require_type(type);
        require_format_comes_back(type);
        char *back = written(tn_type_to_typestr, type);
        REQUIRE(back != NULL && tn_type_from_typestr(back, &again, NULL) == TN_OK && tn_type_equal(type, again));
        tn_type_free(again);
        tn_type_free(type);
        free(back);
    } else
        require_refusal(status, &err, text);
    free(text);
    return 0;
}
