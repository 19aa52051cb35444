/* Every outcome there is: one table of code, HTTP status, title and log level. */
#ifndef LATCHKEY_BASE_RESULT_H
#define LATCHKEY_BASE_RESULT_H

#include "base/log_level.h"

/* X(name, http status, public code, title, level of the request's log line) */
#define RESULT_TABLE(X)                                                                            \
    X(OK, 200, "ok", "Done", LOG_INFO)                                                             \
    X(CREATED, 201, "created", "Created", LOG_INFO)                                                \
    X(NO_CONTENT, 204, "no_content", "Done", LOG_INFO)                                             \
    X(NOT_MODIFIED, 304, "not_modified", "Not modified", LOG_INFO)                                 \
    X(BAD_REQUEST, 400, "bad_request", "The request cannot be read", LOG_INFO)                     \
    X(INVALID_CURSOR, 400, "invalid_cursor", "The cursor is not one of this list", LOG_INFO)       \
    X(MALFORMED_JSON, 400, "malformed_json", "The body is not valid JSON", LOG_INFO)               \
    X(MALFORMED_FORM, 400, "malformed_form", "The body is not a valid form", LOG_INFO)             \
    X(INVALID_SCOPE, 400, "invalid_scope", "There are no scopes here", LOG_INFO)                   \
    X(UNSUPPORTED_GRANT_TYPE, 400, "unsupported_grant_type",                                       \
      "This grant type is not offered here", LOG_INFO)                                             \
    X(INVALID_CLIENT, 401, "invalid_client", "The client is unknown, or its secret is wrong",      \
      LOG_WARNING)                                                                                 \
    X(INVALID_TOKEN, 401, "invalid_token", "The access token is not valid", LOG_INFO)              \
    X(MISSING_TOKEN, 401, "missing_token", "An access token is needed", LOG_INFO)                  \
    X(INVALID_CREDENTIALS, 401, "invalid_credentials", "The name or the password is wrong",        \
      LOG_INFO)                                                                                    \
    X(INVALID_GRANT, 401, "invalid_grant", "The refresh token is not valid any more", LOG_INFO)    \
    X(FORBIDDEN, 403, "forbidden", "Not allowed", LOG_INFO)                                        \
    X(SIGNUP_CLOSED, 403, "signup_closed", "Sign-up is closed", LOG_INFO)                          \
    X(WRONG_PASSWORD, 403, "wrong_password", "The current password is wrong", LOG_INFO)            \
    X(EXCEEDS_RIGHTS, 403, "exceeds_rights", "That person or role has rights you do not hold",     \
      LOG_INFO)                                                                                    \
    X(NOT_FOUND, 404, "not_found", "There is no such thing", LOG_INFO)                             \
    X(METHOD_NOT_ALLOWED, 405, "method_not_allowed", "This method is not offered here", LOG_INFO)  \
    X(NOT_ACCEPTABLE, 406, "not_acceptable", "No acceptable form of the answer", LOG_INFO)         \
    X(REQUEST_TIMEOUT, 408, "request_timeout", "The request took too long to arrive", LOG_INFO)    \
    X(CONFLICT, 409, "conflict", "Something else was changed meanwhile", LOG_INFO)                 \
    X(USERNAME_TAKEN, 409, "username_taken", "This username is taken", LOG_INFO)                   \
    X(EMAIL_TAKEN, 409, "email_taken", "This e-mail address is taken", LOG_INFO)                   \
    X(ROLE_TAKEN, 409, "role_taken", "There is a role of this name", LOG_INFO)                     \
    X(ROLE_IN_USE, 409, "role_in_use", "Somebody holds this role", LOG_INFO)                       \
    X(ROLE_BUILT_IN, 409, "role_built_in", "A built-in role stays as it is", LOG_INFO)             \
    X(AMBIGUOUS, 409, "ambiguous", "Several fit; name one by id or number", LOG_INFO)              \
    X(LAST_ADMIN, 409, "last_admin", "There must be one active admin", LOG_INFO)                   \
    X(PRECONDITION_FAILED, 412, "precondition_failed", "The record has changed since it was read", \
      LOG_INFO)                                                                                    \
    X(BODY_TOO_LARGE, 413, "body_too_large", "The body is too large", LOG_INFO)                    \
    X(TARGET_TOO_LONG, 414, "target_too_long", "The request target is too long", LOG_INFO)         \
    X(UNSUPPORTED_MEDIA_TYPE, 415, "unsupported_media_type", "This media type is not taken here",  \
      LOG_INFO)                                                                                    \
    X(EXPECTATION_FAILED, 417, "expectation_failed", "Only 100-continue can be expected",          \
      LOG_INFO)                                                                                    \
    X(INVALID, 422, "invalid", "The request is readable but not valid", LOG_INFO)                  \
    X(RATE_LIMITED, 429, "rate_limited", "Too many requests", LOG_WARNING)                         \
    X(LOCKED, 429, "locked", "Too many failed attempts", LOG_WARNING)                              \
    X(HEADERS_TOO_LARGE, 431, "headers_too_large", "The header is too large", LOG_INFO)            \
    X(INTERNAL, 500, "internal", "Something went wrong here", LOG_ERROR)                           \
    X(NOT_IMPLEMENTED, 501, "not_implemented", "This method is not known", LOG_INFO)               \
    X(BUSY, 503, "busy", "The server is busy", LOG_WARNING)                                        \
    X(STORE_UNAVAILABLE, 503, "store_unavailable", "The database cannot be reached", LOG_ERROR)    \
    X(STALE, 503, "stale", "The server has lost sight of recent changes", LOG_ERROR)

enum result {
#define RESULT_NAME(name, status, code, title, level) RESULT_##name,
    RESULT_TABLE(RESULT_NAME)
#undef RESULT_NAME
        RESULT_COUNT
};

/* All of these are pure; the texts are static. */
int result_status(enum result result);
const char *result_code(enum result result);
const char *result_title(enum result result);
enum log_level result_level(enum result result);
/* True for a status below 400. */
int result_is_good(enum result result);

#endif
