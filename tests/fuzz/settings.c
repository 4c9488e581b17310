/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded setting data: whatever is accepted is written in both encodings and must come back the same;
 * any embedded instance that is accepted has names and values that are whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/embedded.h"
#include "service/settings.h"
#include "util/alloc.h"

static void round_trip(const replsvc_replication_settings *s, enum replsvc_encoding encoding)
{
    replsvc_replication_settings back;
    char *text = settings_format(s, encoding);
    if (text == NULL || settings_parse(text, "text", &back) != 0 || memcmp(s, &back, sizeof(back)) != 0)
        abort();
    mem_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct embedded e;
    struct embedded_error error;
    if (embedded_parse(text, &e, &error) == 0) {
        for (size_t i = 0; i < e.n; i++) {
            if (e.properties[i].position >= size || e.properties[i].name[0] == '\0')
                abort();
            for (size_t k = 0; k < e.properties[i].n; k++)
                if (strlen(e.properties[i].values[k]) > 2 * size)
                    abort();
        }
    } else if (error.position > size) {
        abort();
    }
    embedded_clear(&e);
    replsvc_replication_settings s;
    if (settings_parse(text, "text", &s) == 0) {
        round_trip(&s, REPLSVC_ENCODING_MOF);
        round_trip(&s, REPLSVC_ENCODING_CIM_XML);
    }
    free(text);
    return 0;
}
