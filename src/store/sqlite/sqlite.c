#include "store/sqlite/sqlite.h"

#include "store/sqlite/attempts.h"
#include "store/sqlite/audit_events.h"
#include "store/sqlite/changes.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/dump.h"
#include "store/sqlite/keys.h"
#include "store/sqlite/load.h"
#include "store/sqlite/list_tend.h"
#include "store/sqlite/product_list.h"
#include "store/sqlite/products.h"
#include "store/sqlite/role_write.h"
#include "store/sqlite/roles.h"
#include "store/sqlite/sessions.h"
#include "store/sqlite/settings.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/user_import.h"
#include "store/sqlite/user_life.h"
#include "store/sqlite/user_list.h"
#include "store/sqlite/user_seed.h"
#include "store/sqlite/user_write.h"
#include "store/sqlite/users.h"

const struct store_backend sqlite_backend = {
    .name = "sqlite",
    .reads_are_local = true, /* with a write-ahead log no reader waits for a writer */
    .open = sqlite_connection_store_open,
    .migrate = sqlite_connection_migrate,
    .close = sqlite_connection_store_close,
    .handle_open = sqlite_connection_open,
    .handle_close = sqlite_connection_close,
    .ping = sqlite_connection_ping,
    .user_create = sqlite_user_write_create,
    .user_get = sqlite_users_get,
    .user_recall = sqlite_users_recall,
    .user_get_credentials = sqlite_users_get_credentials,
    .user_update = sqlite_user_write_update,
    .user_delete = sqlite_user_write_delete,
    .user_restore = sqlite_user_life_restore,
    .users_expired = sqlite_users_expired,
    .users_purge = sqlite_user_life_purge,
    .user_list = sqlite_user_list_read,
    .user_list_tend = sqlite_list_tend,
    .user_seed = sqlite_user_seed,
    .user_any = sqlite_users_any,
    .users_import = sqlite_user_import_rows,
    .users_export = sqlite_users_export,
    .hash_kinds = sqlite_users_hash_kinds,
    .session_create = sqlite_sessions_create,
    .session_rotate = sqlite_sessions_rotate,
    .sessions_rotate = sqlite_sessions_rotate_together,
    .session_get = sqlite_sessions_get,
    .session_list = sqlite_sessions_list,
    .session_end = sqlite_sessions_end,
    .session_end_all = sqlite_sessions_end_all,
    .session_knows_address = sqlite_sessions_knows_address,
    .attempt_count = sqlite_attempts_count,
    .attempt_fail = sqlite_attempts_fail,
    .attempt_clear = sqlite_attempts_clear,
    .attempt_return = sqlite_attempts_return,
    .role_list = sqlite_roles_list,
    .role_get = sqlite_roles_get,
    .role_create = sqlite_role_write_create,
    .role_update = sqlite_role_write_update,
    .role_delete = sqlite_role_write_delete,
    .key_list = sqlite_keys_list,
    .key_create_first = sqlite_keys_create_first,
    .key_rotate = sqlite_keys_rotate,
    .key_retire = sqlite_keys_retire,
    .setting_keep = sqlite_settings_keep,
    .audit_append = sqlite_audit_events_append,
    .audit_list = sqlite_audit_events_list,
    .changes_read = sqlite_changes_read,
    .purge = sqlite_changes_purge,
    .product_create = sqlite_products_create,
    .product_get = sqlite_products_get,
    .product_update = sqlite_products_update,
    .product_delete = sqlite_products_delete,
    .product_list = sqlite_product_list,
    .standing = sqlite_load_standing,
    .dump = sqlite_dump,
    .dump_counts = sqlite_dump_counts,
    .load_begin = sqlite_load_begin,
    .load = sqlite_load,
    .load_end = sqlite_load_end,
};
