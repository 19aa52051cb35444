#include "store/postgres/statements.h"

#define SELECT_USER "SELECT " USER_COLUMNS " FROM users AS u WHERE "
#define HAS_PRESENCE(parameter)                                                                    \
    "(CASE WHEN u.deleted_ms IS NULL THEN 1 ELSE 2 END & " parameter ") <> 0"

/* In the order of enum session_column (sessions.c). */
#define SESSION_COLUMNS                                                                            \
    "s.id, s.user_id, s.client_id, s.user_agent, s.address, s.created_ms, s.last_used_ms,"         \
    " s.expires_ms, s.counter, s.revoked_ms, s.epoch, s.rotated_ms"
/* The person of a session may use it: there, active, and has not ended all sessions since. */
#define SESSION_USER_IS_GOOD "u.status = 1 AND u.deleted_ms IS NULL AND u.epoch = s.epoch"

/* True of every element; makes the planner expect few of them, whatever the arrays: so the plan
   that is kept for all calls looks each session up by its key, and is never more costly than one
   made for a single call, which takes longer to be made than to be carried out. */
#define FEW_OF_A "a.now_ms > 0 AND a.idle_ms < a.now_ms"

/* In the order of enum role_column (roles.c). */
#define ROLE_COLUMNS                                                                               \
    "r.id, r.name, r.description, r.built_in, r.created_ms, r.updated_ms, r.version,"              \
    " (SELECT string_agg(p.permission, E'\\n' ORDER BY p.permission) FROM role_permissions AS p"   \
    " WHERE p.role_number = r.number)"

/* Roles by their names (an array) and, where said, ids (one as long, or empty). */
#define ROLES_ASKED(names, ids) "unnest(" names "::text[], " ids "::uuid[]) AS a (name, id)"
#define IS_ROLE_ASKED "r.name = a.name AND (a.id IS NULL OR r.id = a.id)"
#define ROLES_MISSING(names, ids)                                                                  \
    "(SELECT count(*) FROM " ROLES_ASKED(                                                          \
        names, ids) " WHERE NOT EXISTS"                                                            \
                    " (SELECT 1 FROM roles AS r WHERE " IS_ROLE_ASKED "))"

#define IS_ADMIN_OF_U                                                                              \
    "EXISTS (SELECT 1 FROM user_roles AS ur WHERE ur.user_number = u.number AND ur.role_number = " \
    "1)"

/* Names of the subject that are not given are those of now. $14: only with that session. */
#define AUDIT_VALUES                                                                               \
    "$1, $2, $3, $4, $5, coalesce($6, (SELECT username FROM users WHERE id = $5)), $7,"            \
    " coalesce($8, (SELECT username FROM users WHERE id = $7)), $9, $10, $11, $12, $13"

/* A record that is put: 1 where it was inserted, 0 where the same is there, no row where something
   else is in its way. */
#define PUT(insert, same)                                                                          \
    "WITH made AS (" insert " ON CONFLICT DO NOTHING RETURNING 1)"                                 \
    " SELECT 1 FROM made UNION ALL SELECT 0 FROM " same

