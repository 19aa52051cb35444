/* Inside service/ only: the words of data/, written by tools/embed-list in the build. */
#ifndef LATCHKEY_SERVICE_BLOCKLIST_DATA_H
#define LATCHKEY_SERVICE_BLOCKLIST_DATA_H

#include <stddef.h>
#include <stdint.h>

#define BLOCKLIST_DATA_MAX_BYTES 32 /* no word is longer; without NUL */

extern const size_t blocklist_data_count;
/* All words in byte order, lower case, each with its NUL. */
extern const char blocklist_data_text[];
/* Where each of them starts. */
extern const uint32_t blocklist_data_offsets[];

#endif
