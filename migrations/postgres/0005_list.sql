-- Listing people at a million: what is searched, an index for every sort, and counters.
-- "Present" people are not deleted, "gone" ones are; of these there are few.

-- The name folded as base/utf8_fold.h says, by the program.
ALTER TABLE users ADD COLUMN name_key text COLLATE "C";

-- One index for each sort: the key, and the id that breaks ties. What may be missing is NULL, which
-- comes last.
CREATE INDEX users_present_email ON users (email_key, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_name ON users (name_key, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_age ON users (age, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_created ON users (created_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_updated ON users (updated_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_login ON users (last_login_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_status ON users (status, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_gone_number ON users (number) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_since ON users (deleted_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_username ON users (username_key) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_email ON users (email_key) WHERE deleted_ms IS NOT NULL;

-- What `q` is looked for in: the folded texts, a line each. A table of its own, because every log-in
-- changes a row of users, and an index of trigrams is dear to change.
CREATE TABLE user_texts (
    number bigint PRIMARY KEY REFERENCES users (number) ON DELETE CASCADE,
    gone   boolean NOT NULL,
    texts  text COLLATE "C" NOT NULL
);
CREATE INDEX user_texts_gone ON user_texts (number) WHERE gone;

DO $$
DECLARE
    home text := (SELECT n.nspname FROM pg_extension AS e
                  JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm');
BEGIN
    IF home IS NOT NULL THEN
        EXECUTE format('CREATE INDEX user_texts_present ON user_texts USING gin (texts %I.gin_trgm_ops)'
                       ' WITH (gin_pending_list_limit = 1024) WHERE NOT gone', home);
    END IF;
END
$$;

-- How many there are, so that totals need no scan. kind 1: by status; 2: by role number; 3: by age;
-- 4: by day of creation. Each change adds rows, so that nobody waits for another; the sum counts.
-- Housekeeping puts them together.
CREATE TABLE user_counts (
    kind  smallint NOT NULL CHECK (kind BETWEEN 1 AND 4),
    gone  boolean NOT NULL,
    value bigint NOT NULL,
    count bigint NOT NULL
);
CREATE INDEX user_counts_value ON user_counts (kind, gone, value) INCLUDE (count);

CREATE FUNCTION users_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 1, deleted_ms IS NOT NULL, status, count(*) FROM added GROUP BY 2, 3
        UNION ALL SELECT 3, deleted_ms IS NOT NULL, age, count(*) FROM added WHERE age IS NOT NULL GROUP BY 2, 3
        UNION ALL SELECT 4, deleted_ms IS NOT NULL, created_ms / 86400000, count(*) FROM added GROUP BY 2, 3;
    INSERT INTO user_texts (number, gone, texts)
        SELECT number, deleted_ms IS NOT NULL,
            username_key || E'\n' || coalesce(email_key, '') || E'\n' || coalesce(name_key, '') FROM added;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_inserted AFTER INSERT ON users REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION users_inserted();

CREATE FUNCTION users_retexted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_texts SET gone = NEW.deleted_ms IS NOT NULL,
        texts = NEW.username_key || E'\n' || coalesce(NEW.email_key, '') || E'\n' || coalesce(NEW.name_key, '')
        WHERE number = NEW.number;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_retexted AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.username_key <> NEW.username_key OR OLD.email_key IS DISTINCT FROM NEW.email_key
        OR OLD.name_key IS DISTINCT FROM NEW.name_key OR (OLD.deleted_ms IS NULL) <> (NEW.deleted_ms IS NULL))
    EXECUTE FUNCTION users_retexted();

CREATE FUNCTION users_recounted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_gone boolean := OLD.deleted_ms IS NOT NULL;
    is_gone boolean := NEW.deleted_ms IS NOT NULL;
BEGIN
    INSERT INTO user_counts (kind, gone, value, count) VALUES
        (1, was_gone, OLD.status, -1), (1, is_gone, NEW.status, 1),
        (4, was_gone, OLD.created_ms / 86400000, -1), (4, is_gone, NEW.created_ms / 86400000, 1);
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 3, was_gone, OLD.age, -1 WHERE OLD.age IS NOT NULL
        UNION ALL SELECT 3, is_gone, NEW.age, 1 WHERE NEW.age IS NOT NULL;
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 2, c.gone, r.role_number, c.count FROM user_roles AS r,
            (VALUES (was_gone, -1), (is_gone, 1)) AS c (gone, count)
        WHERE r.user_number = NEW.number AND was_gone <> is_gone;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_recounted AFTER UPDATE ON users FOR EACH ROW
    WHEN (OLD.status <> NEW.status OR OLD.age IS DISTINCT FROM NEW.age
        OR (OLD.deleted_ms IS NULL) <> (NEW.deleted_ms IS NULL))
    EXECUTE FUNCTION users_recounted();

CREATE FUNCTION users_removed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    was_gone boolean := OLD.deleted_ms IS NOT NULL;
BEGIN
    DELETE FROM user_roles WHERE user_number = OLD.number; -- while it can be said whose they are
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 1, was_gone, OLD.status, -1
        UNION ALL SELECT 3, was_gone, OLD.age, -1 WHERE OLD.age IS NOT NULL
        UNION ALL SELECT 4, was_gone, OLD.created_ms / 86400000, -1;
    RETURN OLD;
END
$$;
CREATE TRIGGER users_removed BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION users_removed();

CREATE FUNCTION user_roles_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 2, u.deleted_ms IS NOT NULL, a.role_number, count(*)
        FROM added AS a JOIN users AS u ON u.number = a.user_number GROUP BY 2, 3;
    RETURN NULL;
END
$$;
CREATE TRIGGER user_roles_inserted AFTER INSERT ON user_roles REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION user_roles_inserted();

CREATE FUNCTION user_roles_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 2, u.deleted_ms IS NOT NULL, r.role_number, -count(*)
        FROM removed AS r JOIN users AS u ON u.number = r.user_number GROUP BY 2, 3;
    RETURN NULL;
END
$$;
CREATE TRIGGER user_roles_deleted AFTER DELETE ON user_roles REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION user_roles_deleted();
