-- People, roles, log-ins, failed attempts, keys, settings, and the feed of changes.
-- Instants are milliseconds since 1970 UTC, ids 16 bytes (UUIDv7); a NULL instant: not yet.

PRAGMA application_id = 0x4c4b4559; -- "LKEY": lets us refuse a file of another program

CREATE TABLE users (
    number         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice
    id             BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    username       TEXT    NOT NULL CHECK (username <> ''),
    username_key   TEXT    NOT NULL CHECK (username_key <> ''), -- folded: unique without regard to case
    email          TEXT,
    email_key      TEXT CHECK ((email_key IS NULL) = (email IS NULL)),
    name           TEXT,
    age            INTEGER CHECK (age BETWEEN 0 AND 150),
    metadata       TEXT    NOT NULL,
    status         INTEGER NOT NULL CHECK (status IN (1, 2)),
    email_verified INTEGER NOT NULL CHECK (email_verified IN (0, 1)),
    password_hash  TEXT,
    created_ms     INTEGER NOT NULL,
    updated_ms     INTEGER NOT NULL,
    last_login_ms  INTEGER,
    deleted_ms     INTEGER,
    epoch          INTEGER NOT NULL DEFAULT 1 CHECK (epoch > 0),
    version        INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
) STRICT;

-- A deleted person's name and e-mail are free again.
-- The index made last is checked first: of two taken values the name is the one reported.
CREATE UNIQUE INDEX users_email_key ON users (email_key) WHERE deleted_ms IS NULL;
CREATE UNIQUE INDEX users_username_key ON users (username_key) WHERE deleted_ms IS NULL;
-- Counting and paging those who are not deleted.
CREATE INDEX users_present ON users (deleted_ms, number) WHERE deleted_ms IS NULL;

CREATE TABLE roles (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    name        TEXT    NOT NULL UNIQUE CHECK (name <> '' AND instr(name, char(10)) = 0),
    description TEXT,
    built_in    INTEGER NOT NULL CHECK (built_in IN (0, 1)),
    created_ms  INTEGER NOT NULL,
    updated_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE role_permissions (
    role_number INTEGER NOT NULL REFERENCES roles (number) ON DELETE CASCADE,
    permission  TEXT    NOT NULL CHECK (permission <> ''),
    PRIMARY KEY (role_number, permission)
) STRICT, WITHOUT ROWID;

-- People hold roles themselves, not their names: a new role of an old name revives nothing.
CREATE TABLE user_roles (
    user_number INTEGER NOT NULL REFERENCES users (number) ON DELETE CASCADE,
    role_number INTEGER NOT NULL REFERENCES roles (number),
    PRIMARY KEY (user_number, role_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX user_roles_role ON user_roles (role_number, user_number);

CREATE TABLE sessions (
    id           BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_id      BLOB    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id    TEXT    NOT NULL,
    user_agent   TEXT,
    address      TEXT    NOT NULL,
    network      TEXT    NOT NULL, -- of the address, what counts as one client: IPv6 as its /64
    created_ms   INTEGER NOT NULL,
    last_used_ms INTEGER NOT NULL,
    rotated_ms   INTEGER, -- when the counter last went up
    expires_ms   INTEGER NOT NULL,
    counter      INTEGER NOT NULL CHECK (counter > 0),
    revoked_ms   INTEGER,
    epoch        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_open ON sessions (user_id) WHERE revoked_ms IS NULL;
CREATE INDEX sessions_network ON sessions (user_id, network);
-- For clearing away what is over.
CREATE INDEX sessions_revoked ON sessions (revoked_ms) WHERE revoked_ms IS NOT NULL;
CREATE INDEX sessions_expires ON sessions (expires_ms);

CREATE TABLE attempts (
    key          BLOB    NOT NULL PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 64),
    attempts     INTEGER NOT NULL CHECK (attempts >= 0), -- let through, failed or still at work
    failures     INTEGER NOT NULL CHECK (failures >= 0),
    ends_ms      INTEGER NOT NULL, -- of the window, or of the lock
    locked       INTEGER NOT NULL CHECK (locked IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE INDEX attempts_ends ON attempts (ends_ms);

CREATE TABLE signing_keys (
    key_id        TEXT    NOT NULL PRIMARY KEY CHECK (key_id <> ''),
    algorithm     TEXT    NOT NULL,
    material      BLOB    NOT NULL,
    created_ms    INTEGER NOT NULL,
    signs_from_ms INTEGER NOT NULL,
    retired_ms    INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- One writer at a time: sequence numbers become visible in their order.
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 4), -- enum change_kind
    subject  BLOB    NOT NULL CHECK (length(subject) = 16),
    at_ms    INTEGER NOT NULL
) STRICT;

CREATE INDEX changes_at ON changes (at_ms);

INSERT INTO roles (number, id, name, description, built_in, created_ms, updated_ms) VALUES
    (1, x'01900000000070008000000000000001', 'admin', 'May do everything.', 1, unixepoch() * 1000, unixepoch() * 1000),
    (2, x'01900000000070008000000000000002', 'user', 'What everybody may do.', 1, unixepoch() * 1000, unixepoch() * 1000);
INSERT INTO role_permissions (role_number, permission) VALUES
    (1, '*'),
    (2, 'products:read'),
    (2, 'products:create');
