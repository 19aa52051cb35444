-- Roles of one's own: no two names that differ in case alone, and a version against lost updates.

ALTER TABLE roles ADD COLUMN version bigint NOT NULL DEFAULT 1 CHECK (version > 0);

-- Names of roles are ASCII, which is all that lower() knows with the collation "C".
CREATE UNIQUE INDEX roles_name_nocase ON roles (lower(name));
