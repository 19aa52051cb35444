#include "store/sqlite/snapshot.h"

#include <stdatomic.h>
#include <string.h>

#include "store/sqlite/connection.h"

/* Of the first piece of the WAL index, which begins with its header, twice. */
#define REGION_BYTES 32768
#define FIRST_REGION 0
#define DO_NOT_EXTEND 0
#define SHM_METHODS_VERSION 2 /* of sqlite3_io_methods, from which on there is xShmMap */
#define IS_INITIALISED_BYTE 12

const volatile uint32_t *sqlite_snapshot_find(struct sqlite_handle *handle)
{
    sqlite3_file *file = NULL;
    void volatile *region = NULL;
    int code = sqlite_connection_set_up(handle);
    if (code != SQLITE_OK) {
        return NULL;
    }
    code = sqlite3_file_control(handle->db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (code != SQLITE_OK || file == NULL || file->pMethods == NULL ||
        file->pMethods->iVersion < SHM_METHODS_VERSION || file->pMethods->xShmMap == NULL) {
        return NULL;
    }
    code = file->pMethods->xShmMap(file, FIRST_REGION, REGION_BYTES, DO_NOT_EXTEND, &region);
    return code == SQLITE_OK ? region : NULL;
}

/* Who commits writes the second copy first, then the first one. */
bool sqlite_snapshot_take(const struct sqlite_handle *handle, struct snapshot *out)
{
    const volatile uint32_t *first = handle->wal_index;
    struct snapshot second;
    if (first == NULL) {
        return false;
    }
    for (size_t i = 0; i < SNAPSHOT_WORDS; i++) {
        out->words[i] = first[i];
    }
    atomic_thread_fence(memory_order_seq_cst);
    for (size_t i = 0; i < SNAPSHOT_WORDS; i++) {
        second.words[i] = first[SNAPSHOT_WORDS + i];
    }
    const unsigned char *bytes = (const unsigned char *)out->words;
    return bytes[IS_INITIALISED_BYTE] != 0 && memcmp(out, &second, sizeof second) == 0;
}

bool sqlite_snapshot_is_current(const struct sqlite_handle *handle, const struct snapshot *snapshot)
{
    struct snapshot now;
    return sqlite_snapshot_take(handle, &now) && memcmp(&now, snapshot, sizeof now) == 0;
}
