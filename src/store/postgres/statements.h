/* Every SQL statement of the PostgreSQL store but those put together for a list (product_list.c,
   people_sql.c, audit_events.c). Parameters are numbered and given in that order. */
#ifndef LATCHKEY_STORE_POSTGRES_STATEMENTS_H
#define LATCHKEY_STORE_POSTGRES_STATEMENTS_H

#include "model/record.h"

/* Names of the roles of the person `u`, one a line. */
#define ROLES_OF_U                                                                                 \
    "(SELECT string_agg(r.name, E'\\n' ORDER BY r.name) FROM user_roles AS ur"                     \
    " JOIN roles AS r ON r.number = ur.role_number WHERE ur.user_number = u.number)"
/* In the order of enum user_column (users.c). */
#define USER_PLAIN_COLUMNS                                                                         \
    "u.id, u.number, u.username, u.email, u.name, u.age, u.metadata, u.status,"                    \
    " u.email_verified, u.created_ms, u.updated_ms, u.last_login_ms, u.deleted_ms, u.epoch,"       \
    " u.version, u.password_hash, "
#define USER_COLUMNS USER_PLAIN_COLUMNS ROLES_OF_U
/* In the order of enum product_column (products.c); p is the prefix of each column, "" or "p.". */
#define PRODUCT_COLUMNS(p)                                                                         \
    p "id, " p "number, " p "name, " p "description, " p "price_units, " p "price_places, " p      \
      "owner_id, " p "created_ms, " p "updated_ms, " p "version"
/* In the order of enum audit_column (audit_events.c). */
#define AUDIT_COLUMNS                                                                              \
    "id, event, outcome, actor_kind, actor_id, actor_name, user_id, user_name, address,"           \
    " user_agent, request_id, reason, details"

enum statement {
    STATEMENT_SETTINGS,
    STATEMENT_PATIENCE,
    STATEMENT_BEGIN,
    STATEMENT_BEGIN_READ,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_LOCK,
    STATEMENT_PING,
    STATEMENT_NOTIFY,
    STATEMENT_LISTEN,
    STATEMENT_SCHEMA_COLUMNS,
    STATEMENT_SCHEMA_HISTORY,
    STATEMENT_SCHEMA_MAKE,
    STATEMENT_SCHEMA_REMEMBER,

    STATEMENT_USER_BY_ID,
    STATEMENT_USER_BY_NUMBER,
    STATEMENT_USER_BY_USERNAME,
    STATEMENT_USER_BY_EMAIL,
    STATEMENT_USER_BY_FORMER_USERNAME,
    STATEMENT_USER_BY_FORMER_EMAIL,
    STATEMENT_USERS_EXPIRED,
    STATEMENT_USER_LOCK,
    STATEMENT_USER_IS_ADMIN,
    STATEMENT_USERS_LOCK,
    STATEMENT_USER_REMAINS,
    STATEMENT_USER_CREATE,
    STATEMENT_USER_UPDATE,
    STATEMENT_USER_DELETE,
    STATEMENT_USER_RESTORE,
    STATEMENT_USER_PURGE,
    STATEMENT_USER_LOG_IN,
    STATEMENT_USER_IS_ACTIVE,
    STATEMENT_USER_NEXT_EPOCH,
    STATEMENT_USER_ANY,
    STATEMENT_USER_HASHES,
    STATEMENT_USER_ROLES_SET,
    STATEMENT_ADMIN_LOCK,
    STATEMENT_ADMIN_ANY,
    STATEMENT_ADMIN_OTHER,
    STATEMENT_EXPORT_PAGE,
    STATEMENT_LIST_COUNT,
    STATEMENT_SEED_INSERT,
    STATEMENT_BULK_ROLES,
    STATEMENT_IMPORT_ROLES,
    STATEMENT_IMPORT_INSERT,
    STATEMENT_IMPORT_NAMES,

    STATEMENT_ROLE_NUMBER,
    STATEMENT_ROLE_LIST,
    STATEMENT_ROLE_BY_NAME,
    STATEMENT_ROLE_BY_ID,
    STATEMENT_ROLE_CREATE,
    STATEMENT_ROLE_UPDATE,
    STATEMENT_ROLE_LOCK,
    STATEMENT_ROLE_IS_HELD,
    STATEMENT_ROLE_HOLDERS,
    STATEMENT_ROLE_FREE,
    STATEMENT_ROLE_DELETE,

    STATEMENT_SESSION_TRIM,
    STATEMENT_SESSION_ROTATE,
    STATEMENT_SESSION_LOOK,
    STATEMENT_SESSIONS_ROTATE,
    STATEMENT_SESSIONS_LOOK,
    STATEMENT_SESSION_LIST,
    STATEMENT_SESSION_END,
    STATEMENT_SESSION_END_ALL,
    STATEMENT_SESSION_KEEP,
    STATEMENT_SESSION_NETWORK,

    STATEMENT_ATTEMPT_LOOK,
    STATEMENT_ATTEMPT_HOLD,
    STATEMENT_ATTEMPT_COUNT,
    STATEMENT_ATTEMPT_FAIL,
    STATEMENT_ATTEMPT_CLEAR,
    STATEMENT_ATTEMPT_RETURN,

    STATEMENT_KEY_LIST,
    STATEMENT_KEY_INSERT,
    STATEMENT_KEY_INSERT_FIRST,
    STATEMENT_KEY_RETIRE_OTHERS,
    STATEMENT_KEY_STANDING,
    STATEMENT_KEY_RETIRE,

    STATEMENT_SETTING_INSERT,
    STATEMENT_SETTING_READ,

    STATEMENT_AUDIT_APPEND,

    STATEMENT_CHANGE_APPEND,
    STATEMENT_CHANGE_READ,
    STATEMENT_PURGE_CHANGES,
    STATEMENT_PURGE_SESSIONS,
    STATEMENT_PURGE_ATTEMPTS,
    STATEMENT_PURGE_AUDIT,
    STATEMENT_PURGE_COUNTS,

    STATEMENT_PRODUCT_GET,
    STATEMENT_PRODUCT_INSERT,
    STATEMENT_PRODUCT_UPDATE,
    STATEMENT_PRODUCT_DELETE,

    STATEMENT_STANDING,
    STATEMENT_DUMP, /* by enum record_kind */
    STATEMENT_DUMP_LAST = STATEMENT_DUMP + RECORD_KIND_END - 1,
    STATEMENT_DUMP_COUNTS,
    STATEMENT_LOAD_MARK,
    STATEMENT_LOAD_UNMARK,
    STATEMENT_LOAD_SETTING,
    STATEMENT_LOAD_KEY,
    STATEMENT_LOAD_ROLE,
    STATEMENT_LOAD_ROLE_BUILT_IN,
    STATEMENT_LOAD_PERMISSIONS_CLEAR,
    STATEMENT_LOAD_PERMISSIONS,
    STATEMENT_LOAD_PERMISSION_COUNT,
    STATEMENT_LOAD_USER,
    STATEMENT_LOAD_USER_ROLES,
    STATEMENT_LOAD_USER_ROLE_COUNT,
    STATEMENT_LOAD_SESSION,
    STATEMENT_LOAD_SESSION_USER,
    STATEMENT_LOAD_PRODUCT,
    STATEMENT_LOAD_AUDIT_EVENT,
    STATEMENT_LOAD_CHANGE,
    STATEMENT_LOAD_COUNTER,

    STATEMENT_COUNT
};

/* The text; static. Pure. */
const char *postgres_statements_text(enum statement statement);

#endif
