#include "store/sqlite/statements.h"

/* Names of the roles of the person `u`, one a line. */
#define ROLES_OF_U                                                                                 \
    "(SELECT group_concat(r.name, char(10)) FROM user_roles AS ur"                                 \
    " JOIN roles AS r ON r.number = ur.role_number WHERE ur.user_number = u.number)"

/* In the order of enum user_column (users.c). */
#define USER_COLUMNS                                                                               \
    "u.id, u.number, u.username, u.email, u.name, u.age, u.metadata, u.status,"                    \
    " u.email_verified, u.created_ms, u.updated_ms, u.last_login_ms, u.deleted_ms, u.epoch,"       \
    " u.version, u.password_hash, " ROLES_OF_U

#define SELECT_USER "SELECT " USER_COLUMNS " FROM users AS u WHERE "

/* In the order of enum session_column (sessions.c). */
#define SESSION_COLUMNS                                                                            \
    "id, user_id, client_id, user_agent, address, created_ms, last_used_ms, expires_ms,"           \
    " counter, revoked_ms, epoch"

/* The person of a session may use it: there, active, and has not ended all sessions since. */
#define SESSION_USER_IS_GOOD                                                                       \
    "EXISTS (SELECT 1 FROM users AS u WHERE u.id = sessions.user_id AND u.status = 1"              \
    " AND u.deleted_ms IS NULL AND u.epoch = sessions.epoch)"

