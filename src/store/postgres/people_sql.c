#include "store/postgres/people_sql.h"

#include "base/attributes.h"

/* The two halves of the people, indexed apart (migrations/postgres). */
struct half {
    enum user_presence presence;
    const char *condition;
    const char *texts; /* of user_texts */
};

static const struct half halves[] = {
    {USER_PRESENT, "u.deleted_ms IS NULL", "NOT t.gone"},
    {USER_GONE, "u.deleted_ms IS NOT NULL", "t.gone"},
};

/* What is sorted by; what may be missing is NULL and comes last, as the server has it. */
static const struct {
    const char *key;
    bool may_be_missing;
} sorts[USER_SORT_COUNT] = {
    [USER_SORT_NUMBER] = {"number", false},
    [USER_SORT_USERNAME] = {"username_key", false},
    [USER_SORT_EMAIL] = {"email_key", true},
    [USER_SORT_NAME] = {"name_key", true},
    [USER_SORT_AGE] = {"age", true},
    [USER_SORT_CREATED] = {"created_ms", false},
    [USER_SORT_UPDATED] = {"updated_ms", false},
    [USER_SORT_LAST_LOGIN] = {"last_login_ms", true},
    [USER_SORT_STATUS] = {"status", false},
};

static bool has(const struct people_sql *sql, enum user_filter_bit bit)
{
    return (sql->request->filter.mask & (unsigned)bit) != 0;
}

static bool wants(const struct people_sql *sql, const struct half *half)
{
    return ((unsigned)sql->request->filter.presence & (unsigned)half->presence) != 0;
}

/* --- conditions ------------------------------------------------------------------------------- */

static void add_prefix(struct postgres_text *text, const struct decide_search *search)
{
    static const char *const keys[] = {"username_key", "email_key", "name_key"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        postgres_text_add(text, i == 0 ? " AND (u." : " OR u.");
        postgres_text_add(text, keys[i]);
        postgres_text_with(text, " >= ", pgsql_wanted(search->part));
        postgres_text_add(text, " AND u.");
        postgres_text_add(text, keys[i]);
        postgres_text_with(text, " < ", pgsql_wanted(search->part_end));
    }
    postgres_text_add(text, ")");
}

static void add_search(struct postgres_text *text, const struct people_sql *sql,
                       const struct half *half)
{
    if (sql->search.prefix) {
        add_prefix(text, &sql->search);
        return;
    }
    postgres_text_add(text, " AND u.number IN (SELECT t.number FROM user_texts AS t WHERE ");
    postgres_text_add(text, half->texts);
    postgres_text_with(text, " AND t.texts LIKE ", pgsql_wanted(sql->search_like));
    postgres_text_add(text, ")");
}

static void add_created(struct postgres_text *text, int64_t after_ms, int64_t before_ms)
{
    postgres_text_with(text, " AND u.created_ms > ", pgsql_number(after_ms));
    postgres_text_with(text, " AND u.created_ms < ", pgsql_number(before_ms));
}

static void add_filters(struct postgres_text *text, const struct people_sql *sql,
                        const struct half *half)
{
    const struct user_filter *filter = &sql->request->filter;
    if (has(sql, USER_FILTER_USERNAME)) {
        postgres_text_with(text, " AND u.username_key = ", pgsql_wanted(sql->username));
    }
    if (has(sql, USER_FILTER_EMAIL)) {
        postgres_text_with(text, " AND u.email_key = ", pgsql_wanted(sql->email));
    }
    if (has(sql, USER_FILTER_SEARCH)) {
        add_search(text, sql, half);
    }
    if (has(sql, USER_FILTER_USERNAME_PART)) {
        postgres_text_with(text, " AND strpos(u.username_key, ", pgsql_wanted(sql->username_part));
        postgres_text_add(text, ") > 0");
    }
    if (has(sql, USER_FILTER_ROLE)) {
        postgres_text_with(text,
                           " AND EXISTS (SELECT 1 FROM user_roles AS ur"
                           " WHERE ur.user_number = u.number AND ur.role_number = ",
                           pgsql_number(sql->role_number));
        postgres_text_add(text, ")");
    }
    if (has(sql, USER_FILTER_STATUS)) {
        postgres_text_with(text, " AND u.status = ", pgsql_number(filter->status));
    }
    if (has(sql, USER_FILTER_AGE)) {
        postgres_text_with(text, " AND u.age >= ", pgsql_number(filter->min_age));
        postgres_text_with(text, " AND u.age <= ", pgsql_number(filter->max_age));
    }
    if (has(sql, USER_FILTER_CREATED)) {
        add_created(text, filter->created_after_ms, filter->created_before_ms);
    }
}

