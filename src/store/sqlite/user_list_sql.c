#include "store/sqlite/user_list_sql.h"

#include <string.h>

#include "base/attributes.h"
#include "store/sqlite/keyset.h"

/* The two halves of the people, indexed apart (migrations/sqlite). */
struct half {
    enum user_presence presence;
    const char *name; /* in names of indexes, and the column of users_search */
    const char *condition;
    enum list_parameter match;
};

static const struct half halves[] = {
    {USER_PRESENT, "present", "u.deleted_ms IS NULL", LIST_MATCH_PRESENT},
    {USER_GONE, "gone", "u.deleted_ms IS NOT NULL", LIST_MATCH_GONE},
};

/* What is sorted by: the first column of the index users_HALF_NAME. */
static const struct {
    const char *index;
    const char *key;
} sorts[USER_SORT_COUNT] = {
    [USER_SORT_NUMBER] = {"number", "u.number"},
    [USER_SORT_USERNAME] = {"username", "u.username_key"},
    [USER_SORT_EMAIL] = {"email", "u.email_order"},
    [USER_SORT_NAME] = {"name", "u.name_order"},
    [USER_SORT_AGE] = {"age", "u.age_order"},
    [USER_SORT_CREATED] = {"created", "u.created_ms"},
    [USER_SORT_UPDATED] = {"updated", "u.updated_ms"},
    [USER_SORT_LAST_LOGIN] = {"login", "u.login_order"},
    [USER_SORT_STATUS] = {"status", "u.status"},
};

/* Conditions of the filters. ?N is the number of enum list_parameter. */
#define IS_BETWEEN(key) key " >= ?5 AND " key " < ?6"
static const struct {
    enum user_filter_bit bit;
    enum list_driver driver;   /* that makes the condition needless */
    enum user_sort_field sort; /* whose index serves the condition; USER_SORT_COUNT: none */
    const char *condition;
} filters[] = {
    {USER_FILTER_USERNAME, LIST_BY_USERNAME, USER_SORT_USERNAME, "u.username_key = ?7"},
    {USER_FILTER_EMAIL, LIST_BY_EMAIL, USER_SORT_EMAIL, "u.email_order = ?8"},
    {USER_FILTER_SEARCH, LIST_BY_SEARCH, USER_SORT_COUNT, "instr(u.searched, ?5) > 0"},
    {USER_FILTER_ROLE, LIST_BY_ROLE, USER_SORT_COUNT,
     "EXISTS (SELECT 1 FROM user_roles AS ur WHERE ur.user_number = u.number"
     " AND ur.role_number = ?9)"},
    {USER_FILTER_CREATED, LIST_BY_CREATED, USER_SORT_CREATED,
     "u.created_ms > ?13 AND u.created_ms < ?14"},
    {USER_FILTER_AGE, LIST_BY_AGE, USER_SORT_AGE, "u.age_order BETWEEN ?11 AND ?12"},
    {USER_FILTER_STATUS, LIST_BY_STATUS, USER_SORT_STATUS, "u.status = ?10"},
    {USER_FILTER_USERNAME_PART, LIST_DRIVER_COUNT, USER_SORT_COUNT,
     "instr(u.username_key, ?15) > 0"},
};
static const char prefix_condition[] = "(" IS_BETWEEN("u.username_key") " OR " IS_BETWEEN(
    "u.email_order") " OR " IS_BETWEEN("u.name_order") ")";

static bool has(const struct list_shape *shape, enum user_filter_bit bit)
{
    return (shape->request->filter.mask & (unsigned)bit) != 0;
}

static bool wants(const struct list_shape *shape, const struct half *half)
{
    return ((unsigned)shape->request->filter.presence & (unsigned)half->presence) != 0;
}

/* --- drivers ---------------------------------------------------------------------------------- */

/* Usernames of present people have an index already, which keeps them unique. */
static bool is_unique(const struct half *half, enum user_sort_field sort)
{
    return sort == USER_SORT_USERNAME && half->presence == USER_PRESENT;
}

static void add_index(struct builder *b, const struct half *half, enum user_sort_field sort)
{
    if (is_unique(half, sort)) {
        builder_text(b, "users_username_key");
    } else {
        builder_format(b, "users_%s_", half->name);
        builder_text(b, sorts[sort].index);
    }
}

/* A table and its condition, to be read along that index. */
static void add_indexed(struct builder *b, const struct half *half, enum user_sort_field sort)
{
    builder_text(b, " FROM users AS u INDEXED BY ");
    add_index(b, half, sort);
    builder_format(b, " WHERE %s", half->condition);
}

static void add_index_driver(struct builder *b, const struct half *half, enum user_sort_field sort,
                             const char *condition)
{
    builder_text(b, "SELECT u.number AS n");
    add_indexed(b, half, sort);
    builder_format(b, " AND %s", condition);
}

