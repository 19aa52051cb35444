#include "api/user_query.h"

#include "base/clock.h"
#include "model/limits.h"

#define SORT_MAX_BYTES 256

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
    PAGING_FIELDS(struct user_query_in, paging),
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
    faults_add_query(&call->service.faults, name, code, view_of(message));
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
    struct paging page = paging_request(call, &in->paging);
    *out = (struct user_list_request){
        .limit = page.limit,
        .offset = page.offset,
        .counted = page.counted,
    };
    read_filter(call, in, &out->filter);
    if (in->sort.given) {
        read_sort(call, in->sort.text, out);
    }
    return call->service.faults.count == 0 ? RESULT_OK : RESULT_INVALID;
}
