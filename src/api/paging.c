#include "api/paging.h"

#include "base/builder.h"

#define LINK_MAX_BYTES 65536

static struct paging page_of(const struct paging_in *in)
{
    return (struct paging){
        .limit = in->limit.given ? in->limit.number : LIST_LIMIT_DEFAULT,
        .offset = in->offset.given ? in->offset.number : 0,
        .counted = !in->count.given || in->count.value,
    };
}

struct paging paging_request(struct api_call *call, const struct paging_in *in)
{
    if (in->cursor.given && in->offset.given) {
        faults_add_query(&call->service.faults, "offset", "not_allowed",
                         VIEW("A cursor and an offset exclude each other."));
    }
    return page_of(in);
}

/* --- links ------------------------------------------------------------------------------------ */

/* What says which page it is is said anew; what the row does not know goes nowhere. */
static bool is_kept(const struct api_call *call, struct view name)
{
    const struct table *query = call->row->query;
    if (view_is(name, "limit") || view_is(name, "offset") || view_is(name, "cursor")) {
        return false;
    }
    for (size_t i = 0; query != NULL && i < query->field_count; i++) {
        if (view_is(name, query->fields[i].name)) {
            return true;
        }
    }
    return false;
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

/* The address of the list: path, limit, filters and order. */
static void add_list(struct builder *b, struct api_call *call, int64_t limit)
{
    struct view query = call->request->query;
    struct view pair;
    builder_format(b, "%.*s?limit=%lld", VIEW_ARG(call->request->path), (long long)limit);
    while (view_split(&query, '&', &pair)) {
        struct view name = view_sub(pair, 0, view_find(pair, '=', 0));
        if (request_unescape(call->service.arena, name, true, &name) && is_kept(call, name)) {
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

static void add_links(struct links *links, const struct paging *page, size_t shown, int64_t total,
                      const struct list_cursors *cursors)
{
    add_link(links, "first", view_make(NULL, 0), 0);
    if (cursors->next.at != NULL) {
        add_link(links, "next", cursors->next, page->offset + (int64_t)shown);
    }
    if (cursors->prev.at != NULL) {
        add_link(links, "prev", cursors->prev,
                 page->offset > page->limit ? page->offset - page->limit : 0);
    }
    if (page->counted) {
        add_link(links, "last", cursors->last, last_offset(total, page->limit));
    }
}

void paging_headers(struct api_call *call, const struct paging_in *in, size_t shown, int64_t total,
                    const struct list_cursors *cursors)
{
    struct arena *arena = call->service.arena;
    struct paging page = page_of(in);
    struct links links = {.by_offset = in->offset.given};
    struct builder address;
    struct view text;
    if (page.counted) {
        reply_header_int(call->reply, arena, "X-Total-Count", total);
    }
    builder_init(&address, arena, LINK_MAX_BYTES);
    builder_init(&links.text, arena, LINK_MAX_BYTES);
    add_list(&address, call, page.limit);
    if (builder_end(&address, &links.list)) {
        add_links(&links, &page, shown, total, cursors);
    }
    if (builder_end(&links.text, &text)) {
        reply_header(call->reply, "Link", text);
    }
}
