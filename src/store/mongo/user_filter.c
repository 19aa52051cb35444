#include "store/mongo/user_filter.h"

#include "base/utf8_fold.h"
#include "store/decide.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/search.h"
#include "store/mongo/user_document.h"

/* What is sorted by. What may be missing is MaxKey in `order`. */
static const struct {
    const char *key;
    bool may_be_missing;
} sorts[USER_SORT_COUNT] = {
    [USER_SORT_NUMBER] = {"number", false},
    [USER_SORT_USERNAME] = {"order.username", false},
    [USER_SORT_EMAIL] = {"order.email", true},
    [USER_SORT_NAME] = {"order.name", true},
    [USER_SORT_AGE] = {"order.age", true},
    [USER_SORT_CREATED] = {"created_at", false},
    [USER_SORT_UPDATED] = {"updated_at", false},
    [USER_SORT_LAST_LOGIN] = {"order.last_login", true},
    [USER_SORT_STATUS] = {"status", false}, /* "active" comes before "disabled" */
};

static bool has(const struct user_filter *filter, enum user_filter_bit bit)
{
    return (filter->mask & (unsigned)bit) != 0;
}

/* .at is NULL when there is no memory, or nothing to fold. */
static struct view fold(struct view text, struct arena *arena)
{
    char *room = text.at != NULL ? arena_take(arena, UTF8_FOLD_SIZE(text.len) + 1) : NULL;
    return room != NULL ? utf8_fold(text, room) : view_make(NULL, 0);
}

/* --- filters ---------------------------------------------------------------------------------- */

static void add_presence(const struct user_filter *filter, bson_t *out)
{
    if (filter->presence == USER_PRESENT_OR_GONE) {
        doc_add(out, DOC(doc_open("deleted"), doc_list("$in"), doc_bool(NULL, false),
                         doc_bool(NULL, true), doc_close(), doc_close()));
    } else {
        doc_add(out, DOC(doc_bool("deleted", filter->presence == USER_GONE)));
    }
}

/* One or two characters: how a text begins. */
static void add_prefix(const struct decide_search *search, bson_t *out)
{
    static const char *const keys[] = {"order.username", "order.email", "order.name"};
    DOC_LOCAL(list);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        static const char *const indexes[] = {"0", "1", "2"};
        doc_add(&list, DOC(doc_open(indexes[i]), doc_open(keys[i]), doc_text("$gte", search->part),
                           doc_text("$lt", search->part_end), doc_close(), doc_close()));
    }
    doc_add(out, DOC(doc_embed_list("$or", &list)));
}

static enum result add_search(struct mongo_handle *handle, const struct user_filter *filter,
                              struct arena *arena, bson_t *out)
{
    static const char *const text = "$search.text";
    struct decide_search search;
    bool exact = false;
    if (!decide_search(filter->search, arena, &search)) {
        return RESULT_INTERNAL;
    }
    if (search.prefix) {
        add_prefix(&search, out);
        return RESULT_OK;
    }
    enum result result = mongo_search_add_part(handle, MONGO_USERS, search.part, out, &exact);
    if (result == RESULT_OK && !exact) {
        mongo_search_add_literal(out, &text, 1, search.part);
    }
    return result;
}

static enum result add_username_part(const struct user_filter *filter, struct arena *arena,
                                     bson_t *out)
{
    static const char *const username = "$order.username";
    DOC_LOCAL(condition);
    struct view part = fold(filter->username_part, arena);
    if (part.at == NULL) {
        return filter->username_part.at == NULL ? RESULT_OK : RESULT_INTERNAL;
    }
    mongo_search_add_literal(&condition, &username, 1, part);
    doc_add(out, DOC(doc_list("$and"), doc_embed(NULL, &condition), doc_close()));
    return RESULT_OK;
}

static enum result add_role(struct mongo_handle *handle, const struct user_filter *filter,
                            bson_t *out, bool *nobody)
{
    DOC_LOCAL(by_name);
    DOC_LOCAL(role);
    doc_make(&by_name,
             DOC(doc_text("name", view_not_null(filter->role)), doc_bool("deleted", false)));
    enum result result = call_find_one(handle, MONGO_ROLES, &by_name, NULL, &role);
    struct id id = doc_get_id(&role, "_id");
    doc_add(out, DOC(doc_uuid("roles.id", &id)));
    *nobody = result == RESULT_NOT_FOUND;
    return *nobody ? RESULT_OK : result;
}

