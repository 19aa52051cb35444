/* Products: records, conditional changes, lists. */
#include "conformance.h"

#include <stdlib.h>

#include "base/utf8_fold.h"
#include "fixture.h"
#include "model/limits.h"

#define CHANGERS 20

static struct id owner_of(unsigned char index)
{
    return (struct id){{0x01, 0x90, 0, 0, 0, 0, 0x70, 0, 0x80, [15] = index}};
}

static struct decimal price_of(const char *text)
{
    struct decimal price = {0};
    assert_true(decimal_parse(view_of(text), &price));
    return price;
}

static struct product make(struct fixture *f, const char *name, const char *description,
                           const char *price, unsigned char owner)
{
    static int64_t made; /* ids in the order of creation, all created at the same instant */
    struct product product;
    const struct product_draft draft = {
        .id = id_new(NOW + made++),
        .name = view_of(name),
        .description = view_of(description),
        .price = price_of(price),
        .owner_id = owner_of(owner),
        .now_ms = NOW,
    };
    assert_result(store_product_create(f->handle, &draft, &f->arena, &product), OK);
    assert_true(id_equal(&product.id, &draft.id));
    return product;
}

static struct product_key key_of(const struct product *product)
{
    return (struct product_key){.kind = PRODUCT_BY_ID, .id = product->id};
}

static enum result look(struct fixture *f, const struct product_key *key, struct product *out)
{
    return store_product_get(f->handle, key, &f->arena, out);
}

static void test_record(void **state)
{
    struct fixture *f = *state;
    struct product made = make(f, "Engine \xC3\x85", "Brass.", "12.50", 7);
    const struct product_key keys[] = {key_of(&made),
                                       {.kind = PRODUCT_BY_NUMBER, .number = made.number}};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        struct product found;
        const struct id owner = owner_of(7);
        assert_result(look(f, &keys[i], &found), OK);
        assert_true(id_equal(&found.id, &made.id));
        assert_true(id_equal(&found.owner_id, &owner));
        assert_view(found.name, "Engine \xC3\x85");
        assert_view(found.description, "Brass.");
        assert_int_equal(found.price.units, 125000);
        assert_int_equal(found.price.places, 2);
        assert_int_equal(found.created_ms, NOW);
        assert_int_equal(found.updated_ms, NOW);
        assert_int_equal(found.version, made.version);
    }
    assert_null(make(f, "a", NULL, "999999999999.9999", 1).description.at);
}

static void test_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct product product;
    struct product made = make(f, "a", NULL, "1", 1);
    const struct product_patch patch = {
        .mask = PRODUCT_FIELD_NAME, .name = VIEW("b"), .now_ms = NOW};
    const struct product_key keys[] = {
        {.kind = PRODUCT_BY_ID, .id = id_new(NOW)},
        {.kind = PRODUCT_BY_NUMBER, .number = made.number + 1},
        {.kind = PRODUCT_BY_NUMBER, .number = -1},
        {.kind = PRODUCT_BY_NUMBER, .number = 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_result(look(f, &keys[i], &product), NOT_FOUND);
        assert_result(store_product_update(f->handle, &keys[i], &patch, &f->arena, &product),
                      NOT_FOUND);
        assert_result(store_product_delete(f->handle, &keys[i], 0, &f->arena, &product), NOT_FOUND);
        assert_result(store_product_delete(f->handle, &keys[i], 1, &f->arena, &product), NOT_FOUND);
    }
}

static void test_change_of_some_fields(void **state)
{
    struct fixture *f = *state;
    struct product product = make(f, "a", "b", "1", 1);
    const struct product_key key = key_of(&product);
    struct product_patch patch = {
        .mask = PRODUCT_FIELD_PRICE, .price = price_of("2.0"), .now_ms = NOW + 1};
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), OK);
    assert_view(product.name, "a");
    assert_view(product.description, "b");
    assert_int_equal(product.price.places, 1);
    assert_int_equal(product.updated_ms, NOW + 1);
    assert_int_equal(product.created_ms, NOW);
    patch = (struct product_patch){
        .mask = PRODUCT_FIELD_NAME | PRODUCT_FIELD_DESCRIPTION, .name = VIEW("c"), .now_ms = NOW};
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), OK);
    assert_view(product.name, "c");
    assert_null(product.description.at);
    assert_int_equal(product.price.units, 20000);
}

