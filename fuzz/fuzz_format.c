/* SPDX-License-Identifier: BSD-3-Clause */
/* The PEP 3118 parser: a format, and after a line feed the itemsize in decimal, if there is one. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = text_of(data, size);
    char *line = strchr(text, '\n');
    ptrdiff_t itemsize = -1;
    if (line != NULL) {
        *line = '\0';
        itemsize = (ptrdiff_t)strtol(line + 1, NULL, 10);
    }
    tn_type *type;
    tn_error err;
    tn_status status = tn_type_from_format(text, itemsize, &type, &err);
    if (status == TN_OK) {
        REQUIRE(itemsize < 0 || type->itemsize == itemsize);
        require_type(type);
        require_format_comes_back(type);
        require_descr_comes_back(type);
        tn_type_free(type);
    } else
        require_refusal(status, &err, text);
    free(text);
    return 0;
}
