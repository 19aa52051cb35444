-- Who did what, on whom, from where, when. Appended and, when old enough, removed; never changed.

CREATE TABLE audit_events (
    id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16), -- UUIDv7: its order is that of time
    event      TEXT    NOT NULL CHECK (event <> ''),
    outcome    INTEGER NOT NULL CHECK (outcome IN (1, 2)),       -- enum audit_outcome
    actor_kind INTEGER NOT NULL CHECK (actor_kind IN (1, 2, 3)), -- enum audit_actor
    actor_id   BLOB CHECK (length(actor_id) = 16),
    actor_name TEXT, -- at that time, like user_name: people come, change and go
    user_id    BLOB CHECK (length(user_id) = 16),
    user_name  TEXT, -- without user_id: a name that nobody had, folded
    address    TEXT    NOT NULL,
    user_agent TEXT,
    request_id TEXT,
    reason     TEXT,
    details    TEXT    NOT NULL -- a JSON object
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_events_user ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_name ON audit_events (user_name, id) WHERE user_id IS NULL AND user_name IS NOT NULL;
CREATE INDEX audit_events_actor ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_system ON audit_events (id) WHERE actor_kind = 3;
CREATE INDEX audit_events_failure ON audit_events (id) WHERE outcome = 2;
CREATE INDEX audit_events_address ON audit_events (address, id);
CREATE INDEX audit_events_event ON audit_events (event, id);

CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'audit events are not changed');
END;
