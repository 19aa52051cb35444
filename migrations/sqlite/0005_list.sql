-- Listing people at a million: what is searched, an index for every sort, and counters.
-- "Present" people are not deleted, "gone" ones are; they are indexed apart, so that neither is in the
-- other's way.

-- The name folded as base/utf8_fold.h says; latchkey_fold is the server's own function.
ALTER TABLE users ADD COLUMN name_key TEXT;
UPDATE users SET name_key = latchkey_fold(name) WHERE name IS NOT NULL;

-- What `q` is looked for in: the folded texts, a line each.
ALTER TABLE users ADD COLUMN searched TEXT AS
    (username_key || char(10) || ifnull(email_key, '') || char(10) || ifnull(name_key, '')) VIRTUAL;

-- What is sorted by where it may be missing: that comes last, as after integers come texts and after texts
-- blobs. Columns, because SQLite narrows an index by (column, id) > (?, ?) but not by an expression.
ALTER TABLE users ADD COLUMN email_order ANY AS (ifnull(email_key, x'')) VIRTUAL;
ALTER TABLE users ADD COLUMN name_order ANY AS (ifnull(name_key, x'')) VIRTUAL;
ALTER TABLE users ADD COLUMN age_order ANY AS (ifnull(age, '')) VIRTUAL;
ALTER TABLE users ADD COLUMN login_order ANY AS (ifnull(last_login_ms, '')) VIRTUAL;