/* --- order ------------------------------------------------------------------------------------ */

static bool goes_down(const struct people_sql *sql, size_t i)
{
    return sql->request->sort[i].descending != sql->request->backward;
}

/* Nothing after the number, which nobody shares, can matter. */
static size_t key_count(const struct people_sql *sql)
{
    const struct user_list_request *request = sql->request;
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == USER_SORT_NUMBER) {
            return i + 1;
        }
    }
    return request->sort_count;
}

static bool has_tie(const struct people_sql *sql)
{
    return sql->request->sort[key_count(sql) - 1].field != USER_SORT_NUMBER;
}

/* The server puts NULL last going up and first going down: what is missing comes last. */
static void add_order(struct postgres_text *text, const struct people_sql *sql)
{
    size_t count = key_count(sql);
    for (size_t i = 0; i < count; i++) {
        postgres_text_add(text, i == 0 ? " ORDER BY u." : ", u.");
        postgres_text_add(text, sorts[sql->request->sort[i].field].key);
        postgres_text_add(text, goes_down(sql, i) ? " DESC" : "");
    }
    if (has_tie(sql)) {
        postgres_text_add(text, goes_down(sql, count - 1) ? ", u.id DESC" : ", u.id");
    }
}

/* --- position --------------------------------------------------------------------------------- */

static struct pgsql_value integer_key(bool missing, int64_t number)
{
    return missing ? pgsql_id(NULL) : pgsql_number(number);
}

static struct pgsql_value key_of(const struct people_sql *sql, size_t i)
{
    const struct user *user = sql->request->position;
    switch (sql->request->sort[i].field) {
    case USER_SORT_USERNAME:
    case USER_SORT_EMAIL:
    case USER_SORT_NAME:
        return pgsql_wanted(sql->keys[i]);
    case USER_SORT_AGE:
        return integer_key(user->age == USER_AGE_UNKNOWN, user->age);
    case USER_SORT_CREATED:
        return pgsql_number(user->created_ms);
    case USER_SORT_UPDATED:
        return pgsql_number(user->updated_ms);
    case USER_SORT_LAST_LOGIN:
        return integer_key(user->last_login_ms == 0, user->last_login_ms);
    case USER_SORT_STATUS:
        return pgsql_number(user->status);
    case USER_SORT_NUMBER:
    case USER_SORT_COUNT:
        break;
    }
    return pgsql_number(user->number);
}

/* Where people behind the position are: those who share the first `shared` keys with it and are
   beyond it by the next, or by the id. They are looked for part by part, because each is one
   stretch of an index. */
struct part {
    size_t shared;
    bool is_missing; /* by having no such key, where the position has one and order goes up */
};

static void add_shared(struct postgres_text *text, const struct people_sql *sql, size_t i)
{
    struct pgsql_value key = key_of(sql, i);
    postgres_text_add(text, " AND u.");
    postgres_text_add(text, sorts[sql->request->sort[i].field].key);
    if (key.type == PGSQL_NULL) {
        postgres_text_add(text, " IS NULL");
    } else {
        postgres_text_with(text, " = ", key);
    }
}

static void add_beyond(struct postgres_text *text, const struct people_sql *sql,
                       const struct part *part)
{
    size_t i = part->shared;
    if (i == key_count(sql)) {
        postgres_text_with(text, goes_down(sql, i - 1) ? " AND u.id < " : " AND u.id > ",
                           pgsql_id(&sql->request->position->id));
        return;
    }
    struct pgsql_value key = key_of(sql, i);
    postgres_text_add(text, " AND u.");
    postgres_text_add(text, sorts[sql->request->sort[i].field].key);
    if (part->is_missing) {
        postgres_text_add(text, " IS NULL");
    } else if (key.type == PGSQL_NULL) {
        postgres_text_add(text, " IS NOT NULL"); /* going down from those without */
    } else {
        postgres_text_with(text, goes_down(sql, i) ? " < " : " > ", key);
    }
}

/* False when nobody can be there. */
static bool is_possible(const struct people_sql *sql, const struct part *part)
{
    size_t i = part->shared;
    if (i == key_count(sql)) {
        return !part->is_missing && has_tie(sql);
    }
    bool is_null = key_of(sql, i).type == PGSQL_NULL;
    if (part->is_missing) {
        return sorts[sql->request->sort[i].field].may_be_missing && !goes_down(sql, i) && !is_null;
    }
    return !is_null || goes_down(sql, i);
}

