/* What a back end is: a record of functions, one for each of store.h, every slot filled but for
   one that says otherwise. Only store.c and the back ends include this. The wrapper in store.c has
   checked the arguments before a slot is called, times it, counts it and logs outages; a back end
   logs what its driver said and never a value. */
#ifndef LATCHKEY_STORE_BACKEND_H
#define LATCHKEY_STORE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "store/store.h"

struct store_meter; /* opaque: the series of store.c */

/* The head of a back end's own store: its first member, so that one pointer is both. */
struct store {
    const struct store_backend *backend;
    const struct log *log;
    struct store_meter *meter;
};

/* The head of a back end's own handle: its first member. */
struct store_handle {
    struct store *store;
};

struct store_backend {
    const char *name;
    bool reads_are_local;
    /* Makes the back end's store; its head is filled by the wrapper afterwards. */
    enum result (*open)(const struct store_options *options, struct store **out, char *message,
                        size_t message_size);
    enum result (*migrate)(const struct store_options *options, enum store_migrate_mode mode,
                           const struct store_migrate_watch *watch, char *message,
                           size_t message_size);
    void (*close)(struct store *store);
    struct store_handle *(*handle_open)(struct store *store);
    void (*handle_close)(struct store_handle *handle);
    enum result (*ping)(struct store_handle *handle);

    enum result (*user_create)(struct store_handle *handle, const struct user_draft *draft,
                               struct arena *arena, struct user *out);
    enum result (*user_get)(struct store_handle *handle, const struct user_key *key,
                            struct arena *arena, struct user *out);
    /* Optional. What user_get would answer now, if that lies in this handle's memory and is known
       to be current: true, and *out is filled. It takes less time than looking at a clock twice. */
    bool (*user_recall)(struct store_handle *handle, const struct user_key *key,
                        struct arena *arena, struct user *out);
    enum result (*user_get_credentials)(struct store_handle *handle, const struct user_key *key,
                                        struct arena *arena, struct user_credentials *out);
    enum result (*user_update)(struct store_handle *handle, const struct id *user_id,
                               const struct user_patch *patch, struct arena *arena,
                               struct user *out);
    enum result (*user_delete)(struct store_handle *handle, const struct id *user_id,
                               int64_t if_version, int64_t now_ms);
    enum result (*user_restore)(struct store_handle *handle, const struct id *user_id,
                                const struct user_restore *restore, struct arena *arena,
                                struct user *out);
    enum result (*users_expired)(struct store_handle *handle, int64_t deleted_before_ms,
                                 size_t limit, struct arena *arena, struct user *out,
                                 size_t *count);
    enum result (*users_purge)(struct store_handle *handle, struct user_purge *people, size_t count,
                               int64_t now_ms);
    enum result (*user_list)(struct store_handle *handle, const struct user_list_request *request,
                             struct arena *arena, struct user_page *out);
    enum result (*user_list_tend)(struct store_handle *handle, int64_t changes_min, bool *more);
    enum result (*user_seed)(struct store_handle *handle, const struct user_seed *people,
                             size_t count);
    enum result (*user_any)(struct store_handle *handle, bool *out);
    enum result (*users_import)(struct store_handle *handle, struct user_import *rows,
                                size_t count);
    enum result (*users_export)(struct store_handle *handle, int64_t after, size_t limit,
                                struct arena *arena, struct user_credentials *out, size_t *count);
    enum result (*hash_kinds)(struct store_handle *handle, int64_t sample, struct arena *arena,
                              struct store_hash_kind out[STORE_HASH_KINDS_MAX], size_t *count);

    enum result (*session_create)(struct store_handle *handle, const struct session_draft *draft);
    enum result (*session_rotate)(struct store_handle *handle,
                                  const struct session_rotation *rotation, struct arena *arena,
                                  enum session_rotation_outcome *outcome, struct session *session,
                                  struct user *user);
    /* NULL: nothing is gained by it. OK: each of the items, two at least, has its result; else all
       have this one. */
    enum result (*sessions_rotate)(struct store_handle *handle,
                                   struct session_rotating *const *items, size_t count);
    enum result (*session_get)(struct store_handle *handle, const struct id *session_id,
                               int64_t now_ms, int64_t idle_ms, struct arena *arena,
                               struct session *out);
    enum result (*session_list)(struct store_handle *handle, const struct id *user_id,
                                int64_t now_ms, int64_t idle_ms, struct arena *arena,
                                struct session_page *out);
    enum result (*session_end)(struct store_handle *handle, const struct id *user_id,
                               const struct id *session_id, int64_t now_ms);
    enum result (*session_end_all)(struct store_handle *handle, const struct id *user_id,
                                   const struct id *keep, int64_t now_ms, int64_t *ended);
    enum result (*session_knows_address)(struct store_handle *handle, const struct id *user_id,
                                         struct view address, bool *out);

