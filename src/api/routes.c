#include "api/routes.h"

static const struct row_group *const groups[] = {
    &routes_auth,     &routes_oauth,  &routes_metadata, &routes_sessions, &routes_users,
    &routes_products, &routes_server, &routes_metrics,  &routes_audit,    &routes_roles,
};

const struct row_set routes_native = {
    .name = "native",
    .title = "Latchkey",
    .description =
        "Sign-up, log-in, sessions, users, roles and products.\n\n"
        "Errors are problem documents (RFC 9457) with a stable `code`; faults of the input are "
        "listed in `errors` with their place. A trailing slash never matters. Unknown members and "
        "unknown query parameters are refused.",
    .style = &style_problem,
    .scheme = "oauth2",
    .token_path = "/oauth/token",
    .refresh_path = "/oauth/token",
    .groups = groups,
    .group_count = ARRAY_LEN(groups),
};
