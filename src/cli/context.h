/* What commands that touch the database have in common: store, service and a call in the operator's
 * name. */
#ifndef LATCHKEY_CLI_CONTEXT_H
#define LATCHKEY_CLI_CONTEXT_H

#include "base/attributes.h"
#include "base/log.h"
#include "cli/command.h"
#include "service/service.h"
#include "store/store.h"

struct context {
    const struct cli *cli;
    struct log_sink log_sink;
    struct log log; /* into log_sink */
    struct store *store;
    struct store_handle *handle;
    struct service *service;
    struct service_call call; /* as principal_system() */
};

/* The log as configured, on standard error; opens the sink, which must outlive it. */
struct log context_log(const struct config *config, struct log_sink *sink);
/* The service's options as configured; views are borrowed from the configuration. */
struct service_options context_service_options(const struct config *config, const struct log *log);
/* How to open the configured database for one command; `serve` changes that. */
struct store_options context_store_options(const struct config *config, const struct log *log);
/* The log of a command that ends soon: warnings and errors. */
struct log context_quiet_log(const struct config *config, struct log_sink *sink);
/* Opens for a command that ends soon; warnings and errors are logged, the rest is not. A database
 * that is not there is made only where the command's row says so. CLI_FAILED with a message when it
 * fails. */
MUST_CHECK int context_open(struct cli *cli, struct context *out);
/* Says why the store did not open: CLI_USAGE when the URL is to blame, else CLI_FAILED. */
int context_store_failed(enum result result, const char *message);
/* Closes what is open; a zeroed context is fine. */
void context_close(struct context *context);
/* After many changes: lists need not wait for a server to find its feet. */
MUST_CHECK enum result context_tend_lists(struct context *context);
/* Says what went wrong, faults included. Returns CLI_FAILED. */
int context_report(const struct context *context, enum result result, const char *what);

#endif
