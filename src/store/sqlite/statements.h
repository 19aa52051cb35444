/* Every SQL statement of the SQLite store but the lists of products (product_list.c). Parameters
 * are numbered and given in that order. */
#ifndef LATCHKEY_STORE_SQLITE_STATEMENTS_H
#define LATCHKEY_STORE_SQLITE_STATEMENTS_H

/* In the order of enum product_column (products.c); p is the prefix of each column, "" or "p.". */
#define PRODUCT_COLUMNS(p)                                                                         \
    p "id, " p "number, " p "name, " p "description, " p "price_units, " p "price_places, " p      \
      "owner_id, " p "created_ms, " p "updated_ms, " p "version"
/* What leads to audit events. X(way, index, condition) */
#define AUDIT_WAYS(X)                                                                              \
    X(USER, "INDEXED BY audit_events_user", "user_id = ?4")                                        \
    X(NAME, "INDEXED BY audit_events_name", "user_id IS NULL AND user_name = ?5")                  \
    X(ACTOR, "INDEXED BY audit_events_actor", "actor_id = ?6")                                     \
    X(ADDRESS, "INDEXED BY audit_events_address", "address = ?8")                                  \
    X(EVENT, "INDEXED BY audit_events_event", "event = ?9")                                        \
    X(SYSTEM, "INDEXED BY audit_events_system", "actor_kind = 3")                                  \
    X(FAILURE, "INDEXED BY audit_events_failure", "outcome = 2")                                   \
    X(TIME, "NOT INDEXED", "1")

enum audit_way {
#define AUDIT_WAY_NAME(way, index, condition) AUDIT_WAY_##way,
    AUDIT_WAYS(AUDIT_WAY_NAME)
#undef AUDIT_WAY_NAME
        AUDIT_WAY_COUNT
};

enum statement {
    STATEMENT_BEGIN_READ,
    STATEMENT_BEGIN_WRITE,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_PING,

    STATEMENT_USER_BY_ID,
    STATEMENT_USER_BY_NUMBER,
    STATEMENT_USER_BY_USERNAME,
    STATEMENT_USER_BY_EMAIL,
    STATEMENT_USER_BY_FORMER_USERNAME,
    STATEMENT_USER_BY_FORMER_EMAIL,
    STATEMENT_USERS_EXPIRED,
    STATEMENT_USER_STANDING,
    STATEMENT_USER_REMAINS,
    STATEMENT_USER_INSERT,
    STATEMENT_USER_UPDATE,
    STATEMENT_USER_DELETE,
    STATEMENT_USER_RESTORE,
    STATEMENT_USER_PURGE,
    STATEMENT_USER_LOG_IN,
    STATEMENT_USER_IS_ACTIVE,
    STATEMENT_USER_NEXT_EPOCH,
    STATEMENT_USER_ANY,
    STATEMENT_USER_HASHES,
    STATEMENT_ADMIN_ANY,
    STATEMENT_ADMIN_OTHER,

    STATEMENT_USER_ROLES_CLEAR,
    STATEMENT_USER_ROLE_ADD,
    STATEMENT_ROLE_NUMBER,
    STATEMENT_ROLE_COUNT,
    STATEMENT_ROLE_LIST,
    STATEMENT_ROLE_BY_NAME,
    STATEMENT_ROLE_BY_ID,
    STATEMENT_ROLE_INSERT,
    STATEMENT_ROLE_UPDATE,
    STATEMENT_ROLE_STANDING,
    STATEMENT_ROLE_HOLDERS,
    STATEMENT_ROLE_FREE,
    STATEMENT_ROLE_DELETE,
    STATEMENT_ROLE_PERMISSION_ADD,
    STATEMENT_ROLE_PERMISSIONS_CLEAR,

    STATEMENT_SESSION_INSERT,
    STATEMENT_SESSION_TRIM,
    STATEMENT_SESSION_ROTATE,
    STATEMENT_SESSION_LOOK,
    STATEMENT_SESSION_LIST,
    STATEMENT_SESSION_END,
    STATEMENT_SESSION_END_ALL,
    STATEMENT_SESSION_KEEP,
    STATEMENT_SESSION_NETWORK,

    STATEMENT_ATTEMPT_READ,
    STATEMENT_ATTEMPT_WRITE,
    STATEMENT_ATTEMPT_FAIL,
    STATEMENT_ATTEMPT_CLEAR,
    STATEMENT_ATTEMPT_RETURN,

    STATEMENT_KEY_LIST,
    STATEMENT_KEY_COUNT,
    STATEMENT_KEY_INSERT,
    STATEMENT_KEY_INSERT_FIRST,
    STATEMENT_KEY_RETIRE_OTHERS,
    STATEMENT_KEY_STANDING,
    STATEMENT_KEY_RETIRE,

    STATEMENT_SETTING_INSERT,
    STATEMENT_SETTING_READ,

    STATEMENT_AUDIT_APPEND,
    STATEMENT_AUDIT_LIST, /* one for each way to find them, in the order of AUDIT_WAYS */
    STATEMENT_AUDIT_LIST_LAST = STATEMENT_AUDIT_LIST + AUDIT_WAY_COUNT - 1,
    STATEMENT_AUDIT_COUNT,
    STATEMENT_AUDIT_COUNT_LAST = STATEMENT_AUDIT_COUNT + AUDIT_WAY_COUNT - 1,
    STATEMENT_AUDIT_PURGE,

    STATEMENT_CHANGE_APPEND,
    STATEMENT_CHANGE_READ,

    STATEMENT_LIST_COUNT,
    STATEMENT_LIST_USER,
    STATEMENT_SEED_INSERT,
    STATEMENT_SEARCH_DUE,
    STATEMENT_SEARCH_FORGET,
    STATEMENT_SEARCH_LEARN,
    STATEMENT_SEARCH_DONE,

    STATEMENT_PURGE_CHANGES,
    STATEMENT_PURGE_SESSIONS,
    STATEMENT_PURGE_ATTEMPTS,

    STATEMENT_PRODUCT_GET,
    STATEMENT_PRODUCT_NUMBER,
    STATEMENT_PRODUCT_INSERT,
    STATEMENT_PRODUCT_UPDATE,
    STATEMENT_PRODUCT_DELETE,
    STATEMENT_PRODUCT_INDEX,
    STATEMENT_PRODUCT_UNINDEX,
    STATEMENT_IMPORT_CACHE,
    STATEMENT_IMPORT_INSERT,
    STATEMENT_IMPORT_ID_USED,
    STATEMENT_IMPORT_NAMES,
    STATEMENT_EXPORT_PAGE,

    STATEMENT_COUNT
};

/* The text; static. Pure. */
const char *sqlite_statements_text(enum statement statement);

#endif