static void test_version(void **state)
{
    struct fixture *f = *state;
    struct product product = make(f, "a", NULL, "1", 1);
    const struct product_key key = key_of(&product);
    struct product_patch patch = {.mask = PRODUCT_FIELD_NAME,
                                  .name = VIEW("b"),
                                  .if_version = product.version,
                                  .now_ms = NOW};
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), OK);
    assert_int_equal(product.version, patch.if_version + 1);
    patch.name = VIEW("c");
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), CONFLICT);
    assert_result(store_product_delete(f->handle, &key, patch.if_version, &f->arena, &product),
                  CONFLICT);
    assert_result(look(f, &key, &product), OK);
    assert_view(product.name, "b");
    patch.if_version = INT64_MAX;
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), CONFLICT);
    assert_result(store_product_delete(f->handle, &key, product.version, &f->arena, &product), OK);
    assert_view(product.name, "b");
    assert_result(look(f, &key, &product), NOT_FOUND);
}

static void test_numbers_are_never_given_twice(void **state)
{
    struct fixture *f = *state;
    struct product first = make(f, "a", NULL, "1", 1);
    const struct product_key key = key_of(&first);
    assert_result(store_product_delete(f->handle, &key, 0, &f->arena, &first), OK);
    assert_true(make(f, "b", NULL, "1", 1).number > first.number);
}

/* --- races ------------------------------------------------------------------------------------ */

static void change_once(struct racer *racer)
{
    struct product product;
    const struct product_patch patch = {
        .mask = PRODUCT_FIELD_NAME, .name = VIEW("new"), .if_version = 1, .now_ms = NOW};
    racer->result =
        racer->index % 2 == 0
            ? store_product_update(racer->handle, racer->context, &patch, &racer->arena, &product)
            : store_product_delete(racer->handle, racer->context, 1, &racer->arena, &product);
}

/* Of many changes and deletions of one version exactly one happens. */
static void test_one_change_of_a_version(void **state)
{
    struct fixture *f = *state;
    struct racer racers[CHANGERS];
    int won = 0;
    struct product product = make(f, "old", NULL, "1", 1);
    struct product_key key = key_of(&product);
    assert_int_equal(product.version, 1);
    fixture_race(f->store, racers, CHANGERS, change_once, &key);
    for (unsigned i = 0; i < CHANGERS; i++) {
        won += racers[i].result == RESULT_OK;
        if (racers[i].result != RESULT_OK && racers[i].result != RESULT_NOT_FOUND) {
            assert_result(racers[i].result, CONFLICT);
        }
    }
    assert_int_equal(won, 1);
}

/* --- lists ------------------------------------------------------------------------------------ */

static struct product_page read_list(struct fixture *f, const struct product_list_request *request)
{
    struct product_page page;
    assert_result(store_product_list(f->handle, request, &f->arena, &page), OK);
    return page;
}

/* The first letters of the names, in the list's order. */
static const char *list(struct fixture *f, const struct product_list_request *asked, int64_t limit,
                        int64_t offset, int64_t total)
{
    static char letters[64];
    struct product_list_request request = *asked;
    request.limit = limit;
    request.offset = offset;
    request.counted = total != PRODUCT_TOTAL_UNKNOWN;
    struct product_page page = read_list(f, &request);
    assert_int_equal(page.total, total);
    assert_true(page.count < sizeof letters);
    for (size_t i = 0; i < page.count; i++) {
        letters[i] = page.items[i].name.at[0];
    }
    letters[page.count] = '\0';
    return letters;
}

