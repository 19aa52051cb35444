#include "store/sqlite/statements.h"

/* Names of the roles of the person `u`, one a line. */
#define ROLES_OF_U                                                                                 \
    "(SELECT group_concat(r.name, char(10)) FROM user_roles AS ur"                                 \
    " JOIN roles AS r ON r.number = ur.role_number WHERE ur.user_number = u.number)"

/* In the order of enum user_column (users.c). */
#define USER_PLAIN_COLUMNS                                                                         \
    "u.id, u.number, u.username, u.email, u.name, u.age, u.metadata, u.status,"                    \
    " u.email_verified, u.created_ms, u.updated_ms, u.last_login_ms, u.deleted_ms, u.epoch,"       \
    " u.version, u.password_hash, "
#define USER_COLUMNS USER_PLAIN_COLUMNS ROLES_OF_U

#define SELECT_USER "SELECT " USER_COLUMNS " FROM users AS u WHERE "

/* In the order of enum session_column (sessions.c). */
#define SESSION_COLUMNS                                                                            \
    "sessions.id, user_id, client_id, user_agent, address, sessions.created_ms, last_used_ms,"     \
    " expires_ms, counter, revoked_ms, sessions.epoch"

/* In the order of enum role_column (roles.c). */
#define ROLE_COLUMNS                                                                               \
    "id, name, description, built_in, created_ms, updated_ms, version,"                            \
    " (SELECT group_concat(permission, char(10)) FROM role_permissions"                            \
    " WHERE role_number = roles.number)"

/* The person of a session may use it: there, active, and has not ended all sessions since. */
#define SESSION_USER_IS_GOOD                                                                       \
    "EXISTS (SELECT 1 FROM users AS u WHERE u.id = sessions.user_id AND u.status = 1"              \
    " AND u.deleted_ms IS NULL AND u.epoch = sessions.epoch)"

/* The order of enum audit_column (audit_events.c). */
#define AUDIT_COLUMNS                                                                              \
    "id, event, outcome, actor_kind, actor_id, actor_name, user_id, user_name, address,"           \
    " user_agent, request_id, reason, details"
/* ?1 from, ?2 until, ?3 limit, ?4 user, ?5 name of nobody known, ?6 actor, ?7 kind of actor,
   ?8 address, ?9 event, ?10 outcome; NULL: any */
#define AUDIT_CONDITIONS                                                                           \
    " AND id >= ?1 AND id < ?2"                                                                    \
    " AND (?4 IS NULL OR user_id = ?4) AND (?5 IS NULL OR (user_id IS NULL AND user_name = ?5))"   \
    " AND (?6 IS NULL OR actor_id = ?6) AND (?7 IS NULL OR actor_kind = ?7)"                       \
    " AND (?8 IS NULL OR address = ?8) AND (?9 IS NULL OR event = ?9)"                             \
    " AND (?10 IS NULL OR outcome = ?10)"
