#include "api/user_query.h"

#include "base/clock.h"
#include "model/limits.h"

#define TEXT_OF(number) #number
#define DEFAULT_TEXT(number) TEXT_OF(number)
#define SEARCH_MAX_CHARS 200
#define SORT_MAX_BYTES 256
#define CURSOR_MAX_BYTES 8192
#define LINK_MAX_BYTES 65536

static const char *const statuses[] = {"active", "disabled", NULL};
static const char *const deletions[] = {"only", "with", NULL};

#define AT(member) .offset = offsetof(struct user_query_in, member)

static const struct field fields[] = {
    {.name = "q",
     .kind = FIELD_TEXT,
     AT(q),
     .max = SEARCH_MAX_CHARS,
     .description = "Part of the username, the e-mail address or the name, literally, without "
                    "regard to case; of one or two characters: how one of them begins."},
    {.name = "username",
     .kind = FIELD_TEXT,
     AT(username),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "The whole username, without regard to case."},
    {.name = "email",
     .kind = FIELD_TEXT,
     AT(email),
     .max_bytes = EMAIL_MAX_BYTES,
     .description = "The whole e-mail address, without regard to case."},
    {.name = "role",
     .kind = FIELD_TEXT,
     AT(role),
     .max_bytes = ROLE_NAME_MAX_BYTES,
     .description = "A role they hold."},
    {.name = "status", .kind = FIELD_TEXT, AT(status), .choices = statuses},
    {.name = "min_age", .kind = FIELD_INTEGER, AT(min_age), .max = AGE_MAX},
    {.name = "max_age", .kind = FIELD_INTEGER, AT(max_age), .max = AGE_MAX},
    {.name = "created_after",
     .kind = FIELD_TEXT,
     AT(created_after),
     .format = "date-time",
     .description = "Created later than this instant."},
    {.name = "created_before",
     .kind = FIELD_TEXT,
     AT(created_before),
     .format = "date-time",
     .description = "Created earlier than this instant."},
    {.name = "deleted",
     .kind = FIELD_TEXT,
     AT(deleted),
     .choices = deletions,
     .description = "`only` those who are deleted, or all people `with` them."},
    {.name = "sort",
     .kind = FIELD_TEXT,
     AT(sort),
     .max_bytes = SORT_MAX_BYTES,
     .description = "Up to nine of number, username, email, name, age, created_at, updated_at, "
                    "last_login_at and status, with commas; '-' in front turns one round. What is "
                    "missing comes last, turned round first. The id decides between equals.",
     .example = "\"-created_at,username\"",
     .default_text = "\"number\""},
    {.name = "limit",
     .kind = FIELD_INTEGER,
     AT(limit),
     .min = 1,
     .max = LIST_LIMIT_MAX,
     .description = "So many items at most.",
     .default_text = DEFAULT_TEXT(LIST_LIMIT_DEFAULT)},
    {.name = "offset",
     .kind = FIELD_INTEGER,
     AT(offset),
     .max = INT64_MAX,
     .description = "So many items are left out at the beginning. Far pages are faster by cursor.",
     .default_text = "0"},
    {.name = "cursor",
     .kind = FIELD_TEXT,
     AT(cursor),
     .max_bytes = CURSOR_MAX_BYTES,
     .description = "`next_cursor` of the page before, with the same filters and sort."},
    {.name = "count",
     .kind = FIELD_BOOLEAN,
     AT(count),
     .description = "False: `total` is null, and X-Total-Count is left out.",
     .default_text = "true"},
};

const struct table user_query = {
    .name = "UserQuery",
    .size = sizeof(struct user_query_in),
    FIELDS(fields),
};

/* --- request ---------------------------------------------------------------------------------- */

static void add_fault(struct api_call *call, const char *name, const char *code,
                      const char *message)
{
    struct faults *faults = &call->service.faults;
    if (faults->count < FAULTS_MAX) {
        faults->items[faults->count] = (struct fault){
            .place = "query", .path = {view_of(name)}, .code = code, .message = view_of(message)};
    }
    faults->count++;
}

static bool is_new(const struct user_list_request *request, enum user_sort_field field)
{
    for (size_t i = 0; i < request->sort_count; i++) {
        if (request->sort[i].field == field) {
            return false;
        }
    }
    return true;
}

static void read_sort(struct api_call *call, struct view text, struct user_list_request *out)
{
    struct view name;
    while (view_split(&text, ',', &name)) {
        struct user_sort sort = {.descending = view_starts_with(name, VIEW("-"))};
        name = view_sub(name, sort.descending ? 1 : 0, name.len);
        if (!user_sort_of(name, &sort.field)) {
            add_fault(call, "sort", "not_allowed",
                      "It may name number, username, email, name, age, created_at, updated_at, "
                      "last_login_at and status.");
            return;
        }
        if (!is_new(out, sort.field)) {
            add_fault(call, "sort", "duplicate", "It names a field twice.");
            return;
        }
        out->sort[out->sort_count++] = sort;
    }
}

static void read_instant(struct api_call *call, const char *name, const struct in_text *in,
                         int64_t *out)
{
    if (in->given && !clock_parse(in->text, out)) {
        add_fault(call, name, "malformed", "An instant is expected, like 2026-11-21T08:00:00Z.");
    }
}