static const char *const texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN_READ] = "BEGIN",
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PING] = "SELECT number FROM roles WHERE number = 1",

    [STATEMENT_USER_BY_ID] = SELECT_USER "u.id = ?1 AND u.deleted_ms IS NULL",
    [STATEMENT_USER_BY_NUMBER] = SELECT_USER "u.number = ?1 AND u.deleted_ms IS NULL",
    [STATEMENT_USER_BY_USERNAME] = SELECT_USER "u.username_key = ?1 AND u.deleted_ms IS NULL",
    [STATEMENT_USER_BY_EMAIL] = SELECT_USER "u.email_key = ?1 AND u.deleted_ms IS NULL",
    /* Role number 1 is admin (migrations/sqlite/0001). */
    [STATEMENT_USER_STANDING] =
        "SELECT number, version, status = 1 AND EXISTS (SELECT 1 FROM user_roles"
        " WHERE user_number = users.number AND role_number = 1)"
        " FROM users WHERE id = ?1 AND deleted_ms IS NULL",
    [STATEMENT_USER_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, age, metadata,"
        " status, email_verified, password_hash, created_ms, updated_ms, name_key)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, latchkey_fold(?6))",
    /* ?2 is the mask of enum user_field: 1 username, 2 e-mail, 4 name, 8 age, 16 metadata, 32
       verified, 64 status, 128 password; ?13 is what the epoch goes up by. */
    [STATEMENT_USER_UPDATE] =
        "UPDATE users SET"
        " username = iif(?2 & 1, ?3, username), username_key = iif(?2 & 1, ?4, username_key),"
        " email_verified = CASE WHEN ?2 & 32 THEN ?10"
        " WHEN ?2 & 2 AND ?6 IS NOT email_key THEN 0 ELSE email_verified END,"
        " email = iif(?2 & 2, ?5, email), email_key = iif(?2 & 2, ?6, email_key),"
        " name = iif(?2 & 4, ?7, name),"
        " name_key = iif(?2 & 4, latchkey_fold(?7), name_key), age = iif(?2 & 8, ?8, age),"
        " metadata = iif(?2 & 16, ?9, metadata), status = iif(?2 & 64, ?11, status),"
        " password_hash = iif(?2 & 128, ?12, password_hash), epoch = epoch + ?13,"
        " updated_ms = ?14, version = version + 1"
        " WHERE id = ?1 AND deleted_ms IS NULL",
    [STATEMENT_USER_DELETE] =
        "UPDATE users SET deleted_ms = ?2, updated_ms = ?2, epoch = epoch + 1,"
        " version = version + 1 WHERE id = ?1 AND deleted_ms IS NULL",
    [STATEMENT_USER_LOG_IN] = "UPDATE users SET last_login_ms = ?3, password_hash ="
                              " iif(?4 IS NOT NULL AND password_hash = ?5, ?4, password_hash)"
                              " WHERE id = ?1 AND deleted_ms IS NULL AND status = 1 AND epoch = ?2",
    [STATEMENT_USER_IS_ACTIVE] =
        "SELECT 1 FROM users WHERE id = ?1 AND deleted_ms IS NULL AND status = 1",
    [STATEMENT_USER_NEXT_EPOCH] =
        "UPDATE users SET epoch = epoch + 1 WHERE id = ?1 AND deleted_ms IS NULL",
    [STATEMENT_USER_ANY] = "SELECT EXISTS (SELECT 1 FROM user_counts"
                           " WHERE kind = 1 AND gone = 0 AND count > 0)",
    [STATEMENT_USER_HASHES] = "SELECT password_hash FROM users WHERE deleted_ms IS NULL"
                              " ORDER BY number DESC LIMIT ?1",
    [STATEMENT_ADMIN_ANY] =
        "SELECT EXISTS (SELECT 1 FROM user_roles AS ur JOIN users AS u ON u.number = ur.user_number"
        " WHERE ur.role_number = 1 AND u.status = 1 AND u.deleted_ms IS NULL)",

    [STATEMENT_USER_ROLES_CLEAR] = "DELETE FROM user_roles WHERE user_number = ?1",
    [STATEMENT_USER_ROLE_ADD] =
        "INSERT INTO user_roles (user_number, role_number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [STATEMENT_ROLE_NUMBER] = "SELECT number FROM roles WHERE name = ?1",
    [STATEMENT_ROLE_COUNT] = "SELECT count(*) FROM roles",
    [STATEMENT_ROLE_LIST] = "SELECT id, name, description, built_in, created_ms, updated_ms,"
                            " (SELECT group_concat(permission, char(10)) FROM role_permissions"
                            " WHERE role_number = roles.number)"
                            " FROM roles ORDER BY name",

    [STATEMENT_SESSION_INSERT] =
        "INSERT INTO sessions (id, user_id, client_id, user_agent, address, network, created_ms,"
        " last_used_ms, expires_ms, counter, epoch)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    /* ?3: when one used last is idle too long; ?4: how many may stay. */
    [STATEMENT_SESSION_TRIM] =
        "UPDATE sessions SET revoked_ms = ?2 WHERE id IN (SELECT id FROM sessions"
        " INDEXED BY sessions_open"
        " WHERE user_id = ?1 AND revoked_ms IS NULL AND expires_ms > ?2 AND last_used_ms > ?3"
        " ORDER BY last_used_ms DESC, id DESC LIMIT -1 OFFSET ?4) RETURNING id, 1",
    [STATEMENT_SESSION_ROTATE] =
        "UPDATE sessions SET counter = counter + 1, last_used_ms = ?3, rotated_ms = ?3,"
        " address = ?5, network = ?6, user_agent = ?7"
        " WHERE id = ?1 AND counter = ?2 AND revoked_ms IS NULL AND expires_ms > ?3"
        " AND last_used_ms > ?4 AND " SESSION_USER_IS_GOOD " RETURNING " SESSION_COLUMNS,
    [STATEMENT_SESSION_LOOK] = "SELECT " SESSION_COLUMNS ", rotated_ms FROM sessions WHERE id = ?1"
                               " AND revoked_ms IS NULL AND expires_ms > ?2 AND last_used_ms > ?3"
                               " AND " SESSION_USER_IS_GOOD,
    [STATEMENT_SESSION_LIST] =
        "SELECT " SESSION_COLUMNS
        " FROM sessions INDEXED BY sessions_open WHERE user_id = ?1 AND revoked_ms IS NULL"
        " AND expires_ms > ?2 AND last_used_ms > ?3 AND " SESSION_USER_IS_GOOD
        " ORDER BY last_used_ms DESC, id DESC LIMIT ?4",
    [STATEMENT_SESSION_END] = "UPDATE sessions SET revoked_ms = ?3 WHERE id = ?1 AND user_id = ?2"
                              " AND revoked_ms IS NULL AND expires_ms > ?3",
    [STATEMENT_SESSION_END_ALL] = "UPDATE sessions INDEXED BY sessions_open SET revoked_ms = ?2 "
                                  "WHERE user_id = ?1 AND revoked_ms IS NULL"
                                  " AND id IS NOT ?3 RETURNING id, expires_ms > ?2",
    [STATEMENT_SESSION_KEEP] =
        "UPDATE sessions SET epoch = (SELECT u.epoch FROM users AS u WHERE u.id = ?1)"
        " WHERE id = ?2 AND user_id = ?1 AND revoked_ms IS NULL",
    [STATEMENT_SESSION_NETWORK] =
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1 AND network = ?2)",

    [STATEMENT_ATTEMPT_READ] =
        "SELECT attempts, failures, ends_ms, locked FROM attempts WHERE key = ?1",
    [STATEMENT_ATTEMPT_WRITE] =
        "INSERT INTO attempts (key, attempts, failures, ends_ms, locked) VALUES (?1, ?2, ?3, ?4, 0)"
        " ON CONFLICT (key) DO UPDATE SET attempts = excluded.attempts,"
        " failures = excluded.failures, ends_ms = excluded.ends_ms, locked = 0",
    /* ?2 limit, ?3 now, ?4 end of the lock */
    [STATEMENT_ATTEMPT_FAIL] =
        "UPDATE attempts SET failures = failures + 1, locked = failures + 1 >= ?2,"
        " ends_ms = iif(failures + 1 >= ?2, ?4, ends_ms)"
        " WHERE key = ?1 AND locked = 0 AND ends_ms > ?3",
    [STATEMENT_ATTEMPT_CLEAR] = "DELETE FROM attempts WHERE key = ?1",
    [STATEMENT_ATTEMPT_RETURN] =
        "UPDATE attempts SET attempts = attempts - 1 WHERE key = ?1 AND attempts > 0",

    [STATEMENT_KEY_LIST] =
        "SELECT key_id, algorithm, material, created_ms, signs_from_ms, retired_ms"
        " FROM signing_keys ORDER BY created_ms, key_id",
    [STATEMENT_KEY_COUNT] = "SELECT count(*) FROM signing_keys",
    [STATEMENT_KEY_INSERT] =
        "INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
        " retired_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    [STATEMENT_KEY_INSERT_FIRST] =
        "INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
        " retired_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM signing_keys"
        " WHERE algorithm = ?2 AND (retired_ms IS NULL OR retired_ms > ?7))",
    [STATEMENT_KEY_RETIRE_OTHERS] =
        "UPDATE signing_keys SET retired_ms = ?2"
        " WHERE algorithm = ?1 AND (retired_ms IS NULL OR retired_ms > ?2)",
    /* Whether it is open; whether its algorithm is not the one in force, or another of it is open.
     */
    [STATEMENT_KEY_STANDING] =
        "SELECT k.retired_ms IS NULL OR k.retired_ms > ?2, k.algorithm IS NOT ?3"
        " OR EXISTS (SELECT 1 FROM signing_keys AS o WHERE o.algorithm = k.algorithm AND o.key_id "
        "<> k.key_id"
        " AND (o.retired_ms IS NULL OR o.retired_ms > ?2)) FROM signing_keys AS k"
        " WHERE k.key_id = ?1",
    [STATEMENT_KEY_RETIRE] = "UPDATE signing_keys SET retired_ms = ?2 WHERE key_id = ?1",

    [STATEMENT_SETTING_INSERT] =
        "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [STATEMENT_SETTING_READ] = "SELECT value FROM settings WHERE name = ?1",

    [STATEMENT_CHANGE_APPEND] = "INSERT INTO changes (kind, subject, at_ms) VALUES (?1, ?2, ?3)",
    /* Kind 2 is CHANGE_USER. */
    [STATEMENT_CHANGE_READ] =
        "SELECT c.sequence, c.kind, c.subject, c.at_ms, u.id IS NULL, u.status, u.deleted_ms,"
        " " ROLES_OF_U " FROM changes AS c LEFT JOIN users AS u ON c.kind = 2 AND u.id = c.subject"
        " WHERE c.sequence > ?1 AND c.at_ms >= ?2 ORDER BY c.sequence",

    /* Lists of people: what user_list_sql.c does not assemble. ?1 to ?2: of present, gone, both. */
    [STATEMENT_LIST_COUNT] = "SELECT ifnull(sum(count), 0) FROM user_counts WHERE kind = ?3"
                             " AND gone BETWEEN ?1 AND ?2 AND value BETWEEN ?4 AND ?5",
    [STATEMENT_LIST_USER] = SELECT_USER "u.number = ?1",
    [STATEMENT_SEED_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, name_key, age,"
        " metadata, status, email_verified, created_ms, updated_ms, last_login_ms, deleted_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, latchkey_fold(?6), ?7, '{}', ?8, ?9, ?10, ?11, ?12, ?13)",
    [STATEMENT_SEARCH_DUE] = "SELECT EXISTS (SELECT 1 FROM users_search_due)",
    [STATEMENT_SEARCH_FORGET] =
        "INSERT INTO users_search (users_search, rowid, present, gone)"
        " SELECT 'delete', number, present, gone FROM users_search_due WHERE present IS NOT NULL"
        " ORDER BY number",
    [STATEMENT_SEARCH_LEARN] =
        "INSERT INTO users_search (rowid, present, gone) SELECT u.number,"
        " iif(u.deleted_ms IS NULL, u.searched, ''), iif(u.deleted_ms IS NULL, '', u.searched)"
        " FROM users_search_due AS d CROSS JOIN users AS u ON u.number = d.number"
        " ORDER BY d.number",
    [STATEMENT_SEARCH_DONE] = "DELETE FROM users_search_due",

    [STATEMENT_PURGE_CHANGES] = "DELETE FROM changes WHERE sequence IN"
                                " (SELECT sequence FROM changes WHERE at_ms < ?1 LIMIT ?2)",
    [STATEMENT_PURGE_SESSIONS] = "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
                                 " WHERE revoked_ms < ?1 OR expires_ms < ?1 LIMIT ?2)",
    [STATEMENT_PURGE_ATTEMPTS] = "DELETE FROM attempts WHERE key IN"
                                 " (SELECT key FROM attempts WHERE ends_ms < ?1 LIMIT ?2)",
};

const char *sqlite_statements_text(enum statement statement)
{
    return texts[statement];
}
