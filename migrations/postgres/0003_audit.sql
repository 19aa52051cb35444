-- Who did what, on whom, from where, when. Appended and, when old enough, removed; never changed.

CREATE TABLE audit_events (
    id         uuid PRIMARY KEY, -- UUIDv7: its order is that of time
    event      text COLLATE "C" NOT NULL CHECK (event <> ''),
    outcome    smallint NOT NULL CHECK (outcome IN (1, 2)),       -- enum audit_outcome
    actor_kind smallint NOT NULL CHECK (actor_kind IN (1, 2, 3)), -- enum audit_actor
    actor_id   uuid,
    actor_name text, -- at that time, like user_name: people come, change and go
    user_id    uuid,
    user_name  text COLLATE "C", -- without user_id: a name that nobody had, folded
    address    text COLLATE "C" NOT NULL,
    user_agent text,
    request_id text,
    reason     text,
    details    text NOT NULL -- a JSON object
);

CREATE INDEX audit_events_user ON audit_events (user_id, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_events_name ON audit_events (user_name, id) WHERE user_id IS NULL AND user_name IS NOT NULL;
CREATE INDEX audit_events_actor ON audit_events (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_events_system ON audit_events (id) WHERE actor_kind = 3;
CREATE INDEX audit_events_failure ON audit_events (id) WHERE outcome = 2;
CREATE INDEX audit_events_address ON audit_events (address, id);
CREATE INDEX audit_events_event ON audit_events (event, id);

CREATE FUNCTION audit_events_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit events are not changed';
END
$$;
CREATE TRIGGER audit_events_stay BEFORE UPDATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION audit_events_stay();
