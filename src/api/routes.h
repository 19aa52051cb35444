/* All native routes, one file a resource: routes_NAME.c holds the rows, their tables and handlers.
 */
#ifndef LATCHKEY_API_ROUTES_H
#define LATCHKEY_API_ROUTES_H

#include "api/row.h"

extern const struct row_group routes_auth;     /* sign-up, log-in, refresh, log-out, own password */
extern const struct row_group routes_sessions; /* own sessions */
extern const struct row_group routes_users;    /* own record, users */
extern const struct row_group routes_products; /* the example of an own resource */
extern const struct row_group routes_audit;    /* who did what */
extern const struct row_group routes_oauth;    /* OAuth endpoints, forward-auth */
extern const struct row_group routes_metadata; /* what clients find out by themselves */
extern const struct row_group routes_roles;    /* roles, permissions, a user's roles */
extern const struct row_group routes_server;   /* health, keys, OpenAPI documents */
extern const struct row_group routes_metrics;  /* where metrics are on */
extern const struct row_group routes_docs;     /* where docs are on, none in the OpenAPI document */

/* The row that serves the OpenAPI document of a dialect, at more than one path. */
extern const struct row routes_document;

/* The row that serves each file of the docs pages. */
extern const struct row routes_docs_file;

/* What the native API's document shows. */
extern const struct row_set routes_native;

#endif
