-- Lists of products as those of people: folded by the server's own function, positions in every order.
ALTER TABLE products ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
ALTER TABLE products ADD COLUMN description_key TEXT;
UPDATE products SET name_key = latchkey_fold(name), description_key = latchkey_fold(description);

DROP INDEX products_name;
CREATE INDEX products_name ON products (name_key, id);

-- The texts are folded before, so the tokenizer compares bytes.
DROP TABLE products_text;
CREATE VIRTUAL TABLE products_text USING fts5 (
    name_key, description_key, content = 'products', content_rowid = 'number',
    tokenize = 'trigram case_sensitive 1', columnsize = 0
);
INSERT INTO products_text (rowid, name_key, description_key) SELECT number, name_key, description_key FROM products;

-- What lists of people are found by where filter and sort have no index in common: every order as a list of
-- numbers, and for each block of numbers who has what is frequent in it. All of it is made from `users` by
-- store_user_list_tend, in rounds, and shows how things were at the beginning of one: list_changed says
-- whom it is no longer right for.
CREATE TABLE list_rounds (
    round INTEGER NOT NULL -- the one that is on
) STRICT;
INSERT INTO list_rounds VALUES (1);

CREATE TABLE list_changed (
    number INTEGER PRIMARY KEY, -- of a person, or of one who was
    what   INTEGER NOT NULL,    -- bits: 1 << sort field (1 number, 2 username, 4 e-mail, 8 name, 16 age, 32 created,
                                -- 64 updated, 128 last log-in, 256 status), 512 texts, 1024 roles
    round  INTEGER NOT NULL     -- in which they changed last
) STRICT;

CREATE TABLE list_orders (
    id    INTEGER PRIMARY KEY, -- 2 * sort field, + 1 for those who are deleted
    round INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT;
CREATE TABLE list_order_parts (
    id      INTEGER PRIMARY KEY, -- (order << 32) + part
    numbers BLOB NOT NULL        -- 1,000 in a part, each in 4 bytes, the lowest first
) STRICT;

CREATE TABLE list_blocks (
    block INTEGER PRIMARY KEY, -- number / 32000
    round INTEGER NOT NULL
) STRICT;
CREATE TABLE list_terms (
    block INTEGER NOT NULL,
    kind  INTEGER NOT NULL, -- 1 part of a text, 2 beginning of a text, 3 role
    value ANY     NOT NULL,
    bits  INTEGER NOT NULL, -- in list_bits; terms of the same people share one
    PRIMARY KEY (block, kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE list_bits (
    id   INTEGER PRIMARY KEY, -- (block << 32) + which
    bits BLOB NOT NULL        -- 4,000 bytes: a bit for each number of the block; fewer: their numbers in it,
                              -- 2 bytes each; the lowest first
) STRICT;

CREATE TRIGGER list_inserted AFTER INSERT ON users BEGIN
    INSERT INTO list_changed SELECT new.number, 2047, round FROM list_rounds WHERE true
        ON CONFLICT DO UPDATE SET what = 2047, round = excluded.round;
END;

CREATE TRIGGER list_updated AFTER UPDATE ON users
WHEN (old.username_key, old.email_key, old.name_key, old.age, old.created_ms, old.updated_ms, old.last_login_ms,
      old.status, old.deleted_ms) IS NOT
     (new.username_key, new.email_key, new.name_key, new.age, new.created_ms, new.updated_ms, new.last_login_ms,
      new.status, new.deleted_ms) BEGIN
    INSERT INTO list_changed SELECT old.number,
        iif((old.deleted_ms IS NULL) <> (new.deleted_ms IS NULL), 2047,
            (old.username_key IS NOT new.username_key) * (512 | 2) | (old.email_key IS NOT new.email_key) * (512 | 4) |
            (old.name_key IS NOT new.name_key) * (512 | 8) | (old.age IS NOT new.age) * 16 |
            (old.created_ms IS NOT new.created_ms) * 32 | (old.updated_ms IS NOT new.updated_ms) * 64 |
            (old.last_login_ms IS NOT new.last_login_ms) * 128 | (old.status IS NOT new.status) * 256), round
        FROM list_rounds WHERE true
        ON CONFLICT DO UPDATE SET what = what | excluded.what, round = excluded.round;
END;

CREATE TRIGGER list_deleted AFTER DELETE ON users BEGIN
    INSERT INTO list_changed SELECT old.number, 2047, round FROM list_rounds WHERE true
        ON CONFLICT DO UPDATE SET what = 2047, round = excluded.round;
END;

CREATE TRIGGER list_role_given AFTER INSERT ON user_roles BEGIN
    INSERT INTO list_changed SELECT new.user_number, 1024, round FROM list_rounds WHERE true
        ON CONFLICT DO UPDATE SET what = what | excluded.what, round = excluded.round;
END;

CREATE TRIGGER list_role_taken AFTER DELETE ON user_roles BEGIN
    INSERT INTO list_changed SELECT old.user_number, 1024, round FROM list_rounds WHERE true
        ON CONFLICT DO UPDATE SET what = what | excluded.what, round = excluded.round;
END;

-- What filters look at need not stand in the indexes of sorts any more: these only lead along an order. Present
-- people have the index of unique usernames for theirs.
DROP INDEX users_present_username;
DROP INDEX users_present_number;
DROP INDEX users_present_email;
DROP INDEX users_present_name;
DROP INDEX users_present_age;
DROP INDEX users_present_created;
DROP INDEX users_present_updated;
DROP INDEX users_present_login;
DROP INDEX users_present_status;
CREATE INDEX users_present_number ON users (number) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_email ON users (email_order, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_name ON users (name_order, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_age ON users (age_order, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_created ON users (created_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_updated ON users (updated_ms, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_login ON users (login_order, id) WHERE deleted_ms IS NULL;
CREATE INDEX users_present_status ON users (status, id) WHERE deleted_ms IS NULL;

DROP INDEX users_gone_number;
DROP INDEX users_gone_username;
DROP INDEX users_gone_email;
DROP INDEX users_gone_name;
DROP INDEX users_gone_age;
DROP INDEX users_gone_created;
DROP INDEX users_gone_updated;
DROP INDEX users_gone_login;
DROP INDEX users_gone_status;
CREATE INDEX users_gone_number ON users (number) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_username ON users (username_key, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_email ON users (email_order, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_name ON users (name_order, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_age ON users (age_order, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_created ON users (created_ms, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_updated ON users (updated_ms, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_login ON users (login_order, id) WHERE deleted_ms IS NOT NULL;
CREATE INDEX users_gone_status ON users (status, id) WHERE deleted_ms IS NOT NULL;
