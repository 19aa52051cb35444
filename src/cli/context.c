#include "cli/context.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "api/permissions.h"
#include "crypto/secret.h"

#define MESSAGE_SIZE 512

struct log context_log(const struct config *config, struct log_sink *sink)
{
    log_sink_open(sink, STDERR_FILENO);
    return (struct log){
        .sink = sink,
        .fd = STDERR_FILENO,
        .level = (enum log_level)config_number(config, OPTION_LOG_LEVEL),
        .format = (enum log_format)config_number(config, OPTION_LOG_FORMAT),
        .clock = clock_system(),
    };
}

static enum password_scheme password_scheme(const struct config *config)
{
    bool bcrypt = strcmp(config_choice(config, OPTION_PASSWORD_HASH), "bcrypt") == 0;
    return bcrypt ? PASSWORD_BCRYPT : PASSWORD_ARGON2ID;
}

struct service_options context_service_options(const struct config *config, const struct log *log)
{
    const char *algorithm = config_choice(config, OPTION_TOKEN_ALGORITHM);

    return (struct service_options){
        .issuer = config_text(config, OPTION_ISSUER),
        .audience = config_text(config, OPTION_AUDIENCE),
        .algorithm = signing_algorithm_of(view_of(algorithm)), /* "auto" is none of them */
        .jwt_secret = config_text(config, OPTION_JWT_SECRET),
        .client_id = config_text(config, OPTION_INTROSPECTION_CLIENT),
        .client_secret = config_text(config, OPTION_INTROSPECTION_SECRET),
        .access_token_lifetime_s = config_number(config, OPTION_ACCESS_TOKEN_LIFETIME),
        .session_idle_s = config_number(config, OPTION_SESSION_IDLE),
        .session_lifetime_s = config_number(config, OPTION_SESSION_LIFETIME),
        .refresh_grace_s = config_number(config, OPTION_REFRESH_GRACE),
        .signup_open = strcmp(config_choice(config, OPTION_SIGNUP), "open") == 0,
        .password_params = password_params_default(password_scheme(config)),
        .password_min_length = config_number(config, OPTION_PASSWORD_MIN_LENGTH),
        .password_blocklist = config_number(config, OPTION_PASSWORD_BLOCKLIST) != 0,
        .login_lock_after = config_number(config, OPTION_LOGIN_LOCK_AFTER),
        .login_lock_for_s = config_number(config, OPTION_LOGIN_LOCK_FOR),
        .rate_limit = config_number(config, OPTION_RATE_LIMIT) != 0,
        .audit_retention_s = config_number(config, OPTION_AUDIT_RETENTION),
        .deleted_retention_s = config_number(config, OPTION_DELETED_RETENTION),
        .clock = clock_system(),
        .log = log,
    };
}

struct store_options context_store_options(const struct config *config, const struct log *log)
{
    return (struct store_options){
        .url = config_text(config, OPTION_DATABASE),
        .log = log,
        .clock = clock_system(),
        .migrate = strcmp(config_choice(config, OPTION_MIGRATE), "auto") == 0,
        .is_brief = true,
        .io_handles = 1,
    };
}

struct log context_quiet_log(const struct config *config, struct log_sink *sink)
{
    struct log log = context_log(config, sink);

    log.level = log.level < LOG_WARNING ? LOG_WARNING : log.level;
    return log;
}

static struct service_call operator_call(struct cli *cli, const struct context *context)
{
    return (struct service_call){
        .service = context->service,
        .store = context->handle,
        .arena = &cli->arena,
        .actor = principal_system(),
        .address = VIEW("local"),
        .user_agent = VIEW("latchkey"),
        .now_ms = clock_now_ms(&context->log.clock),
    };
}

int context_store_failed(enum result result, const char *message)
{
    command_fail("%s", message);
    return result == RESULT_BAD_REQUEST ? CLI_USAGE : CLI_FAILED;
}

/* The issuer is settled by the first server, not by a command: a command's default is never kept
 * unless it comes first. */
static struct view default_issuer(struct cli *cli)
{
    struct view listen = config_text(&cli->config, OPTION_LISTEN);
    return arena_format(&cli->arena, "http://%.*s", VIEW_ARG(listen));
}

int context_open(struct cli *cli, struct context *out)
{
    char message[MESSAGE_SIZE] = "";
    struct service_options options;
    enum result result;
    struct store_options store;

    *out = (struct context){.cli = cli};
    out->log = context_quiet_log(&cli->config, &out->log_sink);
    store = context_store_options(&cli->config, &out->log);
    store.must_exist = !cli->command->makes_database;
    if (!secret_setup()) {
        return command_fail("this system gives no random numbers");
    }
    result = store_open(&store, &out->store, message, sizeof(message));
    if (result != RESULT_OK) {
        return context_store_failed(result, message);
    }
    options = context_service_options(&cli->config, &out->log);
    options.default_issuer = default_issuer(cli);
    options.permissions = permissions_list(&cli->arena, &options.permission_count);
    if (service_open(&options, out->store, &out->service, message, sizeof(message)) != RESULT_OK) {
        return command_fail("%s", message);
    }
    out->handle = store_handle_open(out->store);
    out->call = operator_call(cli, out);
    return out->handle != NULL ? CLI_DONE : command_fail("the database cannot be reached");
}

void context_close(struct context *context)
{
    store_handle_close(context->handle);
    service_close(context->service);
    store_close(context->store);
    log_sink_close(&context->log_sink);
    *context = (struct context){0};
}

enum result context_tend_lists(struct context *context)
{
    enum result result = RESULT_OK;
    for (bool more = true; more && result == RESULT_OK;) {
        result = store_user_list_tend(context->handle, STORE_TEND_CHANGES, &more);
    }
    return result;
}

int context_report(const struct context *context, enum result result, const char *what)
{
    const struct faults *faults = &context->call.faults;

    if (result == RESULT_INVALID && faults->count > 0) {
        size_t shown = faults->count < FAULTS_MAX ? faults->count : FAULTS_MAX;
        for (size_t i = 0; i < shown; i++) {
            const struct fault *fault = &faults->items[i];
            fprintf(stderr, "latchkey: %s: %.*s: %.*s\n", what, VIEW_ARG(fault->path[0]),
                    VIEW_ARG(fault->message));
        }
        return CLI_FAILED;
    }
    if (result == RESULT_NOT_FOUND && context->cli->operand_count > 0) {
        return command_fail("%s: there is no '%.*s'", what, VIEW_ARG(context->cli->operands[0]));
    }
    if (context->call.detail.len > 0) {
        return command_fail("%s: %.*s", what, VIEW_ARG(context->call.detail));
    }
    return command_fail("%s: %s", what, result_title(result));
}
