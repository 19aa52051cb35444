-- Products, the example of an application's own protected resource.
-- The owner is no foreign key: a product stays when its owner is deleted, for good too.

CREATE TABLE products (
    number       INTEGER PRIMARY KEY AUTOINCREMENT, -- never given out twice
    id           BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    name         TEXT    NOT NULL CHECK (name <> ''),
    description  TEXT,
    price_units  INTEGER NOT NULL CHECK (price_units BETWEEN 0 AND 9999999999999999), -- of 1/10000
    price_places INTEGER NOT NULL CHECK (price_places BETWEEN 0 AND 4), -- digits as they were given
    owner_id     BLOB    NOT NULL CHECK (length(owner_id) = 16),
    created_ms   INTEGER NOT NULL,
    updated_ms   INTEGER NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1 CHECK (version > 0)
) STRICT;

-- One for each order of the list, with the id that breaks ties.
CREATE INDEX products_name ON products (name COLLATE NOCASE, id);
CREATE INDEX products_price ON products (price_units, id);
CREATE INDEX products_created ON products (created_ms, id);
CREATE INDEX products_updated ON products (updated_ms, id);
CREATE INDEX products_owner ON products (owner_id);

-- Finds parts of texts of three characters and more, without regard to case. It holds no texts of
-- its own; the store writes it with each change, as triggers may not while the schema is not trusted.
CREATE VIRTUAL TABLE products_text USING fts5 (
    name, description, content = 'products', content_rowid = 'number', tokenize = 'trigram', columnsize = 0
);