static void read_filter(struct api_call *call, const struct user_query_in *in,
                        struct user_filter *out)
{
    *out = (struct user_filter){
        .search = in->q.text,
        .username = in->username.text,
        .email = in->email.text,
        .role = in->role.text,
        .min_age = in->min_age.given ? in->min_age.number : 0,
        .max_age = in->max_age.given ? in->max_age.number : AGE_MAX,
        .created_after_ms = INT64_MIN,
        .created_before_ms = INT64_MAX,
        .presence = USER_PRESENT,
    };
    read_instant(call, "created_after", &in->created_after, &out->created_after_ms);
    read_instant(call, "created_before", &in->created_before, &out->created_before_ms);
    if (in->deleted.given) {
        out->presence = view_is(in->deleted.text, "only") ? USER_GONE : USER_PRESENT_OR_GONE;
    }
    out->mask = (in->q.given && in->q.text.len > 0 ? USER_FILTER_SEARCH : 0U) |
                (in->username.given ? USER_FILTER_USERNAME : 0U) |
                (in->email.given ? USER_FILTER_EMAIL : 0U) |
                (in->role.given ? USER_FILTER_ROLE : 0U) |
                (in->min_age.given || in->max_age.given ? USER_FILTER_AGE : 0U) |
                (in->created_after.given || in->created_before.given ? USER_FILTER_CREATED : 0U);
    /* The table lets nothing but the choices through. */
    if (in->status.given && user_status_of(in->status.text, &out->status)) {
        out->mask |= USER_FILTER_STATUS;
    }
}

enum result user_query_request(struct api_call *call, const struct user_query_in *in,
                               struct user_list_request *out)
{
    *out = (struct user_list_request){
        .limit = in->limit.given ? in->limit.number : LIST_LIMIT_DEFAULT,
        .offset = in->offset.given ? in->offset.number : 0,
        .counted = !in->count.given || in->count.value,
    };
    read_filter(call, in, &out->filter);
    if (in->sort.given) {
        read_sort(call, in->sort.text, out);
    }
    if (in->cursor.given && in->offset.given) {
        add_fault(call, "offset", "not_allowed", "A cursor and an offset exclude each other.");
    }
    return call->service.faults.count == 0 ? RESULT_OK : RESULT_INVALID;
}

/* --- links ------------------------------------------------------------------------------------ */

/* What says which page it is; the rest of the query says of which list. */
static bool says_page(struct view name)
{
    return view_is(name, "limit") || view_is(name, "offset") || view_is(name, "cursor") ||
           view_is(name, "access_token");
}

/* As the client wrote it, but for characters that may not stand in a link. */
static void add_escaped(struct builder *b, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c >= 0x7F || c == '<' || c == '>' || c == '"' || c == '\\') {
            builder_format(b, "%%%02X", c);
        } else {
            builder_char(b, (char)c);
        }
    }
}

static void add_query(struct builder *b, const struct api_call *call, int64_t limit)
{
    struct view query = call->request->query;
    struct view pair;
    builder_format(b, "%.*s?limit=%lld", VIEW_ARG(call->request->path), (long long)limit);
    while (view_split(&query, '&', &pair)) {
        struct view name = view_sub(pair, 0, view_find(pair, '=', 0));
        if (pair.len > 0 && !says_page(name)) {
            builder_char(b, '&');
            add_escaped(b, pair);
        }
    }
}

struct links {
    struct builder text;
    struct view list; /* the address up to the page */
    bool by_offset;
};

static void add_link(struct links *links, const char *rel, struct view cursor, int64_t offset)
{
    struct builder *b = &links->text;
    builder_text(b, b->len > 0 ? ", <" : "<");
    builder_add(b, links->list);
    if (links->by_offset) {
        builder_format(b, "&offset=%lld", (long long)offset);
    } else if (cursor.at != NULL) {
        builder_format(b, "&cursor=%.*s", VIEW_ARG(cursor));
    }
    builder_format(b, ">; rel=\"%s\"", rel);
}

static int64_t last_offset(int64_t total, int64_t limit)
{
    return total > 0 ? (total - 1) / limit * limit : 0;
}

static void add_links(struct links *links, const struct user_list_request *request,
                      const struct users_list *list)
{
    int64_t before = request->offset > request->limit ? request->offset - request->limit : 0;
    add_link(links, "first", view_make(NULL, 0), 0);
    if (list->next_cursor.at != NULL) {
        add_link(links, "next", list->next_cursor, request->offset + (int64_t)list->users.count);
    }
    if (list->prev_cursor.at != NULL) {
        add_link(links, "prev", list->prev_cursor, before);
    }
    if (request->counted) {
        add_link(links, "last", list->last_cursor, last_offset(list->users.total, request->limit));
    }
}

void user_query_headers(struct api_call *call, const struct user_query_in *in,
                        const struct user_list_request *request, const struct users_list *list)
{
    struct arena *arena = call->service.arena;
    struct links links = {.by_offset = in->offset.given};
    struct builder address;
    struct view text;
    if (request->counted) {
        reply_header_int(call->reply, arena, "X-Total-Count", list->users.total);
    }
    builder_init(&address, arena, LINK_MAX_BYTES);
    builder_init(&links.text, arena, LINK_MAX_BYTES);
    add_query(&address, call, request->limit);
    if (builder_end(&address, &links.list)) {
        add_links(&links, request, list);
    }
    if (builder_end(&links.text, &text)) {
        reply_header(call->reply, "Link", text);
    }
}
