/* FASTApi_CRUD_Authentication: people who sign up by their e-mail address, and products. */
#include "dialects/dialects.h"
#include "dialects/fastapi.h"
#include "dialects/person.h"
#include "dialects/product.h"
#include "model/limits.h"
#include "service/products.h"

#define AUTHENTICATION "Authentication"
#define USERS "Users"
#define PRODUCTS "Products"

/* --- tables ----------------------------------------------------------------------------------- */

static const struct field user_fields[] = {
    PERSON_OUT_NUMBER,
    {.name = "name", .kind = FIELD_TEXT, .offset = offsetof(struct person, name)},
    PERSON_OUT_EMAIL,
};

static const struct table user_table = {
    .name = "User",
    .size = sizeof(struct person),
    FIELDS(user_fields),
};

static const struct field register_fields[] = {
    {.name = "name",
     .kind = FIELD_TEXT,
     .offset = offsetof(struct person_in, name),
     .flags = FIELD_REQUIRED,
     .min = 1,
     .max = NAME_MAX_CHARS},
    PERSON_EMAIL(FIELD_REQUIRED),
    PERSON_PASSWORD(FIELD_REQUIRED),
};

static const struct table register_table = {
    .name = "UserCreate",
    .size = sizeof(struct person_in),
    .lax = true,
    FIELDS(register_fields),
};

/* As the service takes it, a text; checked to be a number. */
struct number_path {
    struct in_integer id;
};

static const struct field number_fields[] = {
    {.name = "id", .kind = FIELD_INTEGER, .offset = offsetof(struct number_path, id)},
};

static const struct table number_path = {
    .name = "NumberPath",
    .size = sizeof(struct number_path),
    FIELDS(number_fields),
};

/* --- rows ------------------------------------------------------------------------------------- */

static const enum result ok_results[] = {RESULT_OK, RESULT_COUNT};

static const struct row rows[] = {
    {.id = "login_login_post",
     .method = METHOD_POST,
     .path = "/login",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_LOGIN,
     .ignore_query = true,
     .body = &fastapi_login_table,
     .body_forms = ROW_FORM | ROW_MULTIPART,
     .reply = &fastapi_token_table,
     .results = fastapi_login_results,
     .tag = AUTHENTICATION,
     .summary = "Login",
     .description = "`username` is the e-mail address.",
     .handle = fastapi_log_in},
    {.id = "current_user_current_user_get",
     .method = METHOD_GET,
     .path = "/current-user",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .ignore_query = true,
     .reply = &user_table,
     .results = ok_results,
     .tag = AUTHENTICATION,
     .summary = "Current User",
     .handle = person_get_self},
    {.id = "create_user_users__post",
     .method = METHOD_POST,
     .path = "/users/",
     .lane = ROW_HASH,
     .auth = ROW_PUBLIC,
     .rate = ROW_RATE_SIGNUP,
     .ignore_query = true,
     .body = &register_table,
     .body_forms = ROW_JSON,
     .reply = &user_table,
     .results = person_register_results,
     .tag = USERS,
     .summary = "Create User",
     .description = "An open sign-up; the username is made from the e-mail address.",
     .handle = person_register_one},
    {.id = "get_users_users__get",
     .method = METHOD_GET,
     .path = "/users/",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .query = &person_window_query,
     .reply = &user_table,
     .reply_list = true,
     .results = ok_results,
     .tag = USERS,
     .summary = "Get Users",
     .handle = person_list_all},
    {.id = "get_user_users__id__get",
     .method = METHOD_GET,
     .path = "/users/{id}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .rate = ROW_FREE,
     .params = &number_path,
     .ignore_query = true,
     .reply = &user_table,
     .results = person_get_results,
     .tag = USERS,
     .summary = "Get User",
     .handle = person_get_one},
    {.id = "create_product_product__post",
     .method = METHOD_POST,
     .path = "/product/",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:create",
     .rate = ROW_FREE,
     .ignore_query = true,
     .body = &product_create_table,
     .body_forms = ROW_JSON,
     .reply = &product_table,
     .results = product_create_results,
     .tag = PRODUCTS,
     .summary = "Create Product",
     .handle = product_create_one},
    {.id = "get_products_product__get",
     .method = METHOD_GET,
     .path = "/product/",
     .lane = ROW_STORE,
     .auth = ROW_BEARER,
     .permission = "products:read",
     .rate = ROW_FREE,
     .query = &person_window_query,
     .reply = &product_table,
     .reply_list = true,
     .results = ok_results,
     .tag = PRODUCTS,
     .summary = "Get Products",
     .handle = product_list_all},
    {.id = "get_product_product__id__get",
     .method = METHOD_GET,
     .path = "/product/{id}",
     .lane = ROW_READ,
     .auth = ROW_BEARER,
     .permission = "products:read",
     .owner = {.param = "id", .find = products_owner},
     .rate = ROW_FREE,
     .params = &number_path,
     .ignore_query = true,
     .reply = &product_table,
     .results = product_get_results,
     .tag = PRODUCTS,
     .summary = "Get Product",
     .handle = product_get_one},
};

static const struct row_group group = {ROWS(rows)};
static const struct row_group *const groups[] = {&group};

const struct row_set dialect_fastapi_crud = {
    .name = "fastapi-crud",
    .title = "FASTApi_CRUD_Authentication",
    .description = "Sign-up and log-in by e-mail address, users and products.",
    .style = &fastapi_style,
    .scheme = FASTAPI_SCHEME,
    .token_path = "/login",
    .user_id_claim = true,
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