static struct product_list_request filtered(struct product_filter filter)
{
    return (struct product_list_request){.filter = filter};
}

static void make_shop(struct fixture *f)
{
    (void)make(f, "c100%", "Gr\xC3\x9CN", "20.00", 1);
    (void)make(f, "Anvil", NULL, "3", 2);
    (void)make(f, "b_under", "say \"hi\" \\ anvil", "20", 1);
    (void)make(f, "dO", "* OR \xC3\x9F x", "0.0001", 2);
}

static void test_list_order(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *sort;
        const char *letters;
    } cases[] = {
        {"number", "cAbd"}, {"-number", "dbAc"}, {"name", "Abcd"},        {"-name", "dcbA"},
        {"price", "dAcb"},  {"-price", "bcAd"},  {"price,-name", "dAcb"}, {"price,name", "dAbc"},
    };
    struct product_list_request all = {.limit = 0};
    assert_string_equal(list(f, &all, 10, 0, 0), "");
    make_shop(f);
    assert_string_equal(list(f, &all, 10, 0, 4), "cAbd");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(product_sorts_of(view_of(cases[i].sort), all.sort, &all.sort_count));
        assert_string_equal(list(f, &all, 10, 0, 4), cases[i].letters);
        assert_memory_equal(list(f, &all, 2, 1, 4), cases[i].letters + 1, 2);
    }
    assert_string_equal(list(f, &all, 10, 4, 4), "");
    assert_string_equal(list(f, &all, 10, INT64_MAX, 4), "");
    assert_string_equal(list(f, &all, 10, 3, PRODUCT_TOTAL_UNKNOWN), "c");
}

static void test_list_search(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *q;
        const char *letters;
    } cases[] = {
        {"ANVIL", "Ab"},
        {"nvi", "Ab"},
        {"00%", "c"},
        {"b_u", "b"},
        {"bxu", ""},
        {"\"hi\"", "b"},
        {"\\ a", "b"},
        {"* OR", "d"},
        {"anvil anvil", ""},
        {"name:anvil", ""},
        {"name_key : anv", ""},
        {"' OR 1=1", ""},
        {"gr\xC3\xBC", "c"},
        {"R\xC3\xBCN", "c"},
        {"\xE1\xBA\x9E x", "d"}, /* capital sharp s folds to sharp s */
        /* One or two characters: how the name begins. */
        {"do", "d"},
        {"DO", "d"},
        {"o", ""},
        {"A", "A"},
        {"b_", "b"},
        {"bx", ""},
        {"%", ""},
        {"_", ""},
        {"\"", ""},
        {"zz", ""},
    };
    make_shop(f);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct product_list_request request =
            filtered((struct product_filter){.q = view_of(cases[i].q)});
        assert_string_equal(list(f, &request, 10, 0, (int64_t)strlen(cases[i].letters)),
                            cases[i].letters);
    }
}

static void test_list_filters(void **state)
{
    struct fixture *f = *state;
    struct product_list_request request =
        filtered((struct product_filter){.has_min_price = true, .min_price = price_of("20")});
    struct product_filter *filter = &request.filter;
    make_shop(f);
    assert_string_equal(list(f, &request, 10, 0, 2), "cb");
    filter->has_max_price = true;
    filter->max_price = price_of("19.9999");
    assert_string_equal(list(f, &request, 10, 0, 0), "");
    filter->has_min_price = false;
    assert_string_equal(list(f, &request, 10, 0, 2), "Ad");
    filter->q = VIEW("anvil");
    assert_string_equal(list(f, &request, 10, 0, 1), "A");
    *filter = (struct product_filter){.has_owner = true, .owner_id = owner_of(1)};
    assert_string_equal(list(f, &request, 1, 1, 2), "b");
    filter->owner_id = owner_of(9);
    assert_string_equal(list(f, &request, 10, 0, 0), "");
}

