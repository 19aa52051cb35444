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
