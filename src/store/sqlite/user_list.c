#include "store/sqlite/user_list.h"

#include "base/array.h"
#include "base/utf8_fold.h"
#include "model/limits.h"
#include "store/sqlite/list_find.h"
#include "store/sqlite/search_text.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/time_limit.h"
#include "store/sqlite/transaction.h"
#include "store/sqlite/user_list_sql.h"
#include "store/sqlite/users.h"

/* user_counts.kind */
enum counted { COUNTED_STATUS = 1, COUNTED_ROLE = 2, COUNTED_AGE = 3, COUNTED_DAY = 4 };
#define OFFSET_FAR 1000 /* people left out one by one */
#define DAY_MS INT64_C(86400000)
#define INSTANT_MAX_MS INT64_C(253402300800000) /* the end of year 9999 */

/* One run: what was asked, what was found out, and the values of all parameters. */
struct listing {
    struct sqlite_handle *handle;
    struct arena *arena;
    struct user_list_request request; /* with a sort, always */
    struct list_shape shape;
    bool nobody; /* a role that does not exist */
    int64_t role_number;
    struct time_limit *limit;
    struct sql_value values[LIST_PARAMETER_END];
};

static void set(struct listing *listing, int parameter, struct sql_value value)
{
    listing->values[parameter - 1] = value;
}

static bool has(const struct listing *listing, enum user_filter_bit bit)
{
    return (listing->request.filter.mask & (unsigned)bit) != 0;
}

/* --- values ----------------------------------------------------------------------------------- */

/* at NULL, which equals nothing, when there is none or no memory. */
static struct view fold(struct listing *listing, struct view text)
{
    char *out = text.at != NULL ? arena_take(listing->arena, UTF8_FOLD_SIZE(text.len)) : NULL;
    return out != NULL ? utf8_fold(text, out) : view_make(NULL, 0);
}

static enum result set_search(struct listing *listing)
{
    struct view search = listing->request.filter.search;
    struct search_text text;
    if (!search_text_make(search, listing->arena, &text)) {
        return RESULT_INTERNAL;
    }
    /* Lines keep the texts of one person apart, and none of these has any. */
    listing->nobody = view_find(search, '\n', 0) < search.len;
    listing->shape.prefix = !search_text_is_indexed(text.folded);
    struct view present = search_text_match(text.folded, "present", listing->arena);
    struct view gone = search_text_match(text.folded, "gone", listing->arena);
    set(listing, LIST_PART, sql_text(text.folded));
    set(listing, LIST_PART_END, sql_text(text.end));
    set(listing, LIST_MATCH_PRESENT, sql_text(present));
    set(listing, LIST_MATCH_GONE, sql_text(gone));
    return present.at != NULL && gone.at != NULL ? RESULT_OK : RESULT_INTERNAL;
}

static enum result set_filters(struct listing *listing)
{
    const struct user_filter *filter = &listing->request.filter;
    set(listing, LIST_USERNAME, sql_text(fold(listing, filter->username)));
    set(listing, LIST_EMAIL, sql_text(fold(listing, filter->email)));
    set(listing, LIST_USERNAME_PART, sql_text(fold(listing, filter->username_part)));
    set(listing, LIST_STATUS, sql_number(filter->status));
    set(listing, LIST_MIN_AGE, sql_number(filter->min_age));
    set(listing, LIST_MAX_AGE, sql_number(filter->max_age));
    set(listing, LIST_AFTER, sql_number(filter->created_after_ms));
    set(listing, LIST_BEFORE, sql_number(filter->created_before_ms));
    enum result result = has(listing, USER_FILTER_SEARCH) ? set_search(listing) : RESULT_OK;
    if (result == RESULT_OK && has(listing, USER_FILTER_ROLE)) {
        result = sql_run_number(listing->handle, STATEMENT_ROLE_NUMBER,
                                SQL_BIND(sql_text(filter->role)), &listing->role_number);
        listing->nobody = listing->nobody || result == RESULT_NOT_FOUND;
        result = result == RESULT_NOT_FOUND ? RESULT_OK : result;
        set(listing, LIST_ROLE, sql_number(listing->role_number));
    }
    return result;
}

