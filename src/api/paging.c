#include "api/paging.h"

#include "base/builder.h"

#define ESCAPED_SIZE 3 /* "%3E" */

struct alone {
    struct paging_in paging;
};

static const struct field query_fields[] = {PAGING_FIELDS(struct alone, paging)};

const struct table paging_query = {
    .name = "Paging",
    .size = sizeof(struct paging_in),
    FIELDS(query_fields),
};

struct page_request paging_request(const struct paging_in *in)
{
    return (struct page_request){
        .limit = in->limit.given ? in->limit.number : LIST_LIMIT_DEFAULT,
        .offset = in->offset.given ? in->offset.number : 0,
    };
}

/* limit and offset are said anew; what the row does not know goes nowhere. */
static bool is_kept(const struct api_call *call, struct view name)
{
    const struct table *query = call->row->query;
    for (size_t i = 0; query != NULL && i < query->field_count; i++) {
        if (view_is(name, query->fields[i].name)) {
            return !view_is(name, "limit") && !view_is(name, "offset");
        }
    }
    return false;
}

/* What would end the link early; the front lets it through in a query. */
static void add_escaped(struct builder *out, struct view text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '<' || c == '>' || c == '"') {
            builder_format(out, "%%%02X", (unsigned)c);
        } else {
            builder_char(out, c);
        }
    }
}

/* The filters and the order as they came, still escaped, each with a '&' before it. */
static struct view kept_query(struct api_call *call)
{
    struct arena *arena = call->service.arena;
    struct view rest = call->request->query;
    struct view out = {NULL, 0};
    struct view pair;
    struct builder kept;
    builder_init(&kept, arena, ESCAPED_SIZE * rest.len + 1);
    while (view_split(&rest, '&', &pair)) {
        struct view name = view_sub(pair, 0, view_find(pair, '=', 0));
        if (request_unescape(arena, name, true, &name) && is_kept(call, name)) {
            builder_char(&kept, '&');
            add_escaped(&kept, pair);
        }
    }
    return builder_end(&kept, &out) ? out : (struct view){NULL, 0};
}

static struct view link_of(struct api_call *call, struct view kept, int64_t limit, int64_t offset,
                           const char *rel)
{
    return arena_format(call->service.arena, "<%.*s?limit=%lld&offset=%lld%.*s>; rel=\"%s\"",
                        VIEW_ARG(call->request->path), (long long)limit, (long long)offset,
                        VIEW_ARG(kept), rel);
}

static bool has_next(const struct page_request *page, int64_t shown, int64_t total)
{
    if (total < 0) {
        return shown == page->limit && page->offset <= INT64_MAX - shown;
    }
    return shown > 0 && page->offset < total - shown;
}

void paging_headers(struct api_call *call, const struct page_request *page, size_t count,
                    int64_t total)
{
    struct arena *arena = call->service.arena;
    if (total >= 0) {
        reply_header_int(call->reply, arena, "X-Total-Count", total);
    }
    int64_t shown = (int64_t)count;
    struct view kept = kept_query(call);
    struct view next = {NULL, 0};
    struct view prev = {NULL, 0};
    if (has_next(page, shown, total)) {
        next = link_of(call, kept, page->limit, page->offset + shown, "next");
    }
    if (page->offset > 0) {
        int64_t before = page->offset > page->limit ? page->offset - page->limit : 0;
        prev = link_of(call, kept, page->limit, before, "prev");
    }
    if (next.at != NULL && prev.at != NULL) {
        next = arena_format(arena, "%.*s, %.*s", VIEW_ARG(next), VIEW_ARG(prev));
    }
    reply_header(call->reply, "Link", next.at != NULL ? next : prev);
}