/* A page of long texts ends early, and the next one starts where it ended; backward too. */
static void test_list_of_long_texts(void **state)
{
    struct fixture *f = *state;
    static char text[40001];
    struct product_list_request request = {.limit = LIST_LIMIT_MAX};
    memset(text, 'x', sizeof text - 1);
    for (int i = 0; i < 60; i++) {
        (void)make(f, "long", text, "1", 1);
    }
    struct product_page page = read_list(f, &request);
    assert_true(page.more);
    assert_true(page.count > 10 && page.count < 60);
    size_t first = page.count;
    request.offset = (int64_t)first;
    page = read_list(f, &request);
    assert_false(page.more);
    assert_int_equal(first + page.count, 60);
    request.offset = 0;
    request.backward = true;
    page = read_list(f, &request);
    assert_true(page.more);
    assert_int_equal(page.items[page.count - 1].number, page.items[0].number + (int64_t)first - 1);
}

/* --- positions -------------------------------------------------------------------------------- */

#define MANY 200

/* By number, for the model. */
struct shelf {
    struct product products[MANY];
    const struct product_list_request *request; /* for qsort */
};
static struct shelf shelf;

static int by_name(const struct product *a, const struct product *b)
{
    char left[64];
    char right[64];
    struct view x = utf8_fold(a->name, left);
    struct view y = utf8_fold(b->name, right);
    int order = memcmp(x.at, y.at, x.len < y.len ? x.len : y.len);
    return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

static int by_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int by_field(const struct product *a, const struct product *b, enum product_sort_field field)
{
    const int64_t left[PRODUCT_SORT_FIELD_COUNT] = {a->number, 0, a->price.units, a->created_ms,
                                                    a->updated_ms};
    const int64_t right[PRODUCT_SORT_FIELD_COUNT] = {b->number, 0, b->price.units, b->created_ms,
                                                     b->updated_ms};
    return field == PRODUCT_SORT_NAME ? by_name(a, b) : by_number(left[field], right[field]);
}

static int in_order(const void *left, const void *right)
{
    const struct product_list_request *request = shelf.request;
    const struct product *a = left;
    const struct product *b = right;
    bool down = false;
    for (size_t i = 0; i < request->sort_count; i++) {
        int order = by_field(a, b, request->sort[i].field);
        down = request->sort[i].descending;
        if (order != 0) {
            return down ? -order : order;
        }
    }
    int order = memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
    return down ? -order : order;
}

static void stock_shelf(struct fixture *f)
{
    static const char *const names[] = {"Bolt",         "bolt", "\xC3\x84pfel",
                                        "\xC3\xA4pfel", "nut",  "Nut "};
    static const char *const prices[] = {"1", "1.00", "0.5", "20", "3.0001"};
    for (int i = 0; i < MANY; i++) {
        struct product made = make(f, names[i * 7 % 6], NULL, prices[i * 3 % 5], 1);
        const struct product_key key = key_of(&made);
        const struct product_patch patch = {.mask = 0, .now_ms = NOW + i * 11 % 4};
        assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &made), OK);
        shelf.products[i] = made;
    }
}

static void walk_shelf(struct fixture *f, struct product_list_request request)
{
    struct product position;
    size_t at = request.backward ? MANY : 0;
    struct product_page page = {.more = true};
    while (page.more) {
        page = read_list(f, &request);
        assert_int_equal(page.total, MANY);
        assert_true(page.count > 0);
        at -= request.backward ? page.count : 0;
        for (size_t i = 0; i < page.count; i++) {
            assert_int_equal(page.items[i].number, shelf.products[at + i].number);
        }
        at += request.backward ? 0 : page.count;
        position = request.backward ? page.items[0] : page.items[page.count - 1];
        request.position = &position;
    }
    assert_int_equal(at, request.backward ? 0 : MANY);
    /* Whoever stands at the end is told so. */
    page = read_list(f, &request);
    assert_int_equal(page.count, 0);
}