/* Comparisons with a number or an instant pass by what is missing. */
static enum result add_simple(const struct user_filter *filter, struct arena *arena, bson_t *out)
{
    struct view username = fold(filter->username, arena);
    struct view email = fold(filter->email, arena);
    doc_add(
        out,
        DOC(has(filter, USER_FILTER_USERNAME) ? doc_text("order.username", username) : doc_none(),
            has(filter, USER_FILTER_EMAIL) ? doc_text("order.email", email) : doc_none(),
            has(filter, USER_FILTER_STATUS) ? mongo_user_document_status("status", filter->status)
                                            : doc_none()));
    if (has(filter, USER_FILTER_AGE)) {
        doc_add(out, DOC(doc_open("order.age"), doc_number("$gte", filter->min_age),
                         doc_number("$lte", filter->max_age), doc_close()));
    }
    if (has(filter, USER_FILTER_CREATED)) {
        doc_add(out, DOC(doc_open("created_at"), doc_date("$gt", filter->created_after_ms),
                         doc_date("$lt", filter->created_before_ms), doc_close()));
    }
    bool is_full = (has(filter, USER_FILTER_USERNAME) && username.at == NULL) ||
                   (has(filter, USER_FILTER_EMAIL) && email.at == NULL);
    return is_full ? RESULT_INTERNAL : RESULT_OK;
}

enum result mongo_user_filter_write(struct mongo_handle *handle, const struct user_filter *filter,
                                    struct arena *arena, bson_t *out, bool *nobody)
{
    bson.init(out);
    *nobody = false;
    add_presence(filter, out);
    enum result result = add_simple(filter, arena, out);
    if (result == RESULT_OK && has(filter, USER_FILTER_SEARCH)) {
        result = add_search(handle, filter, arena, out);
    }
    if (result == RESULT_OK && has(filter, USER_FILTER_USERNAME_PART)) {
        result = add_username_part(filter, arena, out);
    }
    if (result == RESULT_OK && has(filter, USER_FILTER_ROLE)) {
        result = add_role(handle, filter, out, nobody);
    }
    return result;
}

/* --- order ------------------------------------------------------------------------------------ */

/* Nothing after the number, which nobody shares, can matter. */
static size_t key_count(const struct user_list_request *request)
{
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == USER_SORT_NUMBER) {
            return i + 1;
        }
    }
    return request->sort_count;
}

static bool has_tie(const struct user_list_request *request)
{
    return request->sort[key_count(request) - 1].field != USER_SORT_NUMBER;
}

static bool goes_down(const struct user_list_request *request, size_t i)
{
    return request->sort[i].descending != request->backward;
}

void mongo_user_filter_sort(const struct user_list_request *request, bson_t *out)
{
    size_t count = key_count(request);
    bson.init(out);
    for (size_t i = 0; i < count; i++) {
        doc_add(out,
                DOC(doc_number(sorts[request->sort[i].field].key, goes_down(request, i) ? -1 : 1)));
    }
    if (has_tie(request)) {
        doc_add(out, DOC(doc_number("_id", goes_down(request, count - 1) ? -1 : 1)));
    }
}

/* --- the first of several fields -------------------------------------------------------------- */

bool mongo_user_filter_first(const struct user_list_request *request, struct user_list_request *out)
{
    *out = *request;
    out->sort_count = 1;
    return key_count(request) > 1;
}

/* What is missing is behind everything, and not compared by $lte: it needs no bound when it comes
   last, and passes by $not when it comes first. */
void mongo_user_filter_bound(const struct user_list_request *request, const bson_t *last,
                             bson_t *filters)
{
    bson_iter_t at;
    bson_iter_t value;
    const char *key = sorts[request->sort[0].field].key;
    bool down = goes_down(request, 0);
    bool found = bson.iter_init(&at, last) && bson.iter_find_descendant(&at, key, &value);
    if (!found || (!down && bson.iter_type(&value) == BSON_TYPE_MAXKEY)) {
        return;
    }
    DOC_LOCAL(condition);
    (void)bson.append_iter(&condition, down ? "$lt" : "$lte", -1, &value);
    doc_add(filters, down ? DOC(doc_open(key), doc_embed("$not", &condition), doc_close())
                          : DOC(doc_embed(key, &condition)));
}

/* --- behind a position ------------------------------------------------------------------------ */

/* What the position has for a key, under the name given; DOC_LAST where it is missing. Its texts
   are folded. */
