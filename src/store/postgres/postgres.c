#include "store/postgres/postgres.h"

#include "store/decide.h"
#include "store/postgres/attempts.h"
#include "store/postgres/audit_events.h"
#include "store/postgres/changes.h"
#include "store/postgres/connection.h"
#include "store/postgres/dump.h"
#include "store/postgres/keys.h"
#include "store/postgres/load.h"
#include "store/postgres/product_list.h"
#include "store/postgres/products.h"
#include "store/postgres/roles.h"
#include "store/postgres/rotations.h"
#include "store/postgres/sessions.h"
#include "store/postgres/settings.h"
#include "store/postgres/user_import.h"
#include "store/postgres/user_life.h"
#include "store/postgres/user_list.h"
#include "store/postgres/user_seed.h"
#include "store/postgres/user_write.h"
#include "store/postgres/users.h"

const struct store_backend postgres_backend = {
    .name = "postgresql",
    .reads_are_local = false,
    .open = postgres_connection_store_open,
    .migrate = postgres_connection_migrate,
    .close = postgres_connection_store_close,
    .handle_open = postgres_connection_open,
    .handle_close = postgres_connection_close,
    .ping = postgres_connection_ping,
    .user_create = postgres_user_write_create,
    .user_get = postgres_users_get,
    .user_get_credentials = postgres_users_get_credentials,
    .user_update = postgres_user_write_update,
    .user_delete = postgres_user_write_delete,
    .user_restore = postgres_user_life_restore,
    .users_expired = postgres_users_expired,
    .users_purge = postgres_user_life_purge,
    .user_list = postgres_user_list_read,
    .user_list_tend = decide_no_tending,
    .user_seed = postgres_user_seed,
    .user_any = postgres_users_any,
    .users_import = postgres_user_import_rows,
    .users_export = postgres_users_export,
    .hash_kinds = postgres_users_hash_kinds,
    .session_create = postgres_sessions_create,
    .session_rotate = postgres_sessions_rotate,
    .sessions_rotate = postgres_rotations_together,
    .session_get = postgres_sessions_get,
    .session_list = postgres_sessions_list,
    .session_end = postgres_sessions_end,
    .session_end_all = postgres_sessions_end_all,
    .session_knows_address = postgres_sessions_knows_address,
    .attempt_count = postgres_attempts_count,
    .attempt_fail = postgres_attempts_fail,
    .attempt_clear = postgres_attempts_clear,
    .attempt_return = postgres_attempts_return,
    .role_list = postgres_roles_list,
    .role_get = postgres_roles_get,
    .role_create = postgres_roles_create,
    .role_update = postgres_roles_update,
    .role_delete = postgres_roles_delete,
    .key_list = postgres_keys_list,
    .key_create_first = postgres_keys_create_first,
    .key_rotate = postgres_keys_rotate,
    .key_retire = postgres_keys_retire,
    .setting_keep = postgres_settings_keep,
    .audit_append = postgres_audit_events_append,
    .audit_list = postgres_audit_events_list,
    .changes_read = postgres_changes_read,
    .changes_descriptor = postgres_changes_descriptor,
    .purge = postgres_changes_purge,
    .product_create = postgres_products_create,
    .product_get = postgres_products_get,
    .product_update = postgres_products_update,
    .product_delete = postgres_products_delete,
    .product_list = postgres_product_list,
    .standing = postgres_load_standing,
    .dump = postgres_dump,
    .dump_counts = postgres_dump_counts,
    .load_begin = postgres_load_begin,
    .load = postgres_load,
    .load_end = postgres_load_end,
};