static void add_prefix_driver(struct builder *b, const struct half *half)
{
    add_index_driver(b, half, USER_SORT_USERNAME, IS_BETWEEN("u.username_key"));
    builder_text(b, " UNION ");
    add_index_driver(b, half, USER_SORT_EMAIL, IS_BETWEEN("u.email_order"));
    builder_text(b, " UNION ");
    add_index_driver(b, half, USER_SORT_NAME, IS_BETWEEN("u.name_order"));
}

/* By the index that serves the driver's filter. */
static void add_filter_driver(struct builder *b, enum list_driver driver, const struct half *half)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (filters[i].driver == driver) {
            add_index_driver(b, half, filters[i].sort, filters[i].condition);
        }
    }
}

/* A select of the numbers (n) the driver finds. */
static void add_driver(struct builder *b, enum list_driver driver, const struct half *half)
{
    if (driver == LIST_BY_SEARCH) {
        builder_format(b, "SELECT rowid AS n FROM users_search WHERE users_search MATCH ?%d",
                       (int)half->match);
    } else if (driver == LIST_BY_PREFIX) {
        add_prefix_driver(b, half);
    } else if (driver == LIST_BY_ROLE) {
        builder_text(b, "SELECT user_number AS n FROM user_roles INDEXED BY user_roles_role"
                        " WHERE role_number = ?9");
    } else if (driver == LIST_BY_NUMBERS) {
        builder_format(b, "SELECT value AS n FROM json_each(?%d)", LIST_NUMBERS);
    } else if (driver == LIST_WALK) {
        add_index_driver(b, half, USER_SORT_NUMBER, "true");
    } else {
        add_filter_driver(b, driver, half);
    }
}

/* --- conditions ------------------------------------------------------------------------------- */

/* True when the driver has applied the filter already. */
static bool is_applied(const struct list_shape *shape, size_t i)
{
    return filters[i].driver == shape->driver ||
           (filters[i].bit == USER_FILTER_SEARCH && shape->driver == LIST_BY_PREFIX);
}

/* Conditions on what the walked index is sorted by narrow the walk; no other condition may make
   SQLite think of another way. Behind a position the position narrows it. */
static bool may_narrow(const struct list_shape *shape, size_t i)
{
    const struct user_list_request *request = shape->request;
    bool ranged = filters[i].bit == USER_FILTER_CREATED || filters[i].bit == USER_FILTER_AGE;
    return shape->driver == LIST_WALK && filters[i].sort == request->sort[0].field &&
           (ranged || request->position == NULL);
}

static void add_filters(struct builder *b, const struct list_shape *shape)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (!has(shape, filters[i].bit) || is_applied(shape, i)) {
            continue;
        }
        const char *condition = filters[i].bit == USER_FILTER_SEARCH && shape->prefix
                                    ? prefix_condition
                                    : filters[i].condition;
        builder_format(b, may_narrow(shape, i) ? " AND %s" : " AND +(%s)", condition);
    }
}

/* True when the numbers come in order from the driver itself. */
static bool is_streamed(const struct list_shape *shape)
{
    return shape->request->sort[0].field == USER_SORT_NUMBER &&
           (shape->driver == LIST_BY_SEARCH || shape->driver == LIST_BY_ROLE);
}

static const char *key_of(const struct list_shape *shape, size_t i)
{
    return is_streamed(shape) ? "d.n" : sorts[shape->request->sort[i].field].key;
}

size_t list_sql_key_count(const struct user_list_request *request)
{
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == USER_SORT_NUMBER) {
            return i + 1;
        }
    }
    return request->sort_count;
}

static bool has_tie(const struct list_shape *shape)
{
    return shape->request->sort[list_sql_key_count(shape->request) - 1].field != USER_SORT_NUMBER;
}

static bool goes_down(const struct list_shape *shape, size_t i)
{
    return shape->request->sort[i].descending != shape->request->backward;
}

static struct keyset keyset_of(const struct list_shape *shape)
{
    struct keyset keyset = {.count = list_sql_key_count(shape->request),
                            .tie = has_tie(shape) ? "u.id" : NULL};
    for (size_t i = 0; i < keyset.count; i++) {
        keyset.keys[i] = (struct keyset_key){key_of(shape, i), goes_down(shape, i)};
    }
    return keyset;
}

void list_sql_behind(struct builder *b, const struct list_shape *shape)
{
    struct keyset keyset = keyset_of(shape);
    keyset_add_behind(b, &keyset, LIST_KEY, LIST_ID);
}