#define AUDIT_LIST_TEXT(way, index, condition)                                                     \
    [STATEMENT_AUDIT_LIST + AUDIT_WAY_##way] =                                                     \
        "SELECT " AUDIT_COLUMNS " FROM audit_events " index " WHERE " condition AUDIT_CONDITIONS   \
        " ORDER BY id DESC LIMIT ?3",
#define AUDIT_COUNT_TEXT(way, index, condition)                                                    \
    [STATEMENT_AUDIT_COUNT + AUDIT_WAY_##way] =                                                    \
        "SELECT count(*) FROM audit_events " index " WHERE " condition AUDIT_CONDITIONS,

/* Ids of the roles of the person `u` in hex, one a line, where a list has the names. */
#define ROLE_IDS_OF_U                                                                              \
    "(SELECT group_concat(lower(hex(r.id)), char(10)) FROM user_roles AS ur"                       \
    " JOIN roles AS r ON r.number = ur.role_number WHERE ur.user_number = u.number)"

/* The change lc is newer than the order lo; than the terms of its block, which exist. */
#define IS_NEWER_THAN_ORDER "lc.round >= lo.round AND lc.what >> (lo.id / 2) & 1"
#define IS_NEWER_THAN_BLOCK(people)                                                                \
    "lc.round >= (SELECT lb.round FROM list_blocks AS lb WHERE lb.block = lc.number / " people ")"
/* Whatever it touched has been made anew since. */
#define IS_OUTDATED(people)                                                                        \
    "NOT EXISTS (SELECT 1 FROM list_orders AS lo WHERE " IS_NEWER_THAN_ORDER                       \
    ") AND NOT (lc.what & 1536 AND ifnull(" IS_NEWER_THAN_BLOCK(people) ", false))"

static const char *const texts[STATEMENT_COUNT] = {
    [STATEMENT_BEGIN_READ] = "BEGIN",
    [STATEMENT_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_PING] = "SELECT number FROM roles WHERE number = 1",

    /* ?2: of enum user_presence, 1 and 2. */
    [STATEMENT_USER_BY_ID] = SELECT_USER "u.id = ?1 AND iif(u.deleted_ms IS NULL, 1, 2) & ?2",
    [STATEMENT_USER_BY_NUMBER] =
        SELECT_USER "u.number = ?1 AND iif(u.deleted_ms IS NULL, 1, 2) & ?2",
    [STATEMENT_USER_BY_USERNAME] = SELECT_USER "u.username_key = ?1 AND u.deleted_ms IS NULL",
    [STATEMENT_USER_BY_EMAIL] = SELECT_USER "u.email_key = ?1 AND u.deleted_ms IS NULL",
    /* A second one tells that the name says too little. */
    [STATEMENT_USER_BY_FORMER_USERNAME] =
        "SELECT " USER_COLUMNS " FROM users AS u INDEXED BY users_gone_username"
        " WHERE u.username_key = ?1 AND u.deleted_ms IS NOT NULL LIMIT 2",
    [STATEMENT_USER_BY_FORMER_EMAIL] =
        "SELECT " USER_COLUMNS " FROM users AS u INDEXED BY users_gone_email"
        " WHERE u.email_order = ?1 AND u.deleted_ms IS NOT NULL LIMIT 2",
    [STATEMENT_USERS_EXPIRED] =
        "SELECT " USER_COLUMNS " FROM users AS u INDEXED BY users_gone_since"
        " WHERE u.deleted_ms < ?1 AND u.deleted_ms IS NOT NULL"
        " ORDER BY u.deleted_ms LIMIT ?2",
    /* Role number 1 is admin (migrations/sqlite/0001). */
    [STATEMENT_USER_STANDING] =
        "SELECT number, version, status = 1 AND EXISTS (SELECT 1 FROM user_roles"
        " WHERE user_number = users.number AND role_number = 1)"
        " FROM users WHERE id = ?1 AND deleted_ms IS NULL",
    /* The same of one who may be deleted: number, version, whether deleted, whether an admin. */
    [STATEMENT_USER_REMAINS] =
        "SELECT number, version, deleted_ms IS NOT NULL, deleted_ms IS NULL AND status = 1"
        " AND EXISTS (SELECT 1 FROM user_roles WHERE user_number = users.number"
        " AND role_number = 1) FROM users WHERE id = ?1",
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
    /* ?2 is the mask: 1 username, 2 e-mail. */
    [STATEMENT_USER_RESTORE] =
        "UPDATE users SET deleted_ms = NULL, username = iif(?2 & 1, ?3, username),"
        " username_key = iif(?2 & 1, ?4, username_key),"
        " email_verified = iif(?2 & 2 AND ?6 IS NOT email_key, 0, email_verified),"
        " email = iif(?2 & 2, ?5, email), email_key = iif(?2 & 2, ?6, email_key),"
        " updated_ms = ?7, version = version + 1 WHERE number = ?1",
    [STATEMENT_USER_PURGE] = "DELETE FROM users WHERE number = ?1",
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
    [STATEMENT_ADMIN_OTHER] =
        "SELECT EXISTS (SELECT 1 FROM user_roles AS ur JOIN users AS u ON u.number = ur.user_number"
        " WHERE ur.role_number = 1 AND ur.user_number <> ?1 AND u.status = 1"
        " AND u.deleted_ms IS NULL)",

    [STATEMENT_USER_ROLES_CLEAR] = "DELETE FROM user_roles WHERE user_number = ?1",
    [STATEMENT_USER_ROLE_ADD] =
        "INSERT INTO user_roles (user_number, role_number) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    /* Roles. ?2: the id that the role must have, NULL for any. */
    [STATEMENT_ROLE_NUMBER] =
        "SELECT number FROM roles WHERE name = ?1 AND (?2 IS NULL OR id = ?2)",
    [STATEMENT_ROLE_COUNT] = "SELECT count(*) FROM roles",
    [STATEMENT_ROLE_LIST] = "SELECT " ROLE_COLUMNS " FROM roles ORDER BY name",
    [STATEMENT_ROLE_BY_NAME] = "SELECT " ROLE_COLUMNS " FROM roles WHERE name = ?1",
    [STATEMENT_ROLE_BY_ID] = "SELECT " ROLE_COLUMNS " FROM roles WHERE id = ?1",
    [STATEMENT_ROLE_INSERT] =
        "INSERT INTO roles (id, name, description, built_in, created_ms, updated_ms)"
        " VALUES (?1, ?2, ?3, 0, ?4, ?4)",
    [STATEMENT_ROLE_UPDATE] = "UPDATE roles SET description = ?2, updated_ms = ?3,"
                              " version = version + 1 WHERE number = ?1",
    [STATEMENT_ROLE_STANDING] = "SELECT number, version, EXISTS (SELECT 1 FROM user_roles AS ur"
                                " JOIN users AS u ON u.number = ur.user_number"
                                " WHERE ur.role_number = roles.number AND u.deleted_ms IS NULL)"
                                " FROM roles WHERE id = ?1",
    [STATEMENT_ROLE_HOLDERS] = "SELECT count(*) FROM roles AS r"
                               " JOIN user_roles AS ur ON ur.role_number = r.number"
                               " JOIN users AS u ON u.number = ur.user_number"
                               " WHERE r.id = ?1 AND u.deleted_ms IS NULL",
    [STATEMENT_ROLE_FREE] = "DELETE FROM user_roles WHERE role_number = ?1",
    [STATEMENT_ROLE_DELETE] = "DELETE FROM roles WHERE number = ?1",
    [STATEMENT_ROLE_PERMISSION_ADD] = "INSERT INTO role_permissions (role_number, permission)"
                                      " VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [STATEMENT_ROLE_PERMISSIONS_CLEAR] = "DELETE FROM role_permissions WHERE role_number = ?1",

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
    /* Only after a look in the same transaction. */
    [STATEMENT_SESSION_ROTATE] =
        "UPDATE sessions SET counter = counter + 1, last_used_ms = ?3, rotated_ms = ?3,"
        " user_agent = ?4 WHERE id = ?1 AND counter = ?2",
    [STATEMENT_SESSION_ROTATE_AWAY] =
        "UPDATE sessions SET counter = counter + 1, last_used_ms = ?3, rotated_ms = ?3,"
        " user_agent = ?4, address = ?5, network = ?6 WHERE id = ?1 AND counter = ?2",
    /* With its person. */
    [STATEMENT_SESSION_LOOK_BOTH] =
        "SELECT " SESSION_COLUMNS ", rotated_ms, " USER_COLUMNS
        " FROM sessions CROSS JOIN users AS u ON u.id = sessions.user_id WHERE sessions.id = ?1"
        " AND revoked_ms IS NULL AND expires_ms > ?2 AND last_used_ms > ?3 AND u.status = 1"
        " AND u.deleted_ms IS NULL AND u.epoch = sessions.epoch",
    [STATEMENT_SESSION_LOOK] = "SELECT " SESSION_COLUMNS " FROM sessions WHERE id = ?1"
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
        " WHERE key = ?1 AND locked = 0 AND ends_ms > ?3 RETURNING locked",
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

    [STATEMENT_AUDIT_APPEND] =
        "INSERT INTO audit_events (" AUDIT_COLUMNS ")"
        " VALUES (?1, ?2, ?3, ?4, ?5,"
        " coalesce(?6, (SELECT username FROM users WHERE id = ?5)), ?7,"
        " coalesce(?8, (SELECT username FROM users WHERE id = ?7)), ?9, ?10, ?11, ?12, ?13)",
    AUDIT_WAYS(AUDIT_LIST_TEXT) AUDIT_WAYS(AUDIT_COUNT_TEXT)[STATEMENT_AUDIT_PURGE] =
        "DELETE FROM audit_events WHERE id IN"
        " (SELECT id FROM audit_events WHERE id < ?1 LIMIT ?2)",

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

    /* Orders and terms: list_order.c, list_term.c, list_find.c. */
    [STATEMENT_LIST_LAST] = "SELECT ifnull(max(number), 0) FROM users",
    [STATEMENT_LIST_ORDER] = "SELECT round, count FROM list_orders WHERE id = ?1",
    [STATEMENT_LIST_ORDER_UP] =
        "SELECT numbers FROM list_order_parts WHERE id BETWEEN ?1 AND ?2 ORDER BY id",
    [STATEMENT_LIST_ORDER_DOWN] =
        "SELECT numbers FROM list_order_parts WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC",
    /* ?1 what of orders matters, from the round ?2 on; ?3 what of terms; ?4 people in a block */
    [STATEMENT_LIST_CHANGED] =
        "SELECT number FROM list_changed AS lc WHERE (what & ?1 AND round >= ?2)"
        " OR (what & ?3 AND " IS_NEWER_THAN_BLOCK("?4") ") LIMIT ?5",
    [STATEMENT_LIST_TERM] =
        "SELECT lb.block, s.bits FROM list_blocks AS lb CROSS JOIN list_terms AS t ON"
        " t.block = lb.block AND t.kind = ?1 AND t.value = ?2 CROSS JOIN list_bits AS s"
        " ON s.id = t.bits ORDER BY lb.block",
    [STATEMENT_LIST_TERM_BETWEEN] =
        "SELECT lb.block, s.bits FROM list_blocks AS lb CROSS JOIN list_terms AS t ON"
        " t.block = lb.block AND t.kind = ?1 AND t.value = ?2 CROSS JOIN list_bits AS s"
        " ON s.id = t.bits WHERE lb.block >= ?3 / ?5 AND lb.block * ?5 < ?4 ORDER BY lb.block",
    [STATEMENT_LIST_TERM_OF_BLOCK] =
        "SELECT s.bits FROM list_terms AS t CROSS JOIN list_bits AS s ON s.id = t.bits"
        " WHERE t.block = ?1 AND t.kind = ?2 AND t.value = ?3",
    [STATEMENT_LIST_HAVE_PART] =
        "SELECT d.value FROM json_each(?1) AS d CROSS JOIN users AS u ON u.number = d.value WHERE"
        " instr(username_key, ?2) > 0 OR instr(email_key, ?2) > 0 OR instr(name_key, ?2) > 0",
    [STATEMENT_LIST_MATCHES] = "SELECT rowid FROM users_search WHERE users_search MATCH ?1"
                               " AND rowid >= ?2 AND rowid < ?3",
    [STATEMENT_LIST_HOLDERS] = "SELECT user_number FROM user_roles INDEXED BY user_roles_role"
                               " WHERE role_number = ?1 AND user_number >= ?2 AND user_number < ?3",

    /* Making them: list_tend.c, list_build.c, list_build_block.c. Orders 0 and 1 would be those by
       number. */
    [STATEMENT_LIST_ORDER_MISSING] =
        "WITH RECURSIVE ids (id) AS (SELECT 2 UNION ALL SELECT id + 1 FROM ids WHERE id < 17)"
        " SELECT id FROM ids WHERE id NOT IN (SELECT id FROM list_orders) LIMIT 1",
    [STATEMENT_LIST_ORDER_DUE] =
        "SELECT lo.id FROM list_orders AS lo WHERE (SELECT count(*) FROM (SELECT 1 FROM "
        "list_changed"
        " AS lc WHERE " IS_NEWER_THAN_ORDER " LIMIT ?1)) >= ?1 ORDER BY lo.round LIMIT 1",
    [STATEMENT_LIST_BLOCK_MISSING] =
        "WITH RECURSIVE blocks (block) AS (SELECT 0 UNION ALL SELECT block + 1 FROM blocks"
        " WHERE block < ?1) SELECT block FROM blocks"
        " WHERE block NOT IN (SELECT block FROM list_blocks) LIMIT 1",
    /* ?1 how many changes in all, ?2 people in a block: the block with the most of them */
    [STATEMENT_LIST_BLOCK_DUE] = "SELECT block FROM (SELECT number / ?2 AS block, count(*) AS n,"
                                 " sum(count(*)) OVER () AS everywhere FROM list_changed AS lc"
                                 " WHERE what & 1536 AND " IS_NEWER_THAN_BLOCK(
                                     "?2") " GROUP BY 1)"
                                           " WHERE everywhere >= ?1 ORDER BY n DESC LIMIT 1",
    [STATEMENT_LIST_CHANGES_OLD] =
        "SELECT 1 FROM list_changed AS lc WHERE " IS_OUTDATED("?1") " LIMIT 1",
    [STATEMENT_LIST_CHANGES_NEWER] =
        "SELECT EXISTS (SELECT 1 FROM list_changed WHERE round >= (SELECT min(round) FROM"
        " (SELECT round FROM list_orders UNION ALL SELECT round FROM list_blocks)))",
    [STATEMENT_LIST_CHANGES_FORGET] =
        "DELETE FROM list_changed WHERE number IN"
        " (SELECT number FROM list_changed AS lc WHERE " IS_OUTDATED("?1") " LIMIT ?2)",
    [STATEMENT_LIST_CHANGES_FORGET_ALL] = "DELETE FROM list_changed",
    [STATEMENT_LIST_ROUND_BEGIN] = "UPDATE list_rounds SET round = round + 1",
    [STATEMENT_LIST_ROUND] = "SELECT round FROM list_rounds",
    [STATEMENT_LIST_ORDER_WRITE] =
        "INSERT INTO list_orders (id, round, count) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE"
        " SET round = excluded.round, count = excluded.count WHERE list_orders.round < "
        "excluded.round",
    [STATEMENT_LIST_PART_WRITE] = "INSERT INTO list_order_parts (id, numbers) VALUES (?1, ?2)"
                                  " ON CONFLICT DO UPDATE SET numbers = excluded.numbers",
    [STATEMENT_LIST_PARTS_CUT] = "DELETE FROM list_order_parts WHERE id >= ?1 AND id < ?2",
    [STATEMENT_LIST_TEXTS] =
        "SELECT number, searched FROM users WHERE number >= ?1 AND number < ?2",
    [STATEMENT_LIST_ROLES] =
        "SELECT value FROM user_counts WHERE kind = 2 GROUP BY value HAVING sum(count) >= ?1",
    [STATEMENT_LIST_BLOCK_WRITE] =
        "INSERT INTO list_blocks (block, round) VALUES (?1, ?2) ON CONFLICT DO UPDATE"
        " SET round = excluded.round WHERE list_blocks.round < excluded.round",
    [STATEMENT_LIST_TERMS_CLEAR] = "DELETE FROM list_terms WHERE block = ?1",
    [STATEMENT_LIST_BITS_CLEAR] = "DELETE FROM list_bits WHERE id >= ?1 AND id < ?2",
    [STATEMENT_LIST_TERM_WRITE] =
        "INSERT INTO list_terms (block, kind, value, bits) VALUES (?1, ?2, ?3, ?4)",
    [STATEMENT_LIST_BITS_WRITE] = "INSERT INTO list_bits (id, bits) VALUES (?1, ?2)",

    [STATEMENT_SEED_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, name_key, age,"
        " metadata, status, email_verified, created_ms, updated_ms, last_login_ms, deleted_ms)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, latchkey_fold(?6), ?7, '{}', ?8, ?9, ?10, ?11, ?12, ?13)",
    /* Of the people behind the number ?1, what triggers keep of others (bulk.c). */
    [STATEMENT_BULK_COUNTS] =
        "INSERT INTO user_counts (kind, gone, value, count)"
        " SELECT 1, deleted_ms IS NOT NULL, status, count(*) FROM users WHERE number > ?1"
        " GROUP BY 2, 3 UNION ALL"
        " SELECT 2, u.deleted_ms IS NOT NULL, ur.role_number, count(*) FROM user_roles AS ur"
        " JOIN users AS u ON u.number = ur.user_number WHERE ur.user_number > ?1"
        " GROUP BY 2, 3 UNION ALL"
        " SELECT 3, deleted_ms IS NOT NULL, age, count(*) FROM users"
        " WHERE number > ?1 AND age IS NOT NULL GROUP BY 2, 3 UNION ALL"
        " SELECT 4, deleted_ms IS NOT NULL, created_ms / 86400000, count(*) FROM users"
        " WHERE number > ?1 GROUP BY 2, 3"
        " ON CONFLICT DO UPDATE SET count = count + excluded.count",
    [STATEMENT_BULK_SEARCH] =
        "INSERT INTO users_search (rowid, present, gone) SELECT number,"
        " iif(deleted_ms IS NULL, searched, ''), iif(deleted_ms IS NULL, '', searched)"
        " FROM users WHERE number > ?1 ORDER BY number",
    [STATEMENT_BULK_CHANGED] = "INSERT INTO list_changed SELECT number, 2047, round"
                               " FROM users CROSS JOIN list_rounds WHERE number > ?1",
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

    /* Products. ?1 is the id, ?2 the number, one of them NULL; ?3 the version asked for, 0 for any.
       The list is in product_list.c. */
    [STATEMENT_PRODUCT_GET] =
        "SELECT " PRODUCT_COLUMNS("") " FROM products WHERE id = ?1 OR number = ?2",
    [STATEMENT_PRODUCT_NUMBER] = "SELECT number FROM products WHERE id = ?1 OR number = ?2",
    [STATEMENT_PRODUCT_INSERT] =
        "INSERT INTO products (id, name, description, price_units, price_places, owner_id,"
        " created_ms, updated_ms, name_key, description_key)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, latchkey_fold(?2), latchkey_fold(?3))"
        " RETURNING " PRODUCT_COLUMNS(""),
    /* ?4 is the mask of enum product_field: 1 name, 2 description, 4 price. */
    [STATEMENT_PRODUCT_UPDATE] =
        "UPDATE products SET name = iif(?4 & 1, ?5, name),"
        " name_key = iif(?4 & 1, latchkey_fold(?5), name_key),"
        " description = iif(?4 & 2, ?6, description),"
        " description_key = iif(?4 & 2, latchkey_fold(?6), description_key),"
        " price_units = iif(?4 & 4, ?7, price_units),"
        " price_places = iif(?4 & 4, ?8, price_places), updated_ms = ?9, version = version + 1"
        " WHERE (id = ?1 OR number = ?2) AND (?3 = 0 OR version = ?3)"
        " RETURNING " PRODUCT_COLUMNS(""),
    [STATEMENT_PRODUCT_DELETE] =
        "DELETE FROM products WHERE (id = ?1 OR number = ?2) AND (?3 = 0 OR version = ?3)"
        " RETURNING " PRODUCT_COLUMNS(""),
    [STATEMENT_PRODUCT_INDEX] =
        "INSERT INTO products_text (rowid, name_key, description_key) SELECT"
        " number, name_key, description_key FROM products WHERE number = ?1",
    /* Before a change: the index is told the texts that it is to forget. */
    [STATEMENT_PRODUCT_UNINDEX] =
        "INSERT INTO products_text (products_text, rowid, name_key, description_key)"
        " SELECT 'delete', number, name_key, description_key FROM products"
        " WHERE (id = ?1 OR number = ?2) AND (?3 = 0 OR version = ?3)",
    /* Import and export. An import says itself why nothing was inserted. */
    /* 64 MiB: a batch touches pages all over the indexes, each of which is written once then. */
    [STATEMENT_IMPORT_CACHE] = "PRAGMA cache_size = -131072",
    [STATEMENT_IMPORT_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, age, metadata,"
        " status, email_verified, password_hash, created_ms, updated_ms, name_key)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, latchkey_fold(?6))"
        " ON CONFLICT DO NOTHING"
        " RETURNING number",
    [STATEMENT_IMPORT_ID_USED] = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)",
    /* Of those who have the username ?1 or the e-mail ?2: which of them. */
    [STATEMENT_IMPORT_NAMES] = "SELECT username_key = ?1, email_key IS ?2 FROM users"
                               " WHERE username_key = ?1 AND deleted_ms IS NULL UNION ALL"
                               " SELECT username_key = ?1, email_key IS ?2 FROM users"
                               " WHERE email_key = ?2 AND deleted_ms IS NULL",
    [STATEMENT_EXPORT_PAGE] =
        SELECT_USER "u.deleted_ms IS NULL AND u.number > ?1 ORDER BY u.number LIMIT ?2",

    /* Moving to another store (dump.c, load.c). Whether it is marked; whether anything is there. */
    [STATEMENT_STANDING] =
        "SELECT EXISTS (SELECT 1 FROM settings WHERE name = ?1),"
        " EXISTS (SELECT 1 FROM settings) OR EXISTS (SELECT 1 FROM signing_keys)"
        " OR EXISTS (SELECT 1 FROM roles WHERE built_in = 0) OR EXISTS (SELECT 1 FROM users)"
        " OR EXISTS (SELECT 1 FROM products) OR EXISTS (SELECT 1 FROM audit_events)",
    /* ?1 number, ?2 id, ?3 name of the position; ?4 how many; ?5: see each. */
    [STATEMENT_DUMP_OF(RECORD_SETTING)] =
        "SELECT name, value FROM settings WHERE name > ?3 AND name <> ?5 ORDER BY name LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_KEY)] =
        "SELECT key_id, algorithm, material, created_ms, signs_from_ms, retired_ms"
        " FROM signing_keys WHERE key_id > ?3 ORDER BY key_id LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_ROLE)] =
        "SELECT " ROLE_COLUMNS " FROM roles WHERE id > ?2 ORDER BY id LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_USER)] =
        "SELECT " USER_PLAIN_COLUMNS ROLE_IDS_OF_U
        " FROM users AS u WHERE u.number > ?1 ORDER BY u.number LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_SESSION)] =
        "SELECT " SESSION_COLUMNS ", rotated_ms FROM sessions WHERE id > ?2 ORDER BY id LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_PRODUCT)] =
        "SELECT " PRODUCT_COLUMNS("") " FROM products WHERE number > ?1 ORDER BY number LIMIT ?4",
    [STATEMENT_DUMP_OF(RECORD_AUDIT_EVENT)] =
        "SELECT " AUDIT_COLUMNS " FROM audit_events WHERE id > ?2 ORDER BY id LIMIT ?4",
    /* ?5: since. Kinds 1 and 2: of sessions and of users. */
    [STATEMENT_DUMP_OF(RECORD_CHANGE)] =
        "SELECT kind, subject, max(at_ms) FROM changes WHERE at_ms >= ?5 AND kind <= 2"
        " AND (kind, subject) > (?1, ?2) GROUP BY kind, subject ORDER BY kind, subject LIMIT ?4",
    /* By enum counter_name. */
    [STATEMENT_DUMP_OF(RECORD_COUNTER)] =
        "SELECT c.number, ifnull(s.seq, 0) FROM"
        " (SELECT 1 AS number, 'users' AS name UNION ALL SELECT 2, 'products') AS c"
        " LEFT JOIN sqlite_sequence AS s ON s.name = c.name WHERE c.number > ?1"
        " ORDER BY c.number LIMIT ?4",

    /* In the order of enum record_kind; people are counted already (kind 1: by status). */
    [STATEMENT_DUMP_COUNTS] =
        "SELECT (SELECT count(*) FROM settings), (SELECT count(*) FROM signing_keys),"
        " (SELECT count(*) FROM roles),"
        " (SELECT ifnull(sum(count), 0) FROM user_counts WHERE kind = 1),"
        " (SELECT count(*) FROM sessions), (SELECT count(*) FROM products),"
        " (SELECT count(*) FROM audit_events),"
        " (SELECT count(*) FROM changes WHERE at_ms >= ?1 AND kind <= 2), 2",

    [STATEMENT_LOAD_MARK] =
        "INSERT INTO settings (name, value) VALUES (?1, x'') ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_UNMARK] = "DELETE FROM settings WHERE name = ?1",
    /* What has _SAME takes the values of the statement before it, and finds the record that is
       there already if it is the same one. */
    [STATEMENT_LOAD_SETTING] =
        "INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_SETTING_SAME] = "SELECT 1 FROM settings WHERE name = ?1 AND value = ?2",
    [STATEMENT_LOAD_KEY] =
        "INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
        " retired_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_KEY_SAME] =
        "SELECT 1 FROM signing_keys WHERE key_id = ?1 AND algorithm = ?2 AND material = ?3"
        " AND created_ms = ?4 AND signs_from_ms = ?5 AND retired_ms IS ?6",
    [STATEMENT_LOAD_ROLE] =
        "INSERT INTO roles (id, name, description, built_in, created_ms, updated_ms, version)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_ROLE_SAME] =
        "SELECT 1 FROM roles WHERE id = ?1 AND name = ?2 AND description IS ?3 AND built_in = ?4"
        " AND created_ms = ?5 AND updated_ms = ?6 AND version = ?7",
    [STATEMENT_LOAD_ROLE_BUILT_IN] =
        "UPDATE roles SET description = ?3, created_ms = ?5, updated_ms = ?6, version = ?7"
        " WHERE id = ?1 AND name = ?2 AND built_in = 1 AND ?4 = 1",
    [STATEMENT_LOAD_ROLE_NUMBER] = "SELECT number FROM roles WHERE id = ?1",
    [STATEMENT_LOAD_PERMISSION_COUNT] =
        "SELECT count(*) FROM role_permissions WHERE role_number = ?1",
    [STATEMENT_LOAD_USER] =
        "INSERT INTO users (number, id, username, username_key, email, email_key, name, name_key,"
        " age, metadata, status, email_verified, password_hash, created_ms, updated_ms,"
        " last_login_ms, deleted_ms, epoch, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
        " latchkey_fold(?7), ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
        " ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_USER_SAME] =
        "SELECT 1 FROM users WHERE number = ?1 AND id = ?2 AND username = ?3 AND username_key = ?4"
        " AND email IS ?5 AND email_key IS ?6 AND name IS ?7 AND age IS ?8 AND metadata = ?9"
        " AND status = ?10 AND email_verified = ?11 AND password_hash IS ?12 AND created_ms = ?13"
        " AND updated_ms = ?14 AND last_login_ms IS ?15 AND deleted_ms IS ?16 AND epoch = ?17"
        " AND version = ?18",
    [STATEMENT_LOAD_USER_ROLE] =
        "INSERT INTO user_roles (user_number, role_number)"
        " SELECT ?1, number FROM roles WHERE id = ?2 ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_USER_ROLE_COUNT] = "SELECT count(*) FROM user_roles WHERE user_number = ?1",
    [STATEMENT_LOAD_SESSION] =
        "INSERT INTO sessions (id, user_id, client_id, user_agent, address, network, created_ms,"
        " last_used_ms, rotated_ms, expires_ms, counter, revoked_ms, epoch)"
        " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13"
        " WHERE EXISTS (SELECT 1 FROM users WHERE id = ?2) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_SESSION_SAME] =
        "SELECT 1 FROM sessions WHERE id = ?1 AND user_id = ?2 AND client_id = ?3"
        " AND user_agent IS ?4 AND address = ?5 AND network = ?6 AND created_ms = ?7"
        " AND last_used_ms = ?8 AND rotated_ms IS ?9 AND expires_ms = ?10 AND counter = ?11"
        " AND revoked_ms IS ?12 AND epoch = ?13",
    [STATEMENT_LOAD_SESSION_USER] = "SELECT EXISTS (SELECT 1 FROM users WHERE id = ?1)",
    [STATEMENT_LOAD_PRODUCT] =
        "INSERT INTO products (number, id, name, description, price_units, price_places, owner_id,"
        " created_ms, updated_ms, version, name_key, description_key) VALUES (?1, ?2, ?3, ?4, ?5,"
        " ?6, ?7, ?8, ?9, ?10, latchkey_fold(?3), latchkey_fold(?4)) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_PRODUCT_SAME] =
        "SELECT 1 FROM products WHERE number = ?1 AND id = ?2 AND name = ?3 AND description IS ?4"
        " AND price_units = ?5 AND price_places = ?6 AND owner_id = ?7 AND created_ms = ?8"
        " AND updated_ms = ?9 AND version = ?10",
    [STATEMENT_LOAD_AUDIT_EVENT] =
        "INSERT INTO audit_events (" AUDIT_COLUMNS ")"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_AUDIT_EVENT_SAME] =
        "SELECT 1 FROM audit_events WHERE id = ?1 AND event = ?2 AND outcome = ?3"
        " AND actor_kind = ?4 AND actor_id IS ?5 AND actor_name IS ?6 AND user_id IS ?7"
        " AND user_name IS ?8 AND address = ?9 AND user_agent IS ?10 AND request_id IS ?11"
        " AND reason IS ?12 AND details = ?13",
    [STATEMENT_LOAD_CHANGE] =
        "INSERT INTO changes (kind, subject, at_ms) SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
        " (SELECT 1 FROM changes WHERE kind = ?1 AND subject = ?2 AND at_ms = ?3)",
    [STATEMENT_LOAD_COUNTER] = "UPDATE sqlite_sequence SET seq = max(seq, ?2) WHERE name = ?1",
    [STATEMENT_LOAD_COUNTER_FIRST] =
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2"
        " WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)",
};

const char *sqlite_statements_text(enum statement statement)
{
    return texts[statement];
}
