#include "store/mongo/mongo.h"

#include "store/decide.h"
#include "store/mongo/attempts.h"
#include "store/mongo/audit_events.h"
#include "store/mongo/changes.h"
#include "store/mongo/connection.h"
#include "store/mongo/dump.h"
#include "store/mongo/keys.h"
#include "store/mongo/load.h"
#include "store/mongo/product_list.h"
#include "store/mongo/products.h"
#include "store/mongo/purge.h"
#include "store/mongo/role_write.h"
#include "store/mongo/roles.h"
#include "store/mongo/sessions.h"
#include "store/mongo/settings.h"
#include "store/mongo/user_import.h"
#include "store/mongo/user_life.h"
#include "store/mongo/user_list.h"
#include "store/mongo/user_seed.h"
#include "store/mongo/user_write.h"
#include "store/mongo/users.h"

const struct store_backend mongo_backend = {
    .name = "mongodb",
    .reads_are_local = false,
    .open = mongo_connection_store_open,
    .migrate = mongo_connection_migrate,
    .close = mongo_connection_store_close,
    .handle_open = mongo_connection_open,
    .handle_close = mongo_connection_close,
    .ping = mongo_connection_ping,
    .user_create = mongo_user_write_create,
    .user_get = mongo_users_get,
    .user_get_credentials = mongo_users_get_credentials,
    .user_update = mongo_user_write_update,
    .user_delete = mongo_user_write_delete,
    .user_restore = mongo_user_life_restore,
    .users_expired = mongo_user_life_expired,
    .users_purge = mongo_user_life_purge,
    .user_list = mongo_user_list_read,
    .user_list_tend = decide_no_tending,
    .user_seed = mongo_user_seed,
    .user_any = mongo_users_any,
    .users_import = mongo_user_import_rows,
    .users_export = mongo_users_export,
    .hash_kinds = mongo_users_hash_kinds,
    .session_create = mongo_sessions_create,
    .session_rotate = mongo_sessions_rotate,
    .session_get = mongo_sessions_get,
    .session_list = mongo_sessions_list,
    .session_end = mongo_sessions_end,
    .session_end_all = mongo_sessions_end_all,
    .session_knows_address = mongo_sessions_knows_address,
    .attempt_count = mongo_attempts_count,
    .attempt_fail = mongo_attempts_fail,
    .attempt_clear = mongo_attempts_clear,
    .attempt_return = mongo_attempts_return,
    .role_list = mongo_roles_list,
    .role_get = mongo_roles_get,
    .role_create = mongo_role_write_create,
    .role_update = mongo_role_write_update,
    .role_delete = mongo_role_write_delete,
    .key_list = mongo_keys_list,
    .key_create_first = mongo_keys_create_first,
    .key_rotate = mongo_keys_rotate,
    .key_retire = mongo_keys_retire,
    .setting_keep = mongo_settings_keep,
    .audit_append = mongo_audit_events_append,
    .audit_list = mongo_audit_events_list,
    .changes_read = mongo_changes_read,
    .purge = mongo_purge,
    .product_create = mongo_products_create,
    .product_get = mongo_products_get,
    .product_update = mongo_products_update,
    .product_delete = mongo_products_delete,
    .product_list = mongo_product_list,
    .standing = mongo_load_standing,
    .dump = mongo_dump,
    .dump_counts = mongo_dump_counts,
    .load_begin = mongo_load_begin,
    .load = mongo_load,
    .load_end = mongo_load_end,
};
