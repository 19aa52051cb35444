/* The driver: libmongoc with its libbson, loaded when a store of this kind is opened. Their
   functions are called through the tables `mongoc` and `bson`: bson.iter_next() is
   bson_iter_next(). */
#ifndef LATCHKEY_STORE_MONGO_DRIVER_H
#define LATCHKEY_STORE_MONGO_DRIVER_H

#include <stddef.h>
#include <mongoc/mongoc.h>

#include "base/attributes.h"
#include "base/log.h"
#include "base/result.h"

/* X(name): every function of libbson that is called. */
#define MONGO_DRIVER_BSON(X)                                                                       \
    X(append_array)                                                                                \
    X(append_array_begin)                                                                          \
    X(append_array_end)                                                                            \
    X(append_binary)                                                                               \
    X(append_bool)                                                                                 \
    X(append_date_time)                                                                            \
    X(append_decimal128)                                                                           \
    X(append_document)                                                                             \
    X(append_document_begin)                                                                       \
    X(append_document_end)                                                                         \
    X(append_int64)                                                                                \
    X(append_iter)                                                                                 \
    X(append_maxkey)                                                                               \
    X(append_null)                                                                                 \
    X(append_timestamp)                                                                            \
    X(append_utf8)                                                                                 \
    X(concat)                                                                                      \
    X(copy_to)                                                                                     \
    X(copy_to_excluding_noinit)                                                                    \
    X(count_keys)                                                                                  \
    X(decimal128_from_string)                                                                      \
    X(decimal128_to_string)                                                                        \
    X(destroy)                                                                                     \
    X(free)                                                                                        \
    X(init)                                                                                        \
    X(init_static)                                                                                 \
    X(iter_array)                                                                                  \
    X(iter_as_int64)                                                                               \
    X(iter_binary)                                                                                 \
    X(iter_bool)                                                                                   \
    X(iter_date_time)                                                                              \
    X(iter_decimal128)                                                                             \
    X(iter_document)                                                                               \
    X(iter_find_descendant)                                                                        \
    X(iter_init)                                                                                   \
    X(iter_init_find)                                                                              \
    X(iter_key)                                                                                    \
    X(iter_next)                                                                                   \
    X(iter_timestamp)                                                                              \
    X(iter_type)                                                                                   \
    X(iter_utf8)                                                                                   \
    X(malloc)                                                                                      \
    X(malloc0)                                                                                     \
    X(new_from_json)                                                                               \
    X(realloc)                                                                                     \
    X(set_error)                                                                                   \
    X(uint32_to_string)                                                                            \
    X(validate)

/* X(name): every function of libmongoc that is called. */
#define MONGO_DRIVER_MONGOC(X)                                                                     \
    X(bulk_operation_destroy)                                                                      \
    X(bulk_operation_execute)                                                                      \
    X(bulk_operation_remove_one_with_opts)                                                         \
    X(client_command_simple)                                                                       \
    X(client_destroy)                                                                              \
    X(client_get_collection)                                                                       \
    X(client_new_from_uri)                                                                         \
    X(client_new_from_uri_with_error)                                                              \
    X(client_pool_destroy)                                                                         \
    X(client_pool_new_with_error)                                                                  \
    X(client_pool_push)                                                                            \
    X(client_pool_set_error_api)                                                                   \
    X(client_pool_try_pop)                                                                         \
    X(client_session_append)                                                                       \
    X(client_session_destroy)                                                                      \
    X(client_set_error_api)                                                                        \
    X(client_start_session)                                                                        \
    X(client_write_command_with_opts)                                                              \
    X(collection_aggregate)                                                                        \
    X(collection_create_bulk_operation_with_opts)                                                  \
    X(collection_delete_many)                                                                      \
    X(collection_delete_one)                                                                       \
    X(collection_destroy)                                                                          \
    X(collection_estimated_document_count)                                                         \
    X(collection_find_and_modify_with_opts)                                                        \
    X(collection_find_with_opts)                                                                   \
    X(collection_insert_many)                                                                      \
    X(collection_insert_one)                                                                       \
    X(collection_update_many)                                                                      \
    X(collection_update_one)                                                                       \
    X(cursor_destroy)                                                                              \
    X(cursor_error)                                                                                \
    X(cursor_error_document)                                                                       \
    X(cursor_next)                                                                                 \
    X(find_and_modify_opts_destroy)                                                                \
    X(find_and_modify_opts_new)                                                                    \
    X(find_and_modify_opts_set_flags)                                                              \
    X(find_and_modify_opts_set_update)                                                             \
    X(init)                                                                                        \
    X(log_set_handler)                                                                             \
    X(read_concern_destroy)                                                                        \
    X(read_concern_new)                                                                            \
    X(read_concern_set_level)                                                                      \
    X(read_prefs_destroy)                                                                          \
    X(read_prefs_new)                                                                              \
    X(session_opts_destroy)                                                                        \
    X(session_opts_new)                                                                            \
    X(session_opts_set_snapshot)                                                                   \
    X(uri_copy)                                                                                    \
    X(uri_destroy)                                                                                 \
    X(uri_get_database)                                                                            \
    X(uri_get_write_concern)                                                                       \
    X(uri_has_option)                                                                              \
    X(uri_new_with_error)                                                                          \
    X(uri_set_appname)                                                                             \
    X(uri_set_option_as_bool)                                                                      \
    X(uri_set_option_as_int32)                                                                     \
    X(uri_set_read_concern)                                                                        \
    X(uri_set_read_prefs_t)                                                                        \
    X(uri_set_write_concern)                                                                       \
    X(write_concern_copy)                                                                          \
    X(write_concern_destroy)                                                                       \
    X(write_concern_get_w)                                                                         \
    X(write_concern_get_wmajority)                                                                 \
    X(write_concern_set_journal)                                                                   \
    X(write_concern_set_wmajority)
/* Each pointer has the type of the function in the library's own header. */
struct mongo_driver_bson {
#define MEMBER(name) __typeof__(bson_##name) *name;
    MONGO_DRIVER_BSON(MEMBER)
#undef MEMBER
};

struct mongo_driver_mongoc {
#define MEMBER(name) __typeof__(mongoc_##name) *name;
    MONGO_DRIVER_MONGOC(MEMBER)
#undef MEMBER
};

/* Set by mongo_driver_start, not changed any more from then on. */
extern struct mongo_driver_bson bson;
extern struct mongo_driver_mongoc mongoc;

/* Loads and starts the library with the first call; its messages go to log from now on (NULL:
   nowhere). BAD_REQUEST with a line in message when it cannot be loaded, and again with each
   further call. Thread-safe, but the first call sets a variable of the environment: before there
   are threads that read it. */
MUST_CHECK enum result mongo_driver_start(const struct log *log, char *message,
                                          size_t message_size);
/* log goes away: messages for it are dropped. Thread-safe. */
void mongo_driver_forget(const struct log *log);

#endif
