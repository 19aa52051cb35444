#include "store/mongo/user_list.h"

#include "base/array.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/list.h"
#include "store/mongo/user_document.h"
#include "store/mongo/user_filter.h"

/* One run: what was asked, and what is found. */
struct listing {
    struct mongo_handle *handle;
    struct arena *arena;
    struct user_list_request request; /* with a sort, always */
    struct mongo_snapshot snapshot;
};

static enum result read_people(struct call_rows *rows, struct arena *arena, struct user *users,
                               size_t room, size_t *found)
{
    const bson_t *doc = NULL;
    enum result result = RESULT_OK;
    *found = 0;
    while (*found < room && (result = call_next(rows, &doc)) == RESULT_OK) {
        result = mongo_user_document_read(doc, arena, &users[*found], NULL);
        if (result != RESULT_OK) {
            return result;
        }
        *found += 1;
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result find_people(struct listing *listing, const bson_t *conditions,
                               struct user *users, size_t room, size_t *found)
{
    DOC_LOCAL(sort);
    DOC_LOCAL(options);
    mongo_user_filter_sort(&listing->request, &sort);
    mongo_list_options(&sort, (int64_t)room, listing->request.offset, &listing->snapshot, &options);
    doc_add(&options, DOC(doc_open("projection"), doc_bool("search", false),
                          doc_bool("order", false), doc_bool("password_hash", false), doc_close()));
    CLEANUP(call_close)
    struct call_rows rows = call_find(listing->handle, MONGO_USERS, conditions, &options);
    return read_people(&rows, listing->arena, users, room, found);
}

static enum result read_page(struct listing *listing, const bson_t *conditions,
                             struct user_page *out)
{
    /* One more says whether there are more. */
    size_t limit = (size_t)listing->request.limit;
    struct user *users = arena_take_array(listing->arena, limit + 1, sizeof *users);
    size_t found = 0;
    if (users == NULL) {
        return RESULT_INTERNAL;
    }
    enum result result = find_people(listing, conditions, users, limit + 1, &found);
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

/* Those who are behind the position, if there is one. */
static enum result write_conditions(struct listing *listing, const bson_t *filters, bson_t *out)
{
    if (listing->request.position != NULL) {
        return mongo_user_filter_behind(&listing->request, filters, listing->arena, out);
    }
    bson.copy_to(filters, out);
    return RESULT_OK;
}

/* No index has the order of several fields: the server sorts. Along the index of the first field
   it is seen where the page ends, and so who need not be sorted. */
static enum result add_bound(struct listing *listing, bson_t *filters)
{
    struct user_list_request first;
    if (listing->request.filter.mask != 0 || listing->request.offset > MONGO_LIST_SKIP_MAX ||
        !mongo_user_filter_first(&listing->request, &first)) {
        return RESULT_OK;
    }
    DOC_LOCAL(conditions);
    DOC_LOCAL(sort);
    DOC_LOCAL(options);
    DOC_LOCAL(last);
    enum result result = write_conditions(listing, filters, &conditions);
    if (result != RESULT_OK) {
        return result;
    }
    mongo_user_filter_sort(&first, &sort);
    mongo_list_options(&sort, 1, first.offset + first.limit, &listing->snapshot, &options);
    result = call_find_one(listing->handle, MONGO_USERS, &conditions, &options, &last);
    if (result == RESULT_OK) {
        mongo_user_filter_bound(&first, &last, filters);
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result read_place(struct listing *listing, const bson_t *filters, struct user_page *out)
{
    DOC_LOCAL(bounded);
    DOC_LOCAL(conditions);
    bson.copy_to(filters, &bounded);
    enum result result = add_bound(listing, &bounded);
    if (result == RESULT_OK) {
        result = write_conditions(listing, &bounded, &conditions);
    }
    return result == RESULT_OK ? read_page(listing, &conditions, out) : result;
}

static enum result count_all(struct listing *listing, const bson_t *filters, int64_t *total)
{
    DOC_LOCAL(options);
    mongo_list_count_options(&listing->snapshot, &options);
    return call_count(listing->handle, MONGO_USERS, filters, &options, total);
}

static enum result read_listing(struct listing *listing, struct user_page *out)
{
    bool nobody = false;
    DOC_LOCAL(filters);
    enum result result = mongo_user_filter_write(listing->handle, &listing->request.filter,
                                                 listing->arena, &filters, &nobody);
    if (result != RESULT_OK || nobody) {
        return result;
    }
    result = read_place(listing, &filters, out);
    if (result == RESULT_OK && listing->request.counted) {
        result = count_all(listing, &filters, &out->total);
    }
    return result;
}

enum result mongo_user_list_read(struct store_handle *base, const struct user_list_request *request,
                                 struct arena *arena, struct user_page *out)
{
    struct mongo_handle *handle = mongo_handle_of(base);
    struct listing listing = {.handle = handle, .arena = arena, .request = *request};
    if (listing.request.sort_count == 0) {
        listing.request.sort[0] = (struct user_sort){.field = USER_SORT_NUMBER};
        listing.request.sort_count = 1;
    }
    *out = (struct user_page){.total = request->counted ? 0 : USER_TOTAL_UNKNOWN};
    listing.snapshot = mongo_snapshot_open(handle);
    enum result result = read_listing(&listing, out);
    mongo_snapshot_close(&listing.snapshot);
    return result;
}