/* As the index has it: what is missing is an empty blob after texts, an empty text after integers.
 */
static struct sql_value text_key(struct listing *listing, struct view text)
{
    return text.at != NULL ? sql_text(fold(listing, text)) : sql_blob(VIEW(""));
}

static struct sql_value integer_key(bool missing, int64_t number)
{
    return missing ? sql_text(VIEW("")) : sql_number(number);
}

static struct sql_value key_of(struct listing *listing, const struct user *user,
                               enum user_sort_field field)
{
    switch (field) {
    case USER_SORT_USERNAME:
        return text_key(listing, user->username);
    case USER_SORT_EMAIL:
        return text_key(listing, user->email);
    case USER_SORT_NAME:
        return text_key(listing, user->name);
    case USER_SORT_AGE:
        return integer_key(user->age == USER_AGE_UNKNOWN, user->age);
    case USER_SORT_CREATED:
        return sql_number(user->created_ms);
    case USER_SORT_UPDATED:
        return sql_number(user->updated_ms);
    case USER_SORT_LAST_LOGIN:
        return integer_key(user->last_login_ms == 0, user->last_login_ms);
    case USER_SORT_STATUS:
        return sql_number(user->status);
    case USER_SORT_NUMBER:
    case USER_SORT_COUNT:
        break;
    }
    return sql_number(user->number);
}

static void set_position(struct listing *listing)
{
    const struct user *position = listing->request.position;
    if (position == NULL) {
        return;
    }
    set(listing, LIST_ID, sql_id(&position->id));
    for (size_t i = 0; i < listing->request.sort_count; i++) {
        set(listing, LIST_KEY + (int)i, key_of(listing, position, listing->request.sort[i].field));
    }
}

/* --- running ---------------------------------------------------------------------------------- */

typedef void writer(struct builder *b, const struct list_shape *shape);

static struct sql_query open_listing(struct listing *listing, writer *write)
{
    char buffer[LIST_SQL_MAX_BYTES];
    struct builder b;
    struct view text;
    builder_init_fixed(&b, buffer, sizeof buffer);
    write(&b, &listing->shape);
    if (!builder_end(&b, &text)) {
        return (struct sql_query){.handle = listing->handle, .failure = RESULT_INTERNAL};
    }
    return sql_open_shape(listing->handle, text,
                          (struct sql_values){listing->values, ARRAY_LEN(listing->values)});
}

static enum result run_number(struct listing *listing, writer *write, int64_t *out)
{
    CLEANUP(sql_close) struct sql_query query = open_listing(listing, write);
    enum result result = sql_row(&query);
    *out = result == RESULT_OK ? sql_get_number(&query, 0) : 0;
    return result;
}

/* --- the way to the people -------------------------------------------------------------------- */

/* The filters that find people by an index, the likely best first; up to how many people sorting
   what is found is cheaper than walking along the sort; and for how many steps of SQLite's machine
   a walk may look for them before it is given up, because those who match stand together far away.
   Measured with a million: each bound is 5 to 20 ms. */
static const struct {
    enum user_filter_bit bit;
    enum list_driver driver;
    int64_t gathered_max; /* 0: always */
    int64_t walk_steps;
} drivers[] = {
    {USER_FILTER_USERNAME, LIST_BY_USERNAME, 0, 0},
    {USER_FILTER_EMAIL, LIST_BY_EMAIL, 0, 0},
    {USER_FILTER_SEARCH, LIST_BY_SEARCH, 4000, 200000},
    {USER_FILTER_ROLE, LIST_BY_ROLE, 4000, 150000},
    {USER_FILTER_CREATED, LIST_BY_CREATED, 10000, 3000000},
    {USER_FILTER_AGE, LIST_BY_AGE, 2000, 500000},
    {USER_FILTER_STATUS, LIST_BY_STATUS, 2000, 500000},
};
#define STEPS_A_PERSON 500 /* to read the whole record */