static void add_position(struct postgres_text *text, const struct people_sql *sql,
                         const struct part *part)
{
    for (size_t i = 0; i < part->shared; i++) {
        add_shared(text, sql, i);
    }
    add_beyond(text, sql, part);
}

/* --- statements ------------------------------------------------------------------------------- */

/* A page in the making: the people of each half and part are looked for by themselves. */
struct page {
    struct postgres_text *text;
    const struct people_sql *sql;
    int64_t most; /* of each */
    bool is_first;
};

/* The keys and the number of those wanted, in order: so each comes from an index, and no more are
   read than are needed. part NULL: all of the half. */
static void add_people(struct page *page, const struct half *half, const struct part *part)
{
    struct postgres_text *text = page->text;
    const struct people_sql *sql = page->sql;
    postgres_text_add(text, page->is_first ? "(" : " UNION ALL (");
    page->is_first = false;
    postgres_text_add(text, "SELECT u.number, u.id");
    for (size_t i = 0; i < key_count(sql); i++) {
        if (sql->request->sort[i].field != USER_SORT_NUMBER) {
            postgres_text_add(text, ", u.");
            postgres_text_add(text, sorts[sql->request->sort[i].field].key);
        }
    }
    postgres_text_add(text, " FROM users AS u WHERE ");
    postgres_text_add(text, half->condition);
    if (part != NULL) {
        add_position(text, sql, part);
    }
    add_filters(text, sql, half);
    add_order(text, sql);
    postgres_text_with(text, " LIMIT ", pgsql_number(page->most));
    postgres_text_add(text, ")");
}

static void add_half(struct page *page, const struct half *half)
{
    const struct people_sql *sql = page->sql;
    if (sql->request->position == NULL) {
        add_people(page, half, NULL);
        return;
    }
    for (size_t i = 0; i < 2 * (key_count(sql) + 1); i++) {
        const struct part part = {.shared = i / 2, .is_missing = i % 2 != 0};
        if (is_possible(sql, &part)) {
            add_people(page, half, &part);
        }
    }
}

void people_sql_page(struct postgres_text *text, const struct people_sql *sql, int64_t most)
{
    int64_t offset = sql->request->offset;
    struct page page = {.text = text, .sql = sql, .most = INT64_MAX, .is_first = true};
    if (offset <= INT64_MAX - most) {
        page.most = offset + most;
    }
    postgres_text_begin(text);
    postgres_text_add(text, "SELECT " USER_COLUMNS " FROM (SELECT u.number FROM (");
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (wants(sql, &halves[i])) {
            add_half(&page, &halves[i]);
        }
    }
    postgres_text_add(text, ") AS u");
    add_order(text, sql);
    postgres_text_with(text, " LIMIT ", pgsql_number(most));
    postgres_text_with(text, " OFFSET ", pgsql_number(offset));
    postgres_text_add(text, ") AS f JOIN users AS u ON u.number = f.number");
    add_order(text, sql);
}

/* The texts alone tell: they know who is gone. */
static void add_texts(struct postgres_text *text, const struct people_sql *sql,
                      const struct half *half)
{
    postgres_text_add(text, " + (SELECT count(*) FROM user_texts AS t WHERE ");
    postgres_text_add(text, half->texts);
    postgres_text_with(text, " AND t.texts LIKE ", pgsql_wanted(sql->search_like));
    postgres_text_add(text, ")");
}

static void add_count(struct postgres_text *text, const struct people_sql *sql, int64_t after_ms,
                      int64_t before_ms)
{
    postgres_text_begin(text);
    postgres_text_add(text, "SELECT 0");
    for (size_t i = 0; i < ARRAY_LEN(halves); i++) {
        if (!wants(sql, &halves[i])) {
            continue;
        }
        if (sql->request->filter.mask == USER_FILTER_SEARCH && !sql->search.prefix) {
            add_texts(text, sql, &halves[i]);
            continue;
        }
        postgres_text_add(text, " + (SELECT count(*) FROM users AS u WHERE ");
        postgres_text_add(text, halves[i].condition);
        if (after_ms != before_ms) {
            add_created(text, after_ms, before_ms);
        } else {
            add_filters(text, sql, &halves[i]);
        }
        postgres_text_add(text, ")");
    }
}

void people_sql_count(struct postgres_text *text, const struct people_sql *sql)
{
    add_count(text, sql, 0, 0);
}

void people_sql_count_created(struct postgres_text *text, const struct people_sql *sql,
                              int64_t after_ms, int64_t before_ms)
{
    add_count(text, sql, after_ms, before_ms);
}