static void test_walks_by_position(void **state)
{
    struct fixture *f = *state;
    static const char *const sorts[] = {"number",
                                        "-name",
                                        "price",
                                        "-price,name",
                                        "updated_at,-price",
                                        "name,updated_at,-created_at",
                                        "-updated_at"};
    stock_shelf(f);
    for (size_t i = 0; i < 2 * ARRAY_LEN(sorts); i++) {
        struct product_list_request request = {
            .limit = 7 + (int64_t)i, .backward = i % 2 != 0, .counted = true};
        assert_true(product_sorts_of(view_of(sorts[i / 2]), request.sort, &request.sort_count));
        shelf.request = &request;
        qsort(shelf.products, MANY, sizeof shelf.products[0], in_order);
        walk_shelf(f, request);
    }
}

static void delete_one(struct fixture *f, const struct product *product)
{
    struct product gone;
    const struct product_key key = key_of(product);
    assert_result(store_product_delete(f->handle, &key, 0, &f->arena, &gone), OK);
}

/* Nothing twice, nothing that stayed left out, and a position need not be there any more. */
static void test_walk_while_products_come_and_go(void **state)
{
    struct fixture *f = *state;
    static int seen[2 * MANY];
    struct product position;
    struct product_list_request request = {
        .sort = {{PRODUCT_SORT_NAME, true}}, .sort_count = 1, .limit = 9};
    struct product_page page = {.more = true};
    memset(seen, 0, sizeof seen);
    stock_shelf(f);
    while (page.more) {
        page = read_list(f, &request);
        for (size_t i = 0; i < page.count; i++) {
            seen[page.items[i].number]++;
        }
        position = page.items[page.count - 1];
        request.position = &position;
        delete_one(f, &position);
        (void)make(f, "bolt", NULL, "1", 1);
    }
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(seen[shelf.products[i].number], 1);
    }
}

/* What is found follows every change, refused ones included. */
static void test_search_follows_changes(void **state)
{
    struct fixture *f = *state;
    struct product product = make(f, "aardvark", "first", "1", 1);
    const struct product_key key = key_of(&product);
    const struct product_list_request old =
        filtered((struct product_filter){.q = VIEW("aardvark")});
    const struct product_list_request new = filtered((struct product_filter){.q = VIEW("badger")});
    struct product_patch patch = {
        .mask = PRODUCT_FIELD_NAME, .name = VIEW("badger"), .if_version = 9, .now_ms = NOW};
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), CONFLICT);
    assert_result(store_product_delete(f->handle, &key, 9, &f->arena, &product), CONFLICT);
    assert_string_equal(list(f, &old, 10, 0, 1), "a");
    patch.if_version = 1;
    assert_result(store_product_update(f->handle, &key, &patch, &f->arena, &product), OK);
    assert_string_equal(list(f, &old, 10, 0, 0), "");
    assert_string_equal(list(f, &new, 10, 0, 1), "b");
    assert_result(store_product_delete(f->handle, &key, 2, &f->arena, &product), OK);
    assert_string_equal(list(f, &new, 10, 0, 0), "");
}

int conformance_products(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_record),
        FIXTURE_TEST(test_what_is_not_there),
        FIXTURE_TEST(test_change_of_some_fields),
        FIXTURE_TEST(test_version),
        FIXTURE_TEST(test_numbers_are_never_given_twice),
        FIXTURE_TEST(test_one_change_of_a_version),
        FIXTURE_TEST(test_list_order),
        FIXTURE_TEST(test_list_search),
        FIXTURE_TEST(test_list_filters),
        FIXTURE_TEST(test_list_of_long_texts),
        FIXTURE_TEST(test_walks_by_position),
        FIXTURE_TEST(test_walk_while_products_come_and_go),
        FIXTURE_TEST(test_search_follows_changes),
    };
    return cmocka_run_group_tests_name("products", tests, NULL, NULL);
}