static enum list_driver driver_of(const struct listing *listing, size_t i)
{
    bool prefix = drivers[i].driver == LIST_BY_SEARCH && listing->shape.prefix;
    return prefix ? LIST_BY_PREFIX : drivers[i].driver;
}

/* True when the numbers come in order from the index of that driver. */
static bool is_in_order(const struct listing *listing, enum list_driver driver)
{
    return listing->request.sort[0].field == USER_SORT_NUMBER &&
           (driver == LIST_BY_SEARCH || driver == LIST_BY_ROLE);
}

/* *good: that driver finds few enough, or in order. */
static enum result try_driver(struct listing *listing, size_t i, bool *good)
{
    int64_t found = 0;
    listing->shape.driver = driver_of(listing, i);
    *good = drivers[i].gathered_max == 0 || is_in_order(listing, listing->shape.driver);
    if (*good) {
        return RESULT_OK;
    }
    set(listing, LIST_LIMIT, sql_number(drivers[i].gathered_max));
    enum result result = run_number(listing, list_sql_probe, &found);
    *good = found < drivers[i].gathered_max;
    return result;
}

static enum result choose_driver(struct listing *listing)
{
    bool good = false;
    for (size_t i = 0; i < ARRAY_LEN(drivers); i++) {
        if (has(listing, drivers[i].bit)) {
            enum result result = try_driver(listing, i, &good);
            if (result != RESULT_OK || good) {
                return result;
            }
        }
    }
    listing->shape.driver = LIST_WALK;
    return RESULT_OK;
}

/* The first filter that has an index; ARRAY_LEN(drivers) when none does. */
static size_t best_driver(const struct listing *listing)
{
    size_t i = 0;
    while (i < ARRAY_LEN(drivers) && !has(listing, drivers[i].bit)) {
        i++;
    }
    return i;
}

/* --- total ------------------------------------------------------------------------------------ */

static enum result count_kept(struct listing *listing, enum counted kind, int64_t from, int64_t to,
                              int64_t *total)
{
    enum user_presence presence = listing->request.filter.presence;
    return sql_run_number(listing->handle, STATEMENT_LIST_COUNT,
                          SQL_BIND(sql_number(presence == USER_GONE ? 1 : 0),
                                   sql_number((presence & USER_GONE) != 0 ? 1 : 0),
                                   sql_number(kind), sql_number(from), sql_number(to)),
                          total);
}

/* By the filter's own index, whatever the page was found by. */
static enum result count_matches(struct listing *listing, int64_t *total)
{
    size_t best = best_driver(listing);
    listing->shape.driver = best < ARRAY_LEN(drivers) ? driver_of(listing, best) : LIST_WALK;
    return run_number(listing, list_sql_count, total);
}

static enum result count_between(struct listing *listing, int64_t after_ms, int64_t before_ms,
                                 int64_t *total)
{
    int64_t found = 0;
    set(listing, LIST_AFTER, sql_number(after_ms));
    set(listing, LIST_BEFORE, sql_number(before_ms));
    enum result result = count_matches(listing, &found);
    *total += found;
    return result;
}

