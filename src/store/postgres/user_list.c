#include "store/postgres/user_list.h"

#include "base/utf8_fold.h"
#include "store/postgres/transaction.h"
#include "store/postgres/people_sql.h"
#include "store/postgres/users.h"

/* user_counts.kind */
enum counted { COUNTED_STATUS = 1, COUNTED_ROLE = 2, COUNTED_AGE = 3, COUNTED_DAY = 4 };
#define COUNTS_MAX 3 /* statements whose sum is a total */

/* One run: what was asked, what was found out. */
struct listing {
    struct postgres_handle *handle;
    struct arena *arena;
    struct user_list_request request; /* with a sort and a presence, always */
    struct people_sql sql;
    bool nobody; /* a role that does not exist */
    size_t page; /* statements of the batch */
    size_t counts[COUNTS_MAX];
    size_t count_of_counts;
};

static bool has(const struct listing *listing, enum user_filter_bit bit)
{
    return (listing->request.filter.mask & (unsigned)bit) != 0;
}

/* --- what is looked for ----------------------------------------------------------------------- */

/* at NULL, which equals nothing, stays so. */
static bool fold(struct listing *listing, struct view text, struct view *out)
{
    *out = text;
    if (text.at == NULL) {
        return true;
    }
    char *room = arena_take(listing->arena, UTF8_FOLD_SIZE(text.len));
    if (room != NULL) {
        *out = utf8_fold(text, room);
    }
    return room != NULL;
}

static bool fold_filters(struct listing *listing)
{
    const struct user_filter *filter = &listing->request.filter;
    struct people_sql *sql = &listing->sql;
    bool good = fold(listing, filter->username, &sql->username) &&
                fold(listing, filter->username_part, &sql->username_part) &&
                fold(listing, filter->email, &sql->email);
    if (good && has(listing, USER_FILTER_SEARCH)) {
        good = decide_search(filter->search, listing->arena, &sql->search) &&
               postgres_text_like(sql->search.part, listing->arena, &sql->search_like);
    }
    return good;
}

static bool fold_position(struct listing *listing)
{
    const struct user *position = listing->request.position;
    bool good = true;
    for (size_t i = 0; position != NULL && i < listing->request.sort_count; i++) {
        struct view *key = &listing->sql.keys[i];
        switch (listing->request.sort[i].field) {
        case USER_SORT_USERNAME:
            good = good && fold(listing, position->username, key);
            break;
        case USER_SORT_EMAIL:
            good = good && fold(listing, position->email, key);
            break;
        case USER_SORT_NAME:
            good = good && fold(listing, position->name, key);
            break;
        case USER_SORT_NUMBER:
        case USER_SORT_AGE:
        case USER_SORT_CREATED:
        case USER_SORT_UPDATED:
        case USER_SORT_LAST_LOGIN:
        case USER_SORT_STATUS:
        case USER_SORT_COUNT:
            break;
        }
    }
    return good;
}

/* Begins the transaction. As a constant, the number of the role tells the server how many hold it.
 */
static enum result find_role(struct listing *listing)
{
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(listing->handle);
    (void)pgsql_add(&batch, STATEMENT_BEGIN_READ, PGSQL_NONE);
    size_t role = pgsql_add(&batch, STATEMENT_ROLE_NUMBER,
                            PGSQL_BIND(pgsql_wanted(listing->request.filter.role)));
    enum result result = pgsql_run(&batch);
    if (result != RESULT_OK) {
        return result;
    }
    listing->nobody = pgsql_rows(&batch, role) == 0;
    if (!listing->nobody) {
        struct pgsql_row row = pgsql_row(&batch, role, 0);
        listing->sql.role_number = pgsql_get_number(&row, 0);
    }
    return RESULT_OK;
}

/* --- total ------------------------------------------------------------------------------------ */

static void note_count(struct listing *listing, size_t statement)
{
    listing->counts[listing->count_of_counts++] = statement;
}

static void add_kept(struct listing *listing, struct pgsql_batch *batch, enum counted kind,
                     int64_t from, int64_t to)
{
    enum user_presence presence = listing->request.filter.presence;
    note_count(listing,
               pgsql_add(batch, STATEMENT_LIST_COUNT,
                         PGSQL_BIND(pgsql_number(presence == USER_GONE ? 1 : 0),
                                    pgsql_number((presence & USER_GONE) != 0 ? 1 : 0),
                                    pgsql_number(kind), pgsql_number(from), pgsql_number(to))));
}

static void add_created(struct listing *listing, struct pgsql_batch *batch, int64_t after_ms,
                        int64_t before_ms)
{
    struct postgres_text text;
    people_sql_count_created(&text, &listing->sql, after_ms, before_ms);
    note_count(listing, postgres_text_end(&text, batch));
}