void list_sql_compare(struct builder *b, const struct list_comparison *comparison)
{
    const char *key = sorts[comparison->field].key;
    bool tied = comparison->tied && comparison->field != USER_SORT_NUMBER;
    builder_format(b, tied ? "(%s, u.id)" : "%s", key);
    builder_format(b, " %s ", comparison->relation);
    if (comparison->key == 0) {
        builder_format(b, "(SELECT p.%s", key + strlen("u."));
        builder_format(b, "%s FROM users AS p WHERE p.number = ?%d)", tied ? ", p.id" : "",
                       LIST_PEER);
    } else if (tied) {
        builder_format(b, "(?%d, ?%d)", comparison->key, LIST_ID);
    } else {
        builder_format(b, "?%d", comparison->key);
    }
}

/* By the names that the columns of a half have outside. */
static void add_order(struct builder *b, const struct list_shape *shape)
{
    static const char *const names[] = {"k0", "k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"};
    _Static_assert(ARRAY_LEN(names) == USER_SORT_COUNT, "a name for every key");
    struct keyset keyset = keyset_of(shape);
    for (size_t i = 0; i < keyset.count; i++) {
        keyset.keys[i].column = names[i];
    }
    keyset.tie = keyset.tie != NULL ? "t" : NULL;
    keyset_add_order(b, &keyset);
}

/* --- statements ------------------------------------------------------------------------------- */

/* From the index of the sort, from that of the driver's filter, or from what it finds elsewhere. */
static void add_from(struct builder *b, const struct list_shape *shape, const struct half *half)
{
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        if (filters[i].driver == shape->driver && filters[i].sort != USER_SORT_COUNT) {
            add_indexed(b, half, filters[i].sort);
            builder_format(b, " AND %s", filters[i].condition);
            return;
        }
    }
    if (shape->driver == LIST_WALK) {
        add_indexed(b, half, shape->request->sort[0].field);
        return;
    }
    builder_text(b, " FROM (");
    add_driver(b, shape->driver, half);
    builder_format(b, ") AS d CROSS JOIN users AS u ON u.number = d.n WHERE %s", half->condition);
}

static void add_half_page(struct builder *b, const struct list_shape *shape,
                          const struct half *half)
{
    builder_text(b, "SELECT u.number AS n");
    for (size_t i = 0; i < list_sql_key_count(shape->request); i++) {
        builder_format(b, ", %s AS k%zu", key_of(shape, i), i);
    }
    if (has_tie(shape)) {
        builder_text(b, ", u.id AS t");
    }
    add_from(b, shape, half);
    if (shape->request->position != NULL) {
        list_sql_behind(b, shape);
    }
    add_filters(b, shape);
}

void list_sql_page(struct builder *b, const struct list_shape *shape)
{
    bool first = true;
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (wants(shape, &halves[i])) {
            builder_text(b, first ? "" : " UNION ALL ");
            add_half_page(b, shape, &halves[i]);
            first = false;
        }
    }
    add_order(b, shape);
    builder_text(b, " LIMIT ?1 OFFSET ?2");
}

void list_sql_matches(struct builder *b, const struct list_shape *shape)
{
    bool first = true;
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (wants(shape, &halves[i])) {
            builder_text(b, first ? "SELECT u.number" : " UNION ALL SELECT u.number");
            add_from(b, shape, &halves[i]);
            add_filters(b, shape);
            first = false;
        }
    }
}

void list_sql_order(struct builder *b, enum user_sort_field sort, enum user_presence presence)
{
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (halves[i].presence == presence) {
            builder_text(b, "SELECT u.number");
            add_indexed(b, &halves[i], sort);
            builder_text(b, " ORDER BY ");
            builder_text(b, sorts[sort].key);
            builder_text(b, is_unique(&halves[i], sort) ? "" : ", u.id");
        }
    }
}

/* The driver alone decides: its rows need not be looked at. */
static bool is_alone(const struct list_shape *shape)
{
    unsigned mask = shape->request->filter.mask;
    return (mask & (mask - 1)) == 0 && shape->driver != LIST_BY_ROLE &&
           shape->driver != LIST_BY_NUMBERS && (mask & USER_FILTER_USERNAME_PART) == 0;
}

void list_sql_count(struct builder *b, const struct list_shape *shape)
{
    builder_text(b, "SELECT 0");
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (!wants(shape, &halves[i])) {
            continue;
        }
        builder_text(b, " + (SELECT count(*) FROM (");
        add_driver(b, shape->driver, &halves[i]);
        builder_text(b, ")");
        if (!is_alone(shape)) {
            builder_format(b, " AS d CROSS JOIN users AS u ON u.number = d.n WHERE %s",
                           halves[i].condition);
            add_filters(b, shape);
        }
        builder_text(b, ")");
    }
}

void list_sql_probe(struct builder *b, const struct list_shape *shape)
{
    builder_text(b, "SELECT 0");
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (wants(shape, &halves[i])) {
            builder_text(b, " + (SELECT count(*) FROM (SELECT 1 FROM (");
            add_driver(b, shape->driver, &halves[i]);
            builder_text(b, ") LIMIT ?1))");
        }
    }
}