static struct doc_part key_of(const struct user *user, enum user_sort_field field, const char *name)
{
    switch (field) {
    case USER_SORT_USERNAME:
        return mongo_user_document_order_text(name, user->username);
    case USER_SORT_EMAIL:
        return mongo_user_document_order_text(name, user->email);
    case USER_SORT_NAME:
        return mongo_user_document_order_text(name, user->name);
    case USER_SORT_AGE:
        return mongo_user_document_order_age(name, user->age);
    case USER_SORT_CREATED:
        return doc_date(name, user->created_ms);
    case USER_SORT_UPDATED:
        return doc_date(name, user->updated_ms);
    case USER_SORT_LAST_LOGIN:
        return user->last_login_ms != 0 ? doc_date(name, user->last_login_ms) : doc_last(name);
    case USER_SORT_STATUS:
        return mongo_user_document_status(name, user->status);
    case USER_SORT_NUMBER:
    case USER_SORT_COUNT:
        break;
    }
    return doc_number(name, user->number);
}

/* The alternatives in which a person may be behind the position, as a list. */
struct alternatives {
    const struct user_list_request *request;
    const struct user *position; /* with folded texts */
    const bson_t *filters;
    bson_t *list;
    uint32_t count;
};

/* One: the filters, the same in all keys before the last one, and the condition. */
static void add_one(struct alternatives *all, size_t same, const bson_t *condition,
                    struct doc_part presence)
{
    char room[16];
    const char *index;
    DOC_LOCAL(equal);
    doc_make(&equal, DOC(presence));
    for (size_t i = 0; i < same; i++) {
        enum user_sort_field field = all->request->sort[i].field;
        doc_add(&equal, DOC(key_of(all->position, field, sorts[field].key)));
    }
    (void)bson.uint32_to_string(all->count++, &index, room, sizeof room);
    doc_add(all->list,
            DOC(doc_open(index), doc_list("$and"), doc_embed(NULL, all->filters),
                doc_embed(NULL, &equal), doc_embed(NULL, condition), doc_close(), doc_close()));
}

/* Each in one run of an index: those who are deleted are another run. */
static void add_alternative(struct alternatives *all, size_t same, const bson_t *condition)
{
    if (all->request->filter.presence != USER_PRESENT_OR_GONE) {
        add_one(all, same, condition, doc_none());
        return;
    }
    add_one(all, same, condition, doc_bool("deleted", false));
    add_one(all, same, condition, doc_bool("deleted", true));
}

/* MongoDB compares within a type: behind a text or a number comes what is missing, too. */
static void add_beyond(struct alternatives *all, size_t i)
{
    const struct user_list_request *request = all->request;
    enum user_sort_field field = request->sort[i].field;
    bool down = goes_down(request, i);
    struct doc_part key = key_of(all->position, field, down ? "$lt" : "$gt");
    if (key.kind != DOC_LAST || down) {
        DOC_LOCAL(condition);
        doc_make(&condition, DOC(doc_open(sorts[field].key), key, doc_close()));
        add_alternative(all, i, &condition);
    }
    if (key.kind != DOC_LAST && !down && sorts[field].may_be_missing) {
        DOC_LOCAL(condition);
        doc_make(&condition, DOC(doc_last(sorts[field].key)));
        add_alternative(all, i, &condition);
    }
}

static void add_tie(struct alternatives *all)
{
    size_t count = key_count(all->request);
    bool down = goes_down(all->request, count - 1);
    DOC_LOCAL(condition);
    doc_make(&condition,
             DOC(doc_open("_id"), doc_uuid(down ? "$lt" : "$gt", &all->position->id), doc_close()));
    add_alternative(all, count, &condition);
}

/* False when the arena is full. */
static bool fold_texts(struct user *position, struct arena *arena)
{
    struct view *const texts[] = {&position->username, &position->email, &position->name};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct view folded = fold(*texts[i], arena);
        if (texts[i]->at != NULL && folded.at == NULL) {
            return false;
        }
        *texts[i] = folded;
    }
    return true;
}

enum result mongo_user_filter_behind(const struct user_list_request *request, const bson_t *filters,
                                     struct arena *arena, bson_t *out)
{
    DOC_LOCAL(list);
    struct user position = *request->position;
    struct alternatives all = {
        .request = request, .position = &position, .filters = filters, .list = &list};
    if (!fold_texts(&position, arena)) {
        bson.init(out);
        return RESULT_INTERNAL;
    }
    for (size_t i = 0; i < key_count(request); i++) {
        add_beyond(&all, i);
    }
    if (has_tie(request)) {
        add_tie(&all);
    }
    doc_make(out, DOC(doc_embed_list("$or", &list)));
    return RESULT_OK;
}