/* Whole days are counted already; only those at the two ends have to be. */
static void count_created(struct listing *listing, struct pgsql_batch *batch)
{
    const struct user_filter *filter = &listing->request.filter;
    struct decide_days days = decide_days(filter->created_after_ms, filter->created_before_ms);
    if (!days.has_whole) {
        add_created(listing, batch, days.after_ms, days.before_ms);
        return;
    }
    add_kept(listing, batch, COUNTED_DAY, days.first, days.last);
    add_created(listing, batch, days.after_ms, days.first * DECIDE_DAY_MS);
    add_created(listing, batch, (days.last + 1) * DECIDE_DAY_MS - 1, days.before_ms);
}

static void add_total(struct listing *listing, struct pgsql_batch *batch)
{
    const struct user_filter *filter = &listing->request.filter;
    struct postgres_text text;
    switch (filter->mask) {
    case 0:
        add_kept(listing, batch, COUNTED_STATUS, USER_ACTIVE, USER_DISABLED);
        return;
    case USER_FILTER_STATUS:
        add_kept(listing, batch, COUNTED_STATUS, filter->status, filter->status);
        return;
    case USER_FILTER_ROLE:
        add_kept(listing, batch, COUNTED_ROLE, listing->sql.role_number, listing->sql.role_number);
        return;
    case USER_FILTER_AGE:
        add_kept(listing, batch, COUNTED_AGE, filter->min_age, filter->max_age);
        return;
    case USER_FILTER_CREATED:
        count_created(listing, batch);
        return;
    default:
        people_sql_count(&text, &listing->sql);
        note_count(listing, postgres_text_end(&text, batch));
    }
}

static int64_t sum_counts(const struct listing *listing, const struct pgsql_batch *batch)
{
    int64_t total = 0;
    for (size_t i = 0; i < listing->count_of_counts; i++) {
        struct pgsql_row row = pgsql_row(batch, listing->counts[i], 0);
        total += pgsql_get_number(&row, 0);
    }
    return total;
}

/* --- page ------------------------------------------------------------------------------------- */

/* One more than asked for says whether there are more. Backward they come the other way round. */
static enum result take_people(const struct listing *listing, const struct pgsql_batch *batch,
                               struct user_page *out)
{
    size_t limit = (size_t)listing->request.limit;
    size_t found = pgsql_rows(batch, listing->page);
    size_t count = found < limit ? found : limit;
    struct user *users = arena_take_array(listing->arena, count, sizeof *users);
    enum result result = users != NULL || count == 0 ? RESULT_OK : RESULT_INTERNAL;
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        struct pgsql_row row = pgsql_row(batch, listing->page, i);
        size_t place = listing->request.backward ? count - 1 - i : i;
        result = postgres_users_of_row(&row, 0, listing->arena, &users[place]);
    }
    out->items = users;
    out->count = count;
    out->more = found > limit;
    return result;
}

static enum result read_listing(struct listing *listing, bool has_begun, struct user_page *out)
{
    struct postgres_text text;
    CLEANUP(pgsql_close) struct pgsql_batch batch = pgsql_open(listing->handle);
    if (!has_begun) {
        (void)pgsql_add(&batch, STATEMENT_BEGIN_READ, PGSQL_NONE);
    }
    people_sql_page(&text, &listing->sql, listing->request.limit + 1);
    listing->page = postgres_text_end(&text, &batch);
    if (listing->request.counted) {
        add_total(listing, &batch);
    }
    (void)pgsql_add(&batch, STATEMENT_COMMIT, PGSQL_NONE);
    enum result result = pgsql_run(&batch);
    if (result == RESULT_OK) {
        result = take_people(listing, &batch, out);
    }
    if (result == RESULT_OK && listing->request.counted) {
        out->total = sum_counts(listing, &batch);
    }
    return result;
}

static enum result list(struct listing *listing, struct user_page *out)
{
    bool by_role = has(listing, USER_FILTER_ROLE);
    if (!fold_filters(listing) || !fold_position(listing)) {
        return RESULT_INTERNAL;
    }
    /* One view of the data for the total and the items. */
    CLEANUP(postgres_transaction_end)
    struct transaction transaction = postgres_transaction_open(listing->handle);
    enum result result = by_role ? find_role(listing) : RESULT_OK;
    if (result != RESULT_OK || listing->nobody) {
        return result;
    }
    return read_listing(listing, by_role, out);
}

enum result postgres_user_list_read(struct store_handle *base,
                                    const struct user_list_request *request, struct arena *arena,
                                    struct user_page *out)
{
    struct listing listing = {
        .handle = postgres_handle_of(base), .arena = arena, .request = *request};
    if (listing.request.sort_count == 0) {
        listing.request.sort[0] = (struct user_sort){.field = USER_SORT_NUMBER};
        listing.request.sort_count = 1;
    }
    if (listing.request.filter.presence == 0) {
        listing.request.filter.presence = USER_PRESENT;
    }
    listing.sql.request = &listing.request;
    *out = (struct user_page){.total = request->counted ? 0 : USER_TOTAL_UNKNOWN};
    return list(&listing, out);
}