/* Whole days are counted already; only those at the two ends have to be. */
static enum result count_created(struct listing *listing, int64_t *total)
{
    const struct user_filter *filter = &listing->request.filter;
    int64_t after_ms = filter->created_after_ms < 0 ? -1 : filter->created_after_ms;
    int64_t before_ms =
        filter->created_before_ms > INSTANT_MAX_MS ? INSTANT_MAX_MS : filter->created_before_ms;
    int64_t first_day = after_ms / DAY_MS + (after_ms >= 0 ? 1 : 0);
    int64_t end_day = before_ms / DAY_MS;
    if (first_day >= end_day) {
        return count_between(listing, after_ms, before_ms, total);
    }
    enum result result = count_kept(listing, COUNTED_DAY, first_day, end_day - 1, total);
    if (result == RESULT_OK) {
        result = count_between(listing, after_ms, first_day * DAY_MS, total);
    }
    if (result == RESULT_OK) {
        result = count_between(listing, end_day * DAY_MS - 1, before_ms, total);
    }
    return result;
}

/* *kept: it is a sum of counters. */
static enum result count_if_kept(struct listing *listing, int64_t *total, bool *kept)
{
    const struct user_filter *filter = &listing->request.filter;
    *kept = true;
    switch (filter->mask) {
    case 0:
        return count_kept(listing, COUNTED_STATUS, USER_ACTIVE, USER_DISABLED, total);
    case USER_FILTER_STATUS:
        return count_kept(listing, COUNTED_STATUS, filter->status, filter->status, total);
    case USER_FILTER_ROLE:
        return count_kept(listing, COUNTED_ROLE, listing->role_number, listing->role_number, total);
    case USER_FILTER_AGE:
        return count_kept(listing, COUNTED_AGE, filter->min_age, filter->max_age, total);
    default:
        *kept = false;
        return RESULT_OK;
    }
}

static enum result count(struct listing *listing, int64_t *total)
{
    bool kept = false;
    enum result result = count_if_kept(listing, total, &kept);
    if (result != RESULT_OK || kept) {
        return result;
    }
    return listing->request.filter.mask == USER_FILTER_CREATED ? count_created(listing, total)
                                                               : count_matches(listing, total);
}

/* --- page ------------------------------------------------------------------------------------- */

