#include "api/paging.h"

#include "model/limits.h"

#define TEXT_OF(number) #number
#define DEFAULT_TEXT(number) TEXT_OF(number)

static const struct field query_fields[] = {
    {.name = "limit",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct paging_in, limit),
     .min = 1,
     .max = LIST_LIMIT_MAX,
     .description = "So many items at most.",
     .default_text = DEFAULT_TEXT(LIST_LIMIT_DEFAULT)},
    {.name = "offset",
     .kind = FIELD_INTEGER,
     .offset = offsetof(struct paging_in, offset),
     .max = INT64_MAX,
     .description = "So many items are left out at the beginning.",
     .default_text = "0"},
};

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

static struct view link_of(struct api_call *call, int64_t limit, int64_t offset, const char *rel)
{
    return arena_format(call->service.arena, "<%.*s?limit=%lld&offset=%lld>; rel=\"%s\"",
                        VIEW_ARG(call->request->path), (long long)limit, (long long)offset, rel);
}

void paging_headers(struct api_call *call, const struct page_request *page, size_t count,
                    int64_t total)
{
    struct arena *arena = call->service.arena;
    reply_header_int(call->reply, arena, "X-Total-Count", total);
    int64_t shown = (int64_t)count;
    struct view next = {NULL, 0};
    struct view prev = {NULL, 0};
    if (shown > 0 && page->offset < total - shown) {
        next = link_of(call, page->limit, page->offset + shown, "next");
    }
    if (page->offset > 0) {
        int64_t before = page->offset > page->limit ? page->offset - page->limit : 0;
        prev = link_of(call, page->limit, before, "prev");
    }
    if (next.at != NULL && prev.at != NULL) {
        next = arena_format(arena, "%.*s, %.*s", VIEW_ARG(next), VIEW_ARG(prev));
    }
    reply_header(call->reply, "Link", next.at != NULL ? next : prev);
}