-- One index for each sort: the key, the id that breaks ties, and what filters look at, so that a page
-- is found without reading the records. By number and by creation there is all that is sorted by but the
-- texts: what a search or a role finds is sorted by the one, what a range of creation finds by the other.
DROP INDEX users_present;
CREATE INDEX users_present_number ON users (number, id, status, age_order, created_ms, updated_ms, login_order) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_username ON users (username_key, id, status, age_order, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_email ON users (email_order, id, status, age_order, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_name ON users (name_order, id, status, age_order, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_age ON users (age_order, id, status, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_created ON users (created_ms, id, status, age_order, updated_ms, login_order) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_updated ON users (updated_ms, id, status, age_order, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_login ON users (login_order, id, status, age_order, created_ms) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_status ON users (status, id, age_order, created_ms) WHERE deleted_ms IS NULL;

CREATE INDEX users_gone_number ON users (number, id, status, age_order, created_ms, updated_ms, login_order) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_username ON users (username_key, id, status, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_email ON users (email_order, id, status, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_name ON users (name_order, id, status, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_age ON users (age_order, id, status, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_created ON users (created_ms, id, status, age_order, updated_ms, login_order) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_updated ON users (updated_ms, id, status, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_login ON users (login_order, id, status, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_status ON users (status, id, age_order, created_ms) WHERE deleted_ms IS NOT NULL;
-- For the purge.
CREATE INDEX users_gone_since ON users (deleted_ms) WHERE deleted_ms IS NOT NULL;

-- Substrings of three and more characters. Texts are folded before, so the tokenizer compares bytes.
-- Contentless: the texts are in `users` already.
CREATE VIRTUAL TABLE users_search USING fts5 (present, gone, content = '', tokenize = 'trigram case_sensitive 1');
INSERT INTO users_search (rowid, present, gone)
    SELECT number, iif(deleted_ms IS NULL, searched, ''), iif(deleted_ms IS NULL, '', searched) FROM users;

-- Whom users_search must be told of, with what it was told before (NULL: nothing). Triggers may not
-- write a virtual table (trusted_schema is off), so they write this one, and every transaction ends by
-- telling.
CREATE TABLE users_search_due (
    number  INTEGER PRIMARY KEY,
    present TEXT,
    gone    TEXT
) STRICT;

-- How many there are, so that totals need no scan. kind 1: by status; 2: by role
-- number; 3: by age; 4: by day of creation.
CREATE TABLE user_counts (
    kind  INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4),
    gone  INTEGER NOT NULL CHECK (gone IN (0, 1)),
    value INTEGER NOT NULL,
    count INTEGER NOT NULL CHECK (count >= 0),
    PRIMARY KEY (kind, gone, value)
) STRICT, WITHOUT ROWID;
INSERT INTO user_counts SELECT 1, deleted_ms IS NOT NULL, status, count(*) FROM users GROUP BY 2, 3;
INSERT INTO user_counts SELECT 2, u.deleted_ms IS NOT NULL, ur.role_number, count(*)
    FROM user_roles AS ur JOIN users AS u ON u.number = ur.user_number GROUP BY 2, 3;
INSERT INTO user_counts SELECT 3, deleted_ms IS NOT NULL, age, count(*) FROM users WHERE age IS NOT NULL GROUP BY 2, 3;
INSERT INTO user_counts SELECT 4, deleted_ms IS NOT NULL, created_ms / 86400000, count(*) FROM users GROUP BY 2, 3;

CREATE TRIGGER users_inserted AFTER INSERT ON users BEGIN
    INSERT INTO users_search_due (number) VALUES (new.number) ON CONFLICT DO NOTHING;
    INSERT INTO user_counts (kind, gone, value, count) VALUES
        (1, new.deleted_ms IS NOT NULL, new.status, 1), (4, new.deleted_ms IS NOT NULL, new.created_ms / 86400000, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 3, new.deleted_ms IS NOT NULL, new.age, 1 WHERE new.age IS NOT NULL
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_searched AFTER UPDATE OF username_key, email_key, name_key, deleted_ms ON users
WHEN old.searched <> new.searched OR (old.deleted_ms IS NULL) <> (new.deleted_ms IS NULL) BEGIN
    INSERT INTO users_search_due (number, present, gone) VALUES (old.number,
        iif(old.deleted_ms IS NULL, old.searched, ''), iif(old.deleted_ms IS NULL, '', old.searched))
        ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER users_counted AFTER UPDATE OF status, age, deleted_ms ON users
WHEN old.status <> new.status OR old.age IS NOT new.age OR (old.deleted_ms IS NULL) <> (new.deleted_ms IS NULL) BEGIN
    UPDATE user_counts SET count = count - 1 WHERE kind = 1 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.status;
    UPDATE user_counts SET count = count - 1 WHERE kind = 4 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.created_ms / 86400000;
    UPDATE user_counts SET count = count - 1 WHERE kind = 3 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.age;
    INSERT INTO user_counts (kind, gone, value, count) VALUES
        (1, new.deleted_ms IS NOT NULL, new.status, 1), (4, new.deleted_ms IS NOT NULL, new.created_ms / 86400000, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 3, new.deleted_ms IS NOT NULL, new.age, 1 WHERE new.age IS NOT NULL
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_moved AFTER UPDATE OF deleted_ms ON users
WHEN (old.deleted_ms IS NULL) <> (new.deleted_ms IS NULL) BEGIN
    UPDATE user_counts SET count = count - 1 WHERE kind = 2 AND gone = (old.deleted_ms IS NOT NULL)
        AND value IN (SELECT role_number FROM user_roles WHERE user_number = old.number);
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 2, new.deleted_ms IS NOT NULL, role_number, 1 FROM user_roles WHERE user_number = new.number
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_removed BEFORE DELETE ON users BEGIN
    DELETE FROM user_roles WHERE user_number = old.number; -- while it can be said whose they are
    INSERT INTO users_search_due (number, present, gone) VALUES (old.number,
        iif(old.deleted_ms IS NULL, old.searched, ''), iif(old.deleted_ms IS NULL, '', old.searched))
        ON CONFLICT DO NOTHING;
    UPDATE user_counts SET count = count - 1 WHERE kind = 1 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.status;
    UPDATE user_counts SET count = count - 1 WHERE kind = 4 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.created_ms / 86400000;
    UPDATE user_counts SET count = count - 1 WHERE kind = 3 AND gone = (old.deleted_ms IS NOT NULL) AND value = old.age;
END;

CREATE TRIGGER user_roles_inserted AFTER INSERT ON user_roles BEGIN
    INSERT INTO user_counts (kind, gone, value, count)
        SELECT 2, deleted_ms IS NOT NULL, new.role_number, 1 FROM users WHERE number = new.user_number
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER user_roles_deleted AFTER DELETE ON user_roles BEGIN
    UPDATE user_counts SET count = count - 1 WHERE kind = 2 AND value = old.role_number
        AND gone = (SELECT deleted_ms IS NOT NULL FROM users WHERE number = old.user_number);
END;
