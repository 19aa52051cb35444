-- Products are sorted by their name as it is folded, as people are.

DROP INDEX products_name;
CREATE INDEX products_name ON products (name_key, id);
