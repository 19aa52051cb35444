-- Roles of one's own: no two names that differ in case alone, and a version against lost updates.

ALTER TABLE roles ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);

-- Names of roles are ASCII, which is all that NOCASE folds.
CREATE UNIQUE INDEX roles_name_nocase ON roles (name COLLATE NOCASE);