    enum result (*attempt_count)(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count, int64_t now_ms, int64_t window_ms,
                                 int64_t *locked_until_ms);
    enum result (*attempt_fail)(struct store_handle *handle, const struct attempt *attempts,
                                size_t count, int64_t now_ms, int64_t window_ms,
                                const struct attempt_events *events, bool *locked);
    enum result (*attempt_clear)(struct store_handle *handle, const struct attempt *attempts,
                                 size_t count);
    enum result (*attempt_return)(struct store_handle *handle, const struct attempt *attempts,
                                  size_t count);

    enum result (*role_list)(struct store_handle *handle, struct arena *arena,
                             const struct role **out, size_t *count);
    enum result (*role_get)(struct store_handle *handle, struct view name, struct arena *arena,
                            struct role *out);
    enum result (*role_create)(struct store_handle *handle, const struct role_draft *draft,
                               struct arena *arena, struct role *out);
    enum result (*role_update)(struct store_handle *handle, const struct id *role_id,
                               const struct role_patch *patch, struct arena *arena,
                               struct role *out);
    enum result (*role_delete)(struct store_handle *handle, const struct id *role_id,
                               int64_t if_version, int64_t now_ms, int64_t *holders);
    enum result (*key_list)(struct store_handle *handle, struct arena *arena,
                            const struct stored_key **out, size_t *count);
    enum result (*key_create_first)(struct store_handle *handle, const struct stored_key *key,
                                    int64_t now_ms);
    enum result (*key_rotate)(struct store_handle *handle, const struct stored_key *key,
                              int64_t retire_others_ms, int64_t now_ms);
    enum result (*key_retire)(struct store_handle *handle, struct view key_id, struct view in_force,
                              int64_t now_ms);
    enum result (*setting_keep)(struct store_handle *handle, struct view name, struct view value,
                                struct arena *arena, struct view *out);

    enum result (*audit_append)(struct store_handle *handle, const struct audit_event *event);
    enum result (*audit_list)(struct store_handle *handle, const struct audit_query *query,
                              struct arena *arena, struct audit_page *out);

    enum result (*changes_read)(struct store_handle *handle, struct change_cursor *cursor,
                                int64_t since_ms, struct arena *arena,
                                bool (*visit)(void *context, const struct change *change),
                                void *context);
    int (*changes_descriptor)(struct store_handle *handle); /* NULL: there never is one */
    enum result (*purge)(struct store_handle *handle, const struct purge_limits *limits,
                         bool *more);

    enum result (*product_create)(struct store_handle *handle, const struct product_draft *draft,
                                  struct arena *arena, struct product *out);
    enum result (*product_get)(struct store_handle *handle, const struct product_key *key,
                               struct arena *arena, struct product *out);
    enum result (*product_update)(struct store_handle *handle, const struct product_key *key,
                                  const struct product_patch *patch, struct arena *arena,
                                  struct product *out);
    enum result (*product_delete)(struct store_handle *handle, const struct product_key *key,
                                  int64_t if_version, struct arena *arena, struct product *out);
    enum result (*product_list)(struct store_handle *handle,
                                const struct product_list_request *request, struct arena *arena,
                                struct product_page *out);

    enum result (*standing)(struct store_handle *handle, enum store_standing *out);
    enum result (*dump)(struct store_handle *handle, const struct record_query *query,
                        struct arena *arena, struct record_page *out);
    enum result (*dump_counts)(struct store_handle *handle, int64_t changes_since_ms,
                               int64_t counts[RECORD_KIND_END]);
    enum result (*load_begin)(struct store_handle *handle);
    enum result (*load)(struct store_handle *handle, const struct record *records, size_t count,
                        size_t *refused);
    enum result (*load_end)(struct store_handle *handle);
};

/* Where a back end keeps the mark of store_load_begin, if not otherwise: a setting of this name,
   which dump leaves out. */
#define BACKEND_LOADING_SETTING "loading"

#endif
