/* How MongoDB runs the lists: along an index, never through a whole collection. */
#include "fixture.h"

#include "store/mongo/call.h"
#include "store/mongo/connection.h"
#include "store/mongo/user_filter.h"

#define PEOPLE 300

static struct mongo_handle *raw(struct fixture *f)
{
    return (struct mongo_handle *)f->handle;
}

/* The plan that won, as text; bson_free. */
static char *explain(struct fixture *f, const bson_t *filter, const bson_t *sort)
{
    bson_error_t error;
    bson_t plan;
    DOC_LOCAL(command);
    DOC_LOCAL(reply);
    doc_make(&command,
             DOC(doc_open("explain"), doc_word("find", "users"), doc_embed("filter", filter),
                 doc_embed("sort", sort), doc_number("limit", 51), doc_close(),
                 doc_word("verbosity", "queryPlanner")));
    if (!mongoc_client_command_simple(raw(f)->client, f->database, &command, NULL, &reply, &error))
        fail_msg("%s", error.message);
    doc_peek(&reply, "queryPlanner.winningPlan", &plan);
    return bson_as_relaxed_extended_json(&plan, NULL);
}

/* Sorted by the index alone, unless it may sort what it finds. */
static void check(struct fixture *f, const struct user_list_request *request, bool may_sort)
{
    bool nobody = false;
    DOC_LOCAL(filters);
    DOC_LOCAL(behind);
    DOC_LOCAL(sort);
    assert_result(mongo_user_filter_write(raw(f), &request->filter, &f->arena, &filters, &nobody),
                  OK);
    assert_false(nobody);
    mongo_user_filter_sort(request, &sort);
    if (request->position != NULL)
        assert_result(mongo_user_filter_behind(request, &filters, &f->arena, &behind), OK);
    char *plan = explain(f, request->position != NULL ? &behind : &filters, &sort);
    bool scans = strstr(plan, "COLLSCAN") != NULL || strstr(plan, "IXSCAN") == NULL;
    bool sorts = strstr(plan, "\"SORT\"") != NULL;
    if (scans || (sorts && !may_sort))
        fail_msg("sort %d, filters %x: %s", (int)request->sort[0].field, request->filter.mask,
                 plan);
    bson_free(plan);
}

static void populate(struct fixture *f)
{
    static struct user_seed people[PEOPLE];
    static const struct view user[] = {VIEW_INIT("user")};
    for (int i = 0; i < PEOPLE; i++) {
        struct user_draft draft = fixture_draft("x", NULL);
        draft.username = arena_format(&f->arena, "person%d", i);
        draft.email = arena_format(&f->arena, "p%d@example.org", i);
        draft.name = arena_format(&f->arena, "Person %d", i % 50);
        draft.age = i % 90;
        draft.roles = user;
        draft.role_count = 1;
        people[i] = (struct user_seed){.draft = draft,
                                       .updated_ms = NOW + i,
                                       .last_login_ms = i % 3 != 0 ? NOW + i : 0,
                                       .deleted_ms = i % 5 == 0 ? NOW + i : 0};
    }
    assert_result(store_user_seed(f->handle, people, PEOPLE), OK);
}

/* A page without a filter costs a page, wherever it is. */
static void test_every_sort_has_its_index(void **state)
{
    struct fixture *f = *state;
    struct user_page page;
    populate(f);
    const struct user_list_request first = {.limit = 100};
    assert_result(store_user_list(f->handle, &first, &f->arena, &page), OK);
    for (int field = 0; field < USER_SORT_COUNT; field++) {
        for (int way = 0; way < 4; way++) {
            struct user_list_request request = {
                .sort = {{(enum user_sort_field)field, way % 2 == 1}},
                .sort_count = 1,
                .backward = way >= 2,
                .limit = 50};
            check(f, &request, false);
            request.position = &page.items[42];
            check(f, &request, false);
            request.filter.presence = USER_GONE;
            check(f, &request, false);
            request.filter.presence = USER_PRESENT_OR_GONE;
            check(f, &request, false);
        }
    }
}

/* No index has the order of several fields: what is sorted ends where the page does. */
static void test_several_fields_are_sorted_within_a_bound(void **state)
{
    struct fixture *f = *state;
    populate(f);
    for (int way = 0; way < 4; way++) {
        const struct user_list_request request = {
            .filter = {.presence = USER_PRESENT},
            .sort = {{USER_SORT_AGE, way % 2 == 1}, {USER_SORT_NAME, false}},
            .sort_count = 2,
            .backward = way >= 2};
        bool nobody = false;
        DOC_LOCAL(filters);
        DOC_LOCAL(last);
        DOC_LOCAL(sort);
        assert_result(
            mongo_user_filter_write(raw(f), &request.filter, &f->arena, &filters, &nobody), OK);
        bool down = request.sort[0].descending != request.backward;
        doc_make(&last, DOC(doc_open("order"), doc_number("age", down ? 85 : 5), doc_close()));
        mongo_user_filter_bound(&request, &last, &filters);
        mongo_user_filter_sort(&request, &sort);
        char *plan = explain(f, &filters, &sort);
        if (strstr(plan, "\"list_age\"") == NULL || strstr(plan, down ? "85" : "5") == NULL)
            fail_msg("way %d: %s", way, plan);
        bson_free(plan);
    }
}

static void test_every_filter_has_an_index(void **state)
{
    struct fixture *f = *state;
    populate(f);
    for (unsigned bit = USER_FILTER_SEARCH; bit <= USER_FILTER_CREATED; bit <<= 1) {
        for (int field = 0; field < USER_SORT_COUNT; field++) {
            const struct user_list_request request = {
                .filter = {.mask = bit,
                           .search = VIEW("person 4"),
                           .username = VIEW("person4"),
                           .email = VIEW("p4@example.org"),
                           .role = VIEW("user"),
                           .status = USER_DISABLED,
                           .min_age = 30,
                           .max_age = 31,
                           .created_after_ms = NOW - 1,
                           .created_before_ms = NOW + 1},
                .sort = {{(enum user_sort_field)field, false}},
                .sort_count = 1,
                .limit = 50};
            check(f, &request, true);
        }
    }
}

int main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(test_every_sort_has_its_index),
        FIXTURE_TEST(test_several_fields_are_sorted_within_a_bound),
        FIXTURE_TEST(test_every_filter_has_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
