#include "store/sqlite/keyset.h"

void keyset_add_order(struct builder *b, const struct keyset *keyset)
{
    for (size_t i = 0; i < keyset->count; i++) {
        builder_format(b, "%s %s%s", i == 0 ? " ORDER BY" : ",", keyset->keys[i].column,
                       keyset->keys[i].down ? " DESC" : "");
    }
    if (keyset->tie != NULL) {
        builder_format(b, ", %s%s", keyset->tie,
                       keyset->keys[keyset->count - 1].down ? " DESC" : "");
    }
}

static const char *beyond(const struct keyset *keyset, size_t i)
{
    return keyset->keys[i].down ? "<" : ">";
}

static void add_one(struct builder *b, const struct keyset *keyset, int first_key, int tie)
{
    const char *column = keyset->keys[0].column;
    if (keyset->tie == NULL) {
        builder_format(b, " AND %s %s ?%d", column, beyond(keyset, 0), first_key);
    } else {
        builder_format(b, " AND (%s, %s) %s (?%d, ?%d)", column, keyset->tie, beyond(keyset, 0),
                       first_key, tie);
    }
}

static void add_several(struct builder *b, const struct keyset *keyset, int first_key, int tie)
{
    size_t last = keyset->count - 1;
    size_t open = keyset->tie != NULL ? keyset->count : last;
    builder_format(b, " AND %s %s= ?%d AND (", keyset->keys[0].column, beyond(keyset, 0),
                   first_key);
    for (size_t i = 0; i < keyset->count; i++) {
        int parameter = first_key + (int)i;
        builder_format(b, "%s %s ?%d", keyset->keys[i].column, beyond(keyset, i), parameter);
        if (i < open) {
            builder_format(b, " OR (%s = ?%d AND (", keyset->keys[i].column, parameter);
        }
    }
    if (keyset->tie != NULL) {
        builder_format(b, "%s %s ?%d", keyset->tie, beyond(keyset, last), tie);
    }
    for (size_t i = 0; i < open; i++) {
        builder_text(b, "))");
    }
    builder_char(b, ')');
}

void keyset_add_behind(struct builder *b, const struct keyset *keyset, int first_key, int tie)
{
    if (keyset->count == 1) {
        add_one(b, keyset, first_key, tie);
    } else {
        add_several(b, keyset, first_key, tie);
    }
}
