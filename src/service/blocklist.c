#include "service/blocklist.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"
#include "service/blocklist_data.h"

static int compare(const void *key, const void *item)
{
    const uint32_t *at = item;

    return strcmp(key, blocklist_data_text + *at);
}

bool blocklist_has(struct view password)
{
    char folded[BLOCKLIST_DATA_MAX_BYTES + 1] = {0};
    bool has;

    if (password.len > BLOCKLIST_DATA_MAX_BYTES) {
        return false;
    }
    for (size_t i = 0; i < password.len; i++) {
        char c = password.at[i];

        folded[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    has = bsearch(folded, blocklist_data_offsets, blocklist_data_count, sizeof(uint32_t),
                  compare) != NULL;
    secret_wipe_bytes(folded, sizeof(folded));
    return has;
}