static const char *const texts[STATEMENT_COUNT] = {
    /* $1 to $3 in milliseconds. The compiler of expressions costs more than these statements. */
    [STATEMENT_SETTINGS] =
        "SELECT (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint,"
        " set_config(s.name, s.value, false) FROM (VALUES ('statement_timeout', $1),"
        " ('lock_timeout', $2), ('idle_in_transaction_session_timeout', $3), ('jit', 'off'),"
        " ('default_transaction_isolation', 'read committed'), ('client_min_messages', 'warning'))"
        " AS s (name, value)",
    /* Of this transaction: $1 for a statement, $2 for a lock. */
    [STATEMENT_PATIENCE] =
        "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true),"
        " set_config('idle_in_transaction_session_timeout', $1, true)",
    [STATEMENT_BEGIN] = "BEGIN",
    [STATEMENT_BEGIN_READ] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_LOCK] = "SELECT pg_advisory_xact_lock($1)",
    [STATEMENT_PING] = "SELECT number FROM roles WHERE number = 1",
    /* Not in the transaction of the change: then all who notify would commit one after another. */
    [STATEMENT_NOTIFY] = "NOTIFY latchkey_changes",
    [STATEMENT_LISTEN] = "LISTEN latchkey_changes",
    [STATEMENT_SCHEMA_COLUMNS] =
        "SELECT count(*) FILTER (WHERE attname IN ('number', 'name', 'checksum', 'applied_ms'))"
        " + count(*) FILTER (WHERE attname NOT IN ('number', 'name', 'checksum', 'applied_ms')) * "
        "100"
        " FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations') AND attnum > 0"
        " AND NOT attisdropped",
    [STATEMENT_SCHEMA_HISTORY] =
        "SELECT number, checksum, applied_ms FROM schema_migrations ORDER BY number",
    [STATEMENT_SCHEMA_MAKE] =
        "CREATE TABLE IF NOT EXISTS schema_migrations (number bigint PRIMARY KEY,"
        " name text NOT NULL, checksum text NOT NULL, applied_ms bigint NOT NULL)",
    [STATEMENT_SCHEMA_REMEMBER] = "INSERT INTO schema_migrations (number, name, checksum, "
                                  "applied_ms) VALUES ($1, $2, $3, $4)",

    /* $2: of enum user_presence, 1 and 2. */
    [STATEMENT_USER_BY_ID] = SELECT_USER "u.id = $1 AND " HAS_PRESENCE("$2"),
    [STATEMENT_USER_BY_NUMBER] = SELECT_USER "u.number = $1 AND " HAS_PRESENCE("$2"),
    [STATEMENT_USER_BY_USERNAME] = SELECT_USER "u.username_key = $1 AND u.deleted_ms IS NULL",
    [STATEMENT_USER_BY_EMAIL] = SELECT_USER "u.email_key = $1 AND u.deleted_ms IS NULL",
    /* A second one tells that the name says too little. */
    [STATEMENT_USER_BY_FORMER_USERNAME] =
        SELECT_USER "u.username_key = $1 AND u.deleted_ms IS NOT NULL LIMIT 2",
    [STATEMENT_USER_BY_FORMER_EMAIL] =
        SELECT_USER "u.email_key = $1 AND u.deleted_ms IS NOT NULL LIMIT 2",
    [STATEMENT_USERS_EXPIRED] =
        SELECT_USER "u.deleted_ms < $1 AND u.deleted_ms IS NOT NULL ORDER BY u.deleted_ms LIMIT $2",
    /* What is read after it is read when the lock is held: what went before is seen. */
    [STATEMENT_USER_LOCK] = "SELECT number, version, deleted_ms IS NOT NULL FROM users"
                            " WHERE id = $1 FOR NO KEY UPDATE",
    /* Role number 1 is admin (migrations/postgres/0001). */
    [STATEMENT_USER_IS_ADMIN] = "SELECT u.deleted_ms IS NULL AND u.status = 1 AND " IS_ADMIN_OF_U
                                " FROM users AS u WHERE u.id = $1",
    [STATEMENT_USERS_LOCK] =
        "SELECT number FROM users WHERE id = ANY ($1::uuid[]) ORDER BY number FOR UPDATE",
    [STATEMENT_USER_REMAINS] =
        "SELECT u.number, u.version, u.deleted_ms IS NULL AND u.status = 1 AND " IS_ADMIN_OF_U
        " FROM users AS u WHERE u.id = $1",
    /* No row: a role is missing. $14 and $15: names and ids of roles. */
    [STATEMENT_USER_CREATE] =
        "WITH made AS (INSERT INTO users (id, username, username_key, email, email_key, name,"
        " name_key, age, metadata, status, email_verified, password_hash, created_ms, updated_ms)"
        " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13"
        " WHERE " ROLES_MISSING(
            "$14", "$15") " = 0 RETURNING number),"
                          " held AS (INSERT INTO user_roles (user_number, role_number)"
                          " SELECT DISTINCT made.number, r.number FROM made, " ROLES_ASKED(
                              "$14", "$15") ", roles AS r WHERE " IS_ROLE_ASKED ")"
                                            " SELECT number FROM made",
    /* $2 is the mask of enum user_field: 1 username, 2 e-mail, 4 name, 8 age, 16 metadata, 32
       verified, 64 status, 128 password; $14 is what the epoch goes up by. */
    [STATEMENT_USER_UPDATE] =
        "UPDATE users SET"
        " username = CASE WHEN $2 & 1 <> 0 THEN $3 ELSE username END,"
        " username_key = CASE WHEN $2 & 1 <> 0 THEN $4 ELSE username_key END,"
        " email_verified = CASE WHEN $2 & 32 <> 0 THEN $11"
        " WHEN $2 & 2 <> 0 AND $6 IS DISTINCT FROM email_key THEN false ELSE email_verified END,"
        " email = CASE WHEN $2 & 2 <> 0 THEN $5 ELSE email END,"
        " email_key = CASE WHEN $2 & 2 <> 0 THEN $6 ELSE email_key END,"
        " name = CASE WHEN $2 & 4 <> 0 THEN $7 ELSE name END,"
        " name_key = CASE WHEN $2 & 4 <> 0 THEN $8 ELSE name_key END,"
        " age = CASE WHEN $2 & 8 <> 0 THEN $9 ELSE age END,"
        " metadata = CASE WHEN $2 & 16 <> 0 THEN $10 ELSE metadata END,"
        " status = CASE WHEN $2 & 64 <> 0 THEN $12 ELSE status END,"
        " password_hash = CASE WHEN $2 & 128 <> 0 THEN $13 ELSE password_hash END,"
        " epoch = epoch + $14, updated_ms = $15, version = version + 1"
        " WHERE id = $1::uuid AND deleted_ms IS NULL",
    [STATEMENT_USER_DELETE] =
        "UPDATE users SET deleted_ms = $2, updated_ms = $2, epoch = epoch + 1,"
        " version = version + 1 WHERE id = $1 AND deleted_ms IS NULL",
    /* $2 is the mask: 1 username, 2 e-mail. */
    [STATEMENT_USER_RESTORE] =
        "UPDATE users SET deleted_ms = NULL,"
        " username = CASE WHEN $2 & 1 <> 0 THEN $3 ELSE username END,"
        " username_key = CASE WHEN $2 & 1 <> 0 THEN $4 ELSE username_key END,"
        " email_verified = email_verified AND NOT ($2 & 2 <> 0 AND $6 IS DISTINCT FROM email_key),"
        " email = CASE WHEN $2 & 2 <> 0 THEN $5 ELSE email END,"
        " email_key = CASE WHEN $2 & 2 <> 0 THEN $6 ELSE email_key END,"
        " updated_ms = $7, version = version + 1 WHERE id = $1",
    [STATEMENT_USER_PURGE] = "DELETE FROM users WHERE id = $1",
    /* All that a log-in does for one who may: $1 user, $2 epoch, $3 now, $4 new hash, $5 old hash;
       the session; $15 keys of attempts to be forgotten. */
    [STATEMENT_USER_LOG_IN] =
        "WITH who AS (UPDATE users SET last_login_ms = $3, password_hash ="
        " CASE WHEN $4::text IS NOT NULL AND password_hash = $5 THEN $4 ELSE password_hash END"
        " WHERE id = $1 AND deleted_ms IS NULL AND status = 1 AND epoch = $2 RETURNING id),"
        " made AS (INSERT INTO sessions (id, user_id, client_id, user_agent, address, network,"
        " created_ms, last_used_ms, expires_ms, counter, epoch)"
        " SELECT $6, who.id, $7, $8, $9, $10, $11, $12, $13, $14, $2 FROM who),"
        " forgotten AS (DELETE FROM attempts WHERE key IN (SELECT key FROM attempts"
        " WHERE key = ANY ($15::bytea[]) AND EXISTS (SELECT 1 FROM who) ORDER BY key FOR UPDATE))"
        " SELECT id FROM who",
    [STATEMENT_USER_IS_ACTIVE] =
        "SELECT 1 FROM users WHERE id = $1 AND deleted_ms IS NULL AND status = 1",
    [STATEMENT_USER_NEXT_EPOCH] =
        "WITH moved AS (UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND deleted_ms IS NULL"
        " RETURNING id), noted AS (INSERT INTO changes (kind, subject, at_ms)"
        " SELECT 2, id, $2 FROM moved) SELECT count(*) FROM moved",
    [STATEMENT_USER_ANY] = "SELECT EXISTS (SELECT 1 FROM users WHERE deleted_ms IS NULL)",
    [STATEMENT_USER_HASHES] = "SELECT password_hash FROM users WHERE deleted_ms IS NULL"
                              " ORDER BY number DESC LIMIT $1",
    /* How many of the roles asked for are missing. */
    [STATEMENT_USER_ROLES_SET] = "WITH wanted AS (SELECT DISTINCT r.number FROM " ROLES_ASKED(
        "$2", "$3") " JOIN roles AS r ON " IS_ROLE_ASKED "),"
                    " removed AS (DELETE FROM user_roles WHERE user_number = $1"
                    " AND role_number NOT IN (SELECT number FROM wanted)),"
                    " added AS (INSERT INTO user_roles (user_number, role_number)"
                    " SELECT $1, number FROM wanted ON CONFLICT DO NOTHING)"
                    " SELECT " ROLES_MISSING("$2", "$3"),
    /* Who takes an admin away holds it; who gives the role to somebody does not wait for it. */
    [STATEMENT_ADMIN_LOCK] = "SELECT number FROM roles WHERE number = 1 FOR NO KEY UPDATE",
    [STATEMENT_ADMIN_ANY] =
        "SELECT EXISTS (SELECT 1 FROM user_roles AS ur JOIN users AS u ON u.number = ur.user_number"
        " WHERE ur.role_number = 1 AND u.status = 1 AND u.deleted_ms IS NULL)",
    [STATEMENT_ADMIN_OTHER] =
        "SELECT EXISTS (SELECT 1 FROM user_roles AS ur JOIN users AS u ON u.number = ur.user_number"
        " WHERE ur.role_number = 1 AND ur.user_number <> $1 AND u.status = 1"
        " AND u.deleted_ms IS NULL)",
    [STATEMENT_EXPORT_PAGE] =
        SELECT_USER "u.deleted_ms IS NULL AND u.number > $1 ORDER BY u.number LIMIT $2",
    /* $1 to $2: of present (false), gone (true), both. */
    [STATEMENT_LIST_COUNT] = "SELECT coalesce(sum(count), 0)::bigint FROM user_counts"
                             " WHERE kind = $3 AND gone BETWEEN $1 AND $2 AND value BETWEEN $4 AND "
                             "$5",
    /* Bulk: arrays, an element a person, and numbers in their order. */
    [STATEMENT_SEED_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, name_key, age,"
        " metadata, status, email_verified, created_ms, updated_ms, last_login_ms, deleted_ms)"
        " SELECT p.id, p.username, p.username_key, p.email, p.email_key, p.name, p.name_key, p.age,"
        " '{}', p.status, p.verified, p.created_ms, p.updated_ms, p.last_login_ms, p.deleted_ms"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::bigint[], $9::bigint[], $10::bool[], $11::bigint[], $12::bigint[],"
        " $13::bigint[], $14::bigint[]) WITH ORDINALITY AS p (id, username, username_key, email,"
        " email_key, name, name_key, age, status, verified, created_ms, updated_ms, last_login_ms,"
        " deleted_ms, place) ORDER BY p.place",
    /* $1 people's ids, $2 names of roles, $3 ids of roles or NULL: a pair an element. How many
       roles are missing. */
    [STATEMENT_BULK_ROLES] =
        "WITH a AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS a (who, name, id)),"
        " held AS (INSERT INTO user_roles (user_number, role_number)"
        " SELECT DISTINCT u.number, r.number FROM a JOIN users AS u ON u.id = a.who"
        " JOIN roles AS r ON " IS_ROLE_ASKED " ON CONFLICT DO NOTHING)"
        " SELECT count(*) FROM a WHERE NOT EXISTS (SELECT 1 FROM roles AS r WHERE " IS_ROLE_ASKED
        ")",
    /* They stay as long as the transaction. */
    [STATEMENT_IMPORT_ROLES] = "SELECT name FROM roles WHERE name = ANY ($1::text[])"
                               " ORDER BY number FOR KEY SHARE",
    [STATEMENT_IMPORT_INSERT] =
        "INSERT INTO users (id, username, username_key, email, email_key, name, name_key, age,"
        " metadata, status, email_verified, password_hash, created_ms, updated_ms)"
        " SELECT p.id, p.username, p.username_key, p.email, p.email_key, p.name, p.name_key, p.age,"
        " p.metadata, p.status, p.verified, p.password_hash, p.created_ms, p.updated_ms"
        " FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],"
        " $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::bool[], $12::text[],"
        " $13::bigint[], $14::bigint[]) WITH ORDINALITY AS p (id, username, username_key, email,"
        " email_key, name, name_key, age, metadata, status, verified, password_hash, created_ms,"
        " updated_ms, place) ORDER BY p.place ON CONFLICT DO NOTHING"
        " RETURNING number, id, username_key, email_key",
    /* Who is in the way of each: the place (from 1), the number, whether the id is the same,
       whether the names of one who is not deleted are. */
    [STATEMENT_IMPORT_NAMES] =
        "SELECT p.place, u.number, u.id = p.id, u.deleted_ms IS NULL AND u.username_key = "
        "p.username,"
        " u.deleted_ms IS NULL AND u.email_key IS NOT DISTINCT FROM p.email"
        " FROM unnest($1::uuid[], $2::text[], $3::text[]) WITH ORDINALITY AS p (id, username,"
        " email, place) JOIN LATERAL (SELECT v.number FROM users AS v WHERE v.id = p.id"
        " UNION SELECT v.number FROM users AS v WHERE v.username_key = p.username"
        " AND v.deleted_ms IS NULL UNION SELECT v.number FROM users AS v"
        " WHERE v.email_key = p.email AND v.deleted_ms IS NULL) AS f ON true"
        " JOIN users AS u ON u.number = f.number ORDER BY p.place",

    /* Roles. $2: the id that the role must have, NULL for any. */
    [STATEMENT_ROLE_NUMBER] = "SELECT number FROM roles WHERE name = $1",
    [STATEMENT_ROLE_LIST] = "SELECT " ROLE_COLUMNS " FROM roles AS r ORDER BY r.name",
    [STATEMENT_ROLE_BY_NAME] = "SELECT " ROLE_COLUMNS " FROM roles AS r WHERE r.name = $1",
    [STATEMENT_ROLE_BY_ID] = "SELECT " ROLE_COLUMNS " FROM roles AS r WHERE r.id = $1",
    [STATEMENT_ROLE_CREATE] =
        "WITH made AS (INSERT INTO roles (id, name, description, built_in, created_ms, updated_ms)"
        " VALUES ($1, $2, $3, false, $4, $4) RETURNING number, id),"
        " added AS (INSERT INTO role_permissions (role_number, permission)"
        " SELECT DISTINCT made.number, p FROM made, unnest($5::text[]) AS p)"
        " INSERT INTO changes (kind, subject, at_ms) SELECT 3, id, $4 FROM made",
    /* A row: it was of that version. */
    [STATEMENT_ROLE_UPDATE] =
        "WITH changed AS (UPDATE roles SET description = $3, updated_ms = $4,"
        " version = version + 1 WHERE id = $1 AND version = $2 RETURNING number, id),"
        " removed AS (DELETE FROM role_permissions WHERE role_number = (SELECT number FROM changed)"
        " AND permission <> ALL ($5::text[])),"
        " added AS (INSERT INTO role_permissions (role_number, permission)"
        " SELECT DISTINCT changed.number, p FROM changed, unnest($5::text[]) AS p"
        " ON CONFLICT DO NOTHING),"
        " noted AS (INSERT INTO changes (kind, subject, at_ms) SELECT 3, id, $4 FROM changed)"
        " SELECT number FROM changed",
    [STATEMENT_ROLE_LOCK] = "SELECT number, version FROM roles WHERE id = $1 FOR UPDATE",
    [STATEMENT_ROLE_IS_HELD] =
        "SELECT EXISTS (SELECT 1 FROM roles AS r JOIN user_roles AS ur ON ur.role_number = r.number"
        " JOIN users AS u ON u.number = ur.user_number"
        " WHERE r.id = $1 AND u.deleted_ms IS NULL)",
    [STATEMENT_ROLE_HOLDERS] = "SELECT count(*) FROM roles AS r"
                               " JOIN user_roles AS ur ON ur.role_number = r.number"
                               " JOIN users AS u ON u.number = ur.user_number"
                               " WHERE r.id = $1 AND u.deleted_ms IS NULL",
    [STATEMENT_ROLE_FREE] = "DELETE FROM user_roles AS ur USING users AS u"
                            " WHERE ur.role_number = $1 AND u.number = ur.user_number"
                            " AND u.deleted_ms IS NOT NULL",
    [STATEMENT_ROLE_DELETE] = "DELETE FROM roles WHERE number = $1",

    /* Within the transaction of the log-in, whose new session is $5: those beyond $4 end. $3: when
       one used last is idle too long. */
    [STATEMENT_SESSION_TRIM] =
        "WITH ended AS (UPDATE sessions SET revoked_ms = $2 WHERE id IN (SELECT id FROM sessions"
        " WHERE user_id = $1 AND revoked_ms IS NULL AND expires_ms > $2 AND last_used_ms > $3"
        " AND EXISTS (SELECT 1 FROM sessions AS n WHERE n.id = $5)"
        " ORDER BY last_used_ms DESC, id DESC OFFSET $4) RETURNING id),"
        " noted AS (INSERT INTO changes (kind, subject, at_ms) SELECT 1, id, $2 FROM ended)"
        " SELECT count(*) FROM ended",
    [STATEMENT_SESSION_ROTATE] =
        "UPDATE sessions AS s SET counter = counter + 1, last_used_ms = $3, rotated_ms = $3,"
        " address = $5, network = $6, user_agent = $7"
        " WHERE s.id = $1 AND s.counter = $2 AND s.revoked_ms IS NULL AND s.expires_ms > $3"
        " AND s.last_used_ms > $4 AND EXISTS (SELECT 1 FROM users AS u WHERE u.id = s.user_id"
        " AND " SESSION_USER_IS_GOOD ")",
    /* With its person, as both stand now. */
    [STATEMENT_SESSION_LOOK] =
        "SELECT " SESSION_COLUMNS ", " USER_COLUMNS
        " FROM sessions AS s JOIN users AS u ON u.id = s.user_id"
        " WHERE s.id = $1 AND s.revoked_ms IS NULL AND s.expires_ms > $2 AND s.last_used_ms > $3"
        " AND " SESSION_USER_IS_GOOD,
    /* The same for many: arrays in the order of enum column (rotations.c), each session once. First
       the rows that can be had at once are locked and looked at, then those are changed where they
       stand. */
    [STATEMENT_SESSIONS_ROTATE] =
        "WITH a AS MATERIALIZED (SELECT a.*, s.ctid AS place FROM"
        " unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],"
        " $7::text[]) AS a (id, counter, now_ms, idle_ms, address, network, user_agent)"
        " JOIN sessions AS s ON s.id = a.id WHERE " FEW_OF_A
        " AND s.counter = a.counter AND s.revoked_ms IS NULL AND s.expires_ms > a.now_ms"
        " AND s.last_used_ms > a.idle_ms AND (SELECT " SESSION_USER_IS_GOOD
        " FROM users AS u WHERE u.id = s.user_id) FOR NO KEY UPDATE OF s SKIP LOCKED)"
        " UPDATE sessions AS s SET counter = s.counter + 1, last_used_ms = a.now_ms,"
        " rotated_ms = a.now_ms, address = a.address, network = a.network,"
        " user_agent = a.user_agent FROM a WHERE s.ctid = a.place AND s.id = a.id"
        " AND s.counter = a.counter RETURNING s.id",
    /* OFFSET 0: nobody is looked for but by their session. */
    [STATEMENT_SESSIONS_LOOK] =
        "SELECT " SESSION_COLUMNS ", " USER_COLUMNS
        " FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS a (id, now_ms, idle_ms)"
        " JOIN sessions AS s ON s.id = a.id"
        " CROSS JOIN LATERAL (SELECT * FROM users AS u WHERE u.id = s.user_id OFFSET 0) AS u"
        " WHERE " FEW_OF_A " AND s.revoked_ms IS NULL AND s.expires_ms > a.now_ms"
        " AND s.last_used_ms > a.idle_ms AND " SESSION_USER_IS_GOOD,
    [STATEMENT_SESSION_LIST] =
        "SELECT " SESSION_COLUMNS " FROM sessions AS s JOIN users AS u ON u.id = s.user_id"
        " WHERE s.user_id = $1 AND s.revoked_ms IS NULL AND s.expires_ms > $2"
        " AND s.last_used_ms > $3 AND " SESSION_USER_IS_GOOD
        " ORDER BY s.last_used_ms DESC, s.id DESC LIMIT $4",
    [STATEMENT_SESSION_END] =
        "WITH ended AS (UPDATE sessions SET revoked_ms = $3 WHERE id = $1 AND user_id = $2"
        " AND revoked_ms IS NULL AND expires_ms > $3 RETURNING id)"
        " INSERT INTO changes (kind, subject, at_ms) SELECT 1, id, $3 FROM ended",
    /* How many had not expired. */
    [STATEMENT_SESSION_END_ALL] =
        "WITH ended AS (UPDATE sessions SET revoked_ms = $2 WHERE user_id = $1"
        " AND revoked_ms IS NULL AND id IS DISTINCT FROM $3::uuid"
        " RETURNING id, expires_ms > $2 AS counts),"
        " noted AS (INSERT INTO changes (kind, subject, at_ms) SELECT 1, id, $2 FROM ended)"
        " SELECT count(*) FILTER (WHERE counts) FROM ended",
    [STATEMENT_SESSION_KEEP] =
        "UPDATE sessions AS s SET epoch = u.epoch FROM users AS u"
        " WHERE s.id = $2 AND s.user_id = $1 AND s.revoked_ms IS NULL AND u.id = $1",
    [STATEMENT_SESSION_NETWORK] =
        "SELECT EXISTS (SELECT 1 FROM sessions WHERE user_id = $1 AND network = $2)",

    /* Attempts: $1 keys in their order, $2 their limits, $3 now. Until when they let nothing
       through: to the end of a lock, or $4. */
    [STATEMENT_ATTEMPT_LOOK] =
        "SELECT coalesce(max(CASE WHEN a.locked THEN a.ends_ms WHEN a.attempts >= w.most THEN $4"
        " ELSE 0 END), 0) FROM unnest($1::bytea[], $2::bigint[]) AS w (key, most)"
        " JOIN attempts AS a ON a.key = w.key WHERE a.ends_ms > $3",
    /* Each row is there and held after it; one that is made has a window that is over. */
    [STATEMENT_ATTEMPT_HOLD] =
        "INSERT INTO attempts (key, attempts, failures, ends_ms, locked)"
        " SELECT w.key, 0, 0, 0, false FROM unnest($1::bytea[]) AS w (key) ORDER BY w.key"
        " ON CONFLICT (key) DO UPDATE SET attempts = attempts.attempts WHERE false",
    /* $5: the end of a new window. */
    [STATEMENT_ATTEMPT_COUNT] =
        "WITH closed AS (SELECT coalesce(max(CASE WHEN a.locked THEN a.ends_ms"
        " WHEN a.attempts >= w.most THEN $4 ELSE 0 END), 0) AS until_ms"
        " FROM unnest($1::bytea[], $2::bigint[]) AS w (key, most)"
        " JOIN attempts AS a ON a.key = w.key WHERE a.ends_ms > $3),"
        " counted AS (UPDATE attempts SET attempts = CASE WHEN ends_ms > $3 THEN attempts ELSE 0"
        " END + 1, failures = CASE WHEN ends_ms > $3 THEN failures ELSE 0 END, locked = false,"
        " ends_ms = CASE WHEN ends_ms > $3 THEN ends_ms ELSE $5 END"
        " WHERE key = ANY ($1::bytea[]) AND (SELECT until_ms FROM closed) = 0)"
        " SELECT until_ms FROM closed",
    /* $4: the end of a lock. Whether one locks now. */
    [STATEMENT_ATTEMPT_FAIL] =
        "WITH held AS (SELECT key FROM attempts WHERE key = ANY ($1::bytea[]) ORDER BY key FOR "
        "UPDATE),"
        " failed AS (UPDATE attempts AS a SET failures = a.failures + 1,"
        " locked = a.failures + 1 >= w.most,"
        " ends_ms = CASE WHEN a.failures + 1 >= w.most THEN $4 ELSE a.ends_ms END"
        " FROM held, unnest($1::bytea[], $2::bigint[]) AS w (key, most)"
        " WHERE a.key = held.key AND w.key = held.key AND NOT a.locked AND a.ends_ms > $3"
        " RETURNING a.locked) SELECT coalesce(bool_or(locked), false) FROM failed",
    [STATEMENT_ATTEMPT_CLEAR] = "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts"
                                " WHERE key = ANY ($1::bytea[]) ORDER BY key FOR UPDATE)",
    [STATEMENT_ATTEMPT_RETURN] =
        "UPDATE attempts SET attempts = attempts - 1 WHERE attempts > 0 AND key IN (SELECT key"
        " FROM attempts WHERE key = ANY ($1::bytea[]) ORDER BY key FOR UPDATE)",

    [STATEMENT_KEY_LIST] =
        "SELECT key_id, algorithm, material, created_ms, signs_from_ms, retired_ms"
        " FROM signing_keys ORDER BY created_ms, key_id",
    [STATEMENT_KEY_INSERT] =
        "INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
        " retired_ms) VALUES ($1, $2, $3, $4, $5, $6)",
    [STATEMENT_KEY_INSERT_FIRST] =
        "INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
        " retired_ms) SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT 1 FROM signing_keys"
        " WHERE algorithm = $2 AND (retired_ms IS NULL OR retired_ms > $7))",
    [STATEMENT_KEY_RETIRE_OTHERS] =
        "UPDATE signing_keys SET retired_ms = $2"
        " WHERE algorithm = $1 AND (retired_ms IS NULL OR retired_ms > $2)",
    /* Whether it is open; whether its algorithm is not the one in force, or another of it is open.
     */
    [STATEMENT_KEY_STANDING] =
        "SELECT k.retired_ms IS NULL OR k.retired_ms > $2, k.algorithm IS DISTINCT FROM $3"
        " OR EXISTS (SELECT 1 FROM signing_keys AS o WHERE o.algorithm = k.algorithm"
        " AND o.key_id <> k.key_id AND (o.retired_ms IS NULL OR o.retired_ms > $2))"
        " FROM signing_keys AS k WHERE k.key_id = $1",
    [STATEMENT_KEY_RETIRE] = "UPDATE signing_keys SET retired_ms = $2 WHERE key_id = $1",

    [STATEMENT_SETTING_INSERT] =
        "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
    [STATEMENT_SETTING_READ] = "SELECT value FROM settings WHERE name = $1",

    [STATEMENT_AUDIT_APPEND] = "INSERT INTO audit_events (" AUDIT_COLUMNS ")"
                               " SELECT " AUDIT_VALUES " WHERE $14::uuid IS NULL"
                               " OR EXISTS (SELECT 1 FROM sessions WHERE id = $14)",

    [STATEMENT_CHANGE_APPEND] = "INSERT INTO changes (kind, subject, at_ms) VALUES ($1, $2, $3)",
    /* What became visible since a snapshot: $1 the oldest transaction that was under way then, $2
       the snapshot (NULL: only $1 is known), $3 since when for a first time. One row at least, with
       the snapshot of now. Kind 2 is CHANGE_USER. */
    [STATEMENT_CHANGE_READ] =
        "SELECT pg_snapshot_xmin(n.now), n.now::text, c.kind, c.subject, c.at_ms, u.id IS NULL,"
        " u.status, u.deleted_ms, " ROLES_OF_U
        " FROM (SELECT pg_current_snapshot() AS now) AS n LEFT JOIN changes AS c"
        " ON c.transaction >= $1::text::xid8 AND c.at_ms >= $3"
        " AND ($2::text IS NULL OR NOT pg_visible_in_snapshot(c.transaction, "
        "$2::text::pg_snapshot))"
        " LEFT JOIN users AS u ON c.kind = 2 AND u.id = c.subject ORDER BY c.sequence",

    /* Those that another process clears away are left to it. */
    [STATEMENT_PURGE_CHANGES] =
        "DELETE FROM changes WHERE sequence IN (SELECT sequence FROM changes WHERE at_ms < $1"
        " LIMIT $2 FOR UPDATE SKIP LOCKED)",
    [STATEMENT_PURGE_SESSIONS] =
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions"
        " WHERE revoked_ms < $1 OR expires_ms < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    [STATEMENT_PURGE_ATTEMPTS] =
        "DELETE FROM attempts WHERE key IN (SELECT key FROM attempts WHERE ends_ms < $1"
        " LIMIT $2 FOR UPDATE SKIP LOCKED)",
    [STATEMENT_PURGE_AUDIT] =
        "DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE id < $1"
        " LIMIT $2 FOR UPDATE SKIP LOCKED)",
    /* Puts the rows of one count together; a sum in between sees either all or the one. */
    [STATEMENT_PURGE_COUNTS] =
        "WITH many AS (SELECT kind, gone, value FROM user_counts GROUP BY kind, gone, value"
        " HAVING count(*) > 1), taken AS (DELETE FROM user_counts WHERE ctid IN"
        " (SELECT c.ctid FROM user_counts AS c JOIN many AS m ON c.kind = m.kind"
        " AND c.gone = m.gone AND c.value = m.value LIMIT $1 FOR UPDATE OF c SKIP LOCKED)"
        " RETURNING kind, gone, value, count)"
        " INSERT INTO user_counts (kind, gone, value, count)"
        " SELECT kind, gone, value, sum(count)::bigint FROM taken GROUP BY kind, gone, value"
        " HAVING sum(count) <> 0",

    /* Products. $1 is the id, $2 the number, one of them NULL; $3 the version asked for, 0 for any.
       The list is in product_list.c. */
    [STATEMENT_PRODUCT_GET] =
        "SELECT " PRODUCT_COLUMNS("") " FROM products WHERE id = $1 OR number = $2",
    [STATEMENT_PRODUCT_INSERT] =
        "INSERT INTO products (id, name, name_key, description, description_key, price_units,"
        " price_places, owner_id, created_ms, updated_ms)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) RETURNING " PRODUCT_COLUMNS(""),
    /* $4 is the mask of enum product_field: 1 name, 2 description, 4 price. */
    [STATEMENT_PRODUCT_UPDATE] =
        "UPDATE products SET name = CASE WHEN $4 & 1 <> 0 THEN $5 ELSE name END,"
        " name_key = CASE WHEN $4 & 1 <> 0 THEN $6 ELSE name_key END,"
        " description = CASE WHEN $4 & 2 <> 0 THEN $7 ELSE description END,"
        " description_key = CASE WHEN $4 & 2 <> 0 THEN $8 ELSE description_key END,"
        " price_units = CASE WHEN $4 & 4 <> 0 THEN $9 ELSE price_units END,"
        " price_places = CASE WHEN $4 & 4 <> 0 THEN $10 ELSE price_places END,"
        " updated_ms = $11, version = version + 1"
        " WHERE (id = $1 OR number = $2) AND ($3::bigint = 0 OR version = $3)"
        " RETURNING " PRODUCT_COLUMNS(""),
    [STATEMENT_PRODUCT_DELETE] =
        "DELETE FROM products WHERE (id = $1 OR number = $2)"
        " AND ($3::bigint = 0 OR version = $3) RETURNING " PRODUCT_COLUMNS(""),

    /* Moving to another store (dump.c, load.c). Whether it is marked; whether anything is there. */
    [STATEMENT_STANDING] =
        "SELECT EXISTS (SELECT 1 FROM settings WHERE name = $1),"
        " EXISTS (SELECT 1 FROM settings) OR EXISTS (SELECT 1 FROM signing_keys)"
        " OR EXISTS (SELECT 1 FROM roles WHERE NOT built_in) OR EXISTS (SELECT 1 FROM users)"
        " OR EXISTS (SELECT 1 FROM products) OR EXISTS (SELECT 1 FROM audit_events)",
    /* $1 number, $2 id or $3 name of the position; how many; see each. */
    [STATEMENT_DUMP + RECORD_SETTING] =
        "SELECT name, value FROM settings WHERE name > $1 AND name <> $3 ORDER BY name LIMIT $2",
    [STATEMENT_DUMP + RECORD_KEY] =
        "SELECT key_id, algorithm, material, created_ms, signs_from_ms, retired_ms"
        " FROM signing_keys WHERE key_id > $1 ORDER BY key_id LIMIT $2",
    [STATEMENT_DUMP + RECORD_ROLE] =
        "SELECT " ROLE_COLUMNS " FROM roles AS r WHERE r.id > $1 ORDER BY r.id LIMIT $2",
    /* Where a list has the names of roles, a dump has their ids. */
    [STATEMENT_DUMP + RECORD_USER] =
        "SELECT " USER_PLAIN_COLUMNS
        "(SELECT string_agg(uuid_send(r.id), ''::bytea ORDER BY r.id) FROM user_roles AS ur"
        " JOIN roles AS r ON r.number = ur.role_number WHERE ur.user_number = u.number)"
        " FROM users AS u WHERE u.number > $1 ORDER BY u.number LIMIT $2",
    [STATEMENT_DUMP + RECORD_SESSION] =
        "SELECT " SESSION_COLUMNS " FROM sessions AS s WHERE s.id > $1 ORDER BY s.id LIMIT $2",
    [STATEMENT_DUMP + RECORD_PRODUCT] =
        "SELECT " PRODUCT_COLUMNS("") " FROM products WHERE number > $1 ORDER BY number LIMIT $2",
    [STATEMENT_DUMP + RECORD_AUDIT_EVENT] =
        "SELECT " AUDIT_COLUMNS " FROM audit_events WHERE id > $1 ORDER BY id LIMIT $2",
    /* $3: the id of the position, $4: since when. Kinds 1 and 2: of sessions and of users. */
    [STATEMENT_DUMP + RECORD_CHANGE] =
        "SELECT kind, subject, max(at_ms) FROM changes WHERE at_ms >= $4 AND kind <= 2"
        " AND (kind, subject) > ($1, $3) GROUP BY kind, subject ORDER BY kind, subject LIMIT $2",
    /* By enum counter_name. */
    [STATEMENT_DUMP + RECORD_COUNTER] =
        "SELECT c.number, c.value FROM (SELECT 1 AS number,"
        " CASE WHEN is_called THEN last_value ELSE 0 END AS value FROM users_number_seq"
        " UNION ALL SELECT 2, CASE WHEN is_called THEN last_value ELSE 0 END"
        " FROM products_number_seq) AS c WHERE c.number > $1 ORDER BY c.number LIMIT $2",

    [STATEMENT_DUMP_COUNTS] =
        "SELECT (SELECT count(*) FROM settings), (SELECT count(*) FROM signing_keys),"
        " (SELECT count(*) FROM roles),"
        " (SELECT coalesce(sum(count), 0)::bigint FROM user_counts WHERE kind = 1),"
        " (SELECT count(*) FROM sessions), (SELECT count(*) FROM products),"
        " (SELECT count(*) FROM audit_events),"
        " (SELECT count(*) FROM changes WHERE at_ms >= $1 AND kind <= 2), 2",

    [STATEMENT_LOAD_MARK] =
        "INSERT INTO settings (name, value) VALUES ($1, '') ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_UNMARK] = "DELETE FROM settings WHERE name = $1",
    [STATEMENT_LOAD_SETTING] = PUT("INSERT INTO settings (name, value) VALUES ($1, $2)",
                                   "settings WHERE name = $1 AND value = $2"),
    [STATEMENT_LOAD_KEY] =
        PUT("INSERT INTO signing_keys (key_id, algorithm, material, created_ms, signs_from_ms,"
            " retired_ms) VALUES ($1, $2, $3, $4, $5, $6)",
            "signing_keys WHERE key_id = $1 AND algorithm = $2 AND material = $3"
            " AND created_ms = $4 AND signs_from_ms = $5 AND retired_ms IS NOT DISTINCT FROM $6"),
    [STATEMENT_LOAD_ROLE] =
        PUT("INSERT INTO roles (id, name, description, built_in, created_ms, updated_ms, version)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            "roles WHERE id = $1 AND name = $2 AND description IS NOT DISTINCT FROM $3"
            " AND built_in = $4 AND created_ms = $5 AND updated_ms = $6 AND version = $7"),
    [STATEMENT_LOAD_ROLE_BUILT_IN] =
        "UPDATE roles SET description = $3, created_ms = $5, updated_ms = $6, version = $7"
        " WHERE id = $1 AND name = $2 AND built_in AND $4::boolean RETURNING 1",
    [STATEMENT_LOAD_PERMISSIONS_CLEAR] = "DELETE FROM role_permissions WHERE role_number ="
                                         " (SELECT number FROM roles WHERE id = $1)",
    [STATEMENT_LOAD_PERMISSIONS] =
        "INSERT INTO role_permissions (role_number, permission)"
        " SELECT r.number, p FROM roles AS r, unnest($2::text[]) AS p WHERE r.id = $1"
        " ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_PERMISSION_COUNT] = "SELECT count(*) FROM role_permissions WHERE role_number ="
                                        " (SELECT number FROM roles WHERE id = $1)",
    [STATEMENT_LOAD_USER] =
        PUT("INSERT INTO users (number, id, username, username_key, email, email_key, name,"
            " age, metadata, status, email_verified, password_hash, created_ms, updated_ms,"
            " last_login_ms, deleted_ms, epoch, version, name_key) VALUES ($1, $2, $3, $4, $5, $6,"
            " $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)",
            "users WHERE number = $1 AND id = $2 AND username = $3 AND username_key = $4"
            " AND email IS NOT DISTINCT FROM $5 AND email_key IS NOT DISTINCT FROM $6"
            " AND name IS NOT DISTINCT FROM $7 AND age IS NOT DISTINCT FROM $8 AND metadata = $9"
            " AND status = $10 AND email_verified = $11"
            " AND password_hash IS NOT DISTINCT FROM $12 AND created_ms = $13 AND updated_ms = $14"
            " AND last_login_ms IS NOT DISTINCT FROM $15 AND deleted_ms IS NOT DISTINCT FROM $16"
            " AND epoch = $17 AND version = $18"),
    /* A role that is not there adds nothing: then the set is too small. */
    [STATEMENT_LOAD_USER_ROLES] =
        "INSERT INTO user_roles (user_number, role_number)"
        " SELECT $1, number FROM roles WHERE id = ANY ($2::uuid[]) ON CONFLICT DO NOTHING",
    [STATEMENT_LOAD_USER_ROLE_COUNT] = "SELECT count(*) FROM user_roles WHERE user_number = $1",
    [STATEMENT_LOAD_SESSION] =
        PUT("INSERT INTO sessions (id, user_id, client_id, user_agent, address, network,"
            " created_ms, last_used_ms, rotated_ms, expires_ms, counter, revoked_ms, epoch)"
            " SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13"
            " WHERE EXISTS (SELECT 1 FROM users WHERE id = $2)",
            "sessions WHERE id = $1 AND user_id = $2 AND client_id = $3"
            " AND user_agent IS NOT DISTINCT FROM $4 AND address = $5 AND network = $6"
            " AND created_ms = $7 AND last_used_ms = $8 AND rotated_ms IS NOT DISTINCT FROM $9"
            " AND expires_ms = $10 AND counter = $11 AND revoked_ms IS NOT DISTINCT FROM $12"
            " AND epoch = $13"),
    [STATEMENT_LOAD_SESSION_USER] = "SELECT EXISTS (SELECT 1 FROM users WHERE id = $1)",
    [STATEMENT_LOAD_PRODUCT] =
        PUT("INSERT INTO products (number, id, name, description, price_units, price_places,"
            " owner_id, created_ms, updated_ms, version, name_key, description_key)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            "products WHERE number = $1 AND id = $2 AND name = $3"
            " AND description IS NOT DISTINCT FROM $4 AND price_units = $5 AND price_places = $6"
            " AND owner_id = $7 AND created_ms = $8 AND updated_ms = $9 AND version = $10"),
    [STATEMENT_LOAD_AUDIT_EVENT] =
        PUT("INSERT INTO audit_events (" AUDIT_COLUMNS ")"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            "audit_events WHERE id = $1 AND event = $2 AND outcome = $3 AND actor_kind = $4"
            " AND actor_id IS NOT DISTINCT FROM $5 AND actor_name IS NOT DISTINCT FROM $6"
            " AND user_id IS NOT DISTINCT FROM $7 AND user_name IS NOT DISTINCT FROM $8"
            " AND address = $9 AND user_agent IS NOT DISTINCT FROM $10"
            " AND request_id IS NOT DISTINCT FROM $11 AND reason IS NOT DISTINCT FROM $12"
            " AND details = $13"),
    [STATEMENT_LOAD_CHANGE] =
        "INSERT INTO changes (kind, subject, at_ms) SELECT $1, $2, $3 WHERE NOT EXISTS"
        " (SELECT 1 FROM changes WHERE kind = $1 AND subject = $2 AND at_ms = $3)",
    /* $1 of enum counter_name, $2 at least 1. */
    [STATEMENT_LOAD_COUNTER] =
        "SELECT setval(c.name::regclass, greatest($2, c.value)) FROM (SELECT 1 AS number,"
        " 'users_number_seq' AS name, CASE WHEN is_called THEN last_value ELSE 0 END AS value"
        " FROM users_number_seq UNION ALL SELECT 2, 'products_number_seq',"
        " CASE WHEN is_called THEN last_value ELSE 0 END FROM products_number_seq) AS c"
        " WHERE c.number = $1",
};

const char *postgres_statements_text(enum statement statement)
{
    return texts[statement];
}
