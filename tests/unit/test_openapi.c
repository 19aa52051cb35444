/* The OpenAPI document: it parses, every reference resolves, operation ids are unique. */
#include "unit.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "api/api.h"
#include "api/routes.h"

static json_t *load(struct arena *arena)
{
    struct view text = api_openapi(&routes_native, arena);
    assert_non_null(text.at);
    json_error_t error;
    json_t *document = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        print_error("%s\n", error.text);
    }
    assert_non_null(document);
    return document;
}

/* The value at "#/a/b" of the root; NULL when there is none. */
static const json_t *resolve(const json_t *root, const char *reference)
{
    struct view rest = view_of(reference);
    struct view part;
    const json_t *at = root;
    assert_true(view_split(&rest, '/', &part) && view_is(part, "#"));
    while (at != NULL && view_split(&rest, '/', &part)) {
        char key[100];
        snprintf(key, sizeof key, "%.*s", VIEW_ARG(part));
        at = json_object_get(at, key);
    }
    return at;
}

static size_t check_references(const json_t *root, json_t *value)
{
    size_t count = 0;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++) {
            count += check_references(root, json_array_get(value, i));
        }
    }
    const char *key;
    json_t *member;
    json_object_foreach(value, key, member)
    {
        if (strcmp(key, "$ref") == 0) {
            assert_non_null(resolve(root, json_string_value(member)));
            count++;
        }
        count += check_references(root, member);
    }
    return count;
}

static void test_references_resolve(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *document = load(&arena);
    assert_true(check_references(document, document) > 50);
    json_decref(document);
    arena_clear(&arena);
}

static void check_operation(json_t *operation, json_t *ids)
{
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    assert_non_null(id);
    assert_null(json_object_get(ids, id));
    json_object_set_new(ids, id, json_true());
    assert_non_null(json_object_get(operation, "summary"));
    json_t *responses = json_object_get(operation, "responses");
    assert_non_null(json_object_get(responses, "default"));
    assert_non_null(json_object_get(responses, "400"));
    bool is_public = json_array_size(json_object_get(operation, "security")) == 0;
    assert_true(is_public || json_object_get(responses, "401") != NULL);
    const char *status;
    json_t *response;
    json_object_foreach(responses, status, response)
    {
        assert_non_null(json_object_get(response, "description"));
    }
}

static void test_operations(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *document = load(&arena);
    json_t *ids = json_object();
    const char *path;
    json_t *methods;
    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        const char *method;
        json_t *operation;
        json_object_foreach(methods, method, operation)
        {
            check_operation(operation, ids);
        }
    }
    size_t rows = 0;
    for (size_t i = 0; i < routes_native.group_count; i++) {
        rows += routes_native.groups[i]->count;
    }
    assert_int_equal(json_object_size(ids), rows);
    json_decref(ids);
    json_decref(document);
    arena_clear(&arena);
}

static size_t count_braces(const char *path)
{
    size_t count = 0;
    for (; *path != '\0'; path++) {
        count += *path == '{';
    }
    return count;
}

static void test_path_parameters_are_declared(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *document = load(&arena);
    const char *path;
    json_t *methods;
    json_object_foreach(json_object_get(document, "paths"), path, methods)
    {
        const char *method;
        json_t *operation;
        json_object_foreach(methods, method, operation)
        {
            const json_t *parameters = json_object_get(operation, "parameters");
            size_t in_path = 0;
            for (size_t i = 0; i < json_array_size(parameters); i++) {
                const json_t *one = json_array_get(parameters, i);
                in_path += strcmp(json_string_value(json_object_get(one, "in")), "path") == 0;
            }
            assert_int_equal(in_path, count_braces(path));
        }
    }
    json_decref(document);
    arena_clear(&arena);
}

static void test_log_in_takes_both_forms(void **state)
{
    struct arena arena;
    arena_init(&arena, 0);
    json_t *document = load(&arena);
    assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.1.0");
    const json_t *json = resolve(document, "#/components/schemas/LogIn/properties");
    const json_t *form = resolve(document, "#/components/schemas/LogInForm/properties");
    assert_non_null(json_object_get(form, "grant_type"));
    assert_null(json_object_get(json, "grant_type"));
    assert_non_null(json_object_get(json, "username"));
    const json_t *scheme =
        resolve(document, "#/components/securitySchemes/oauth2/flows/password/tokenUrl");
    assert_string_equal(json_string_value(scheme), "/oauth/token");
    const json_t *email = resolve(document, "#/components/schemas/User/properties/email/type");
    assert_string_equal(json_string_value(json_array_get(email, 1)), "null");
    json_decref(document);
    arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references_resolve),
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_path_parameters_are_declared),
        cmocka_unit_test(test_log_in_takes_both_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