static enum result read_people(struct listing *listing, struct user *users, size_t room,
                               size_t *found)
{
    CLEANUP(sql_close) struct sql_query query = open_listing(listing, list_sql_page);
    enum result result = sql_row(&query);
    for (*found = 0; result == RESULT_OK && *found < room; *found += 1) {
        result = sqlite_users_read_number(listing->handle, sql_get_number(&query, 0),
                                          listing->arena, &users[*found]);
        if (result == RESULT_OK) {
            result = sql_row(&query);
        }
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

/* Gives a walk up after its steps and gathers instead. */
static enum result find_people(struct listing *listing, struct user *users, size_t room,
                               size_t *found)
{
    size_t best = best_driver(listing);
    if (listing->shape.driver != LIST_WALK || best == ARRAY_LEN(drivers)) {
        return read_people(listing, users, room, found);
    }
    time_limit_set_steps(listing->limit, drivers[best].walk_steps + (int64_t)room * STEPS_A_PERSON);
    enum result result = read_people(listing, users, room, found);
    time_limit_free_steps(listing->limit);
    if (result == RESULT_BUSY && !time_limit_is_over(listing->limit)) {
        listing->shape.driver = driver_of(listing, best);
        result = read_people(listing, users, room, found);
    }
    return result;
}

typedef enum result finder(struct listing *listing, struct user *users, size_t room, size_t *found);

static enum result read_page(struct listing *listing, finder *find, int64_t offset,
                             struct user_page *out)
{
    size_t limit = (size_t)listing->request.limit;
    struct user *users = arena_take_array(listing->arena, limit + 1, sizeof *users);
    size_t found = 0;
    if (users == NULL) {
        return RESULT_INTERNAL;
    }
    /* One more says whether there are more. */
    set(listing, LIST_LIMIT, sql_number(listing->request.limit + 1));
    set(listing, LIST_OFFSET, sql_number(offset));
    enum result result = find(listing, users, limit + 1, &found);
    if (result != RESULT_OK) {
        return result;
    }
    out->items = users;
    out->count = found < limit ? found : limit;
    out->more = found > limit;
    if (listing->request.backward) {
        array_reverse(users, out->count, sizeof *users);
    }
    return RESULT_OK;
}

/* --- the ways --------------------------------------------------------------------------------- */

/* By an index that leads to the people, or along one. */
static enum result read_by_index(struct listing *listing, struct user_page *out)
{
    enum result result = choose_driver(listing);
    if (result == RESULT_OK) {
        result = read_page(listing, find_people, listing->request.offset, out);
    }
    if (result == RESULT_OK && listing->request.counted) {
        result = count(listing, &out->total);
    }
    return result;
}

static enum result count_found(struct listing *listing, const struct list_found *found,
                               int64_t *total)
{
    bool kept = false;
    enum result result = count_if_kept(listing, total, &kept);
    if (result != RESULT_OK || kept) {
        return result;
    }
    set(listing, LIST_NUMBERS, sql_text(found->uncounted));
    result = run_number(listing, list_sql_count, total);
    *total += found->total;
    return result;
}

/* By orders and terms. NOT_FOUND when these cannot help. */
static enum result read_by_sets(struct listing *listing, struct user_page *out)
{
    struct list_found found;
    enum result result =
        list_find(listing->handle, listing->arena, &listing->request, listing->values, &found);
    if (result != RESULT_OK) {
        return result;
    }
    listing->shape.driver = LIST_BY_NUMBERS;
    set(listing, LIST_NUMBERS, sql_text(found.candidates));
    result = read_page(listing, read_people, found.offset, out);
    return result == RESULT_OK && listing->request.counted
               ? count_found(listing, &found, &out->total)
               : result;
}

/* A name leads to its bearer, and without a filter the index of the sort is the list. */
static bool has_straight_way(const struct listing *listing)
{
    return has(listing, USER_FILTER_USERNAME) || has(listing, USER_FILTER_EMAIL) ||
           (listing->request.filter.mask == 0 && listing->request.offset < OFFSET_FAR &&
            list_sql_key_count(&listing->request) == 1);
}

static enum result read_listing(struct listing *listing, struct user_page *out)
{
    enum result result = set_filters(listing);
    if (result != RESULT_OK || listing->nobody) {
        return result;
    }
    set_position(listing);
    result = has_straight_way(listing) ? RESULT_NOT_FOUND : read_by_sets(listing, out);
    return result == RESULT_NOT_FOUND ? read_by_index(listing, out) : result;
}

static enum result read_in_time(struct listing *listing, struct user_page *out)
{
    CLEANUP(time_limit_end) struct time_limit limit = {.db = NULL};
    time_limit_start(&limit, listing->handle->db, TIME_LIMIT_LIST_MS);
    listing->limit = &limit;
    return time_limit_result(read_listing(listing, out));
}

enum result sqlite_user_list_read(struct store_handle *base,
                                  const struct user_list_request *request, struct arena *arena,
                                  struct user_page *out)
{
    struct sqlite_handle *handle = sqlite_handle_of(base);
    struct listing listing = {.handle = handle, .arena = arena, .request = *request};
    if (listing.request.sort_count == 0) {
        listing.request.sort[0] = (struct user_sort){.field = USER_SORT_NUMBER};
        listing.request.sort_count = 1;
    }
    if (listing.request.filter.presence == 0) {
        listing.request.filter.presence = USER_PRESENT;
    }
    listing.shape.request = &listing.request;
    *out = (struct user_page){.total = request->counted ? 0 : USER_TOTAL_UNKNOWN};
    /* One view of the data for the total and the items. */
    CLEANUP(sqlite_transaction_end) struct transaction transaction = {.handle = NULL};
    enum result result = sqlite_transaction_begin_read(&transaction, handle);
    if (result != RESULT_OK) {
        return result;
    }
    return sqlite_transaction_finish(&transaction, read_in_time(&listing, out));
}
