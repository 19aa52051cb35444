/* Wires everything: the one place that knows all parts. */
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "api/api.h"
#include "api/permissions.h"
#include "base/cpu.h"
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/mounts.h"
#include "crypto/secret.h"
#include "http/listen.h"
#include "http/server.h"

#define MESSAGE_SIZE 512
#define IO_THREADS_MAX 8
#define STORE_QUEUE 1024
#define HASH_QUEUE_PER_WORKER 128
#define IDLE_MS (60 * MS_PER_SECOND)
#define CONNECTIONS_DEFAULT 10000
#define CONNECTIONS_METRICS 64
#define MALLOC_ARENAS 2 /* more cost memory and gain nothing here */

struct parts {
    struct cli *cli;
    struct log_sink log_sink;
    struct log log; /* into log_sink */
    struct metrics *metrics;
    struct store *store;
    struct service *service;
    struct lane *store_lane;
    struct lane *hash_lane;
    struct lane *group_lane; /* NULL: the store gains nothing by groups */
    struct api *api;
    struct api *metrics_api;
    struct server *server;
    struct server *metrics_server;
    const struct address_network *proxies;
    size_t proxy_count;
    const struct api_mount *mounts;
    size_t mount_count;
    int listen_fd;
    char address[LISTEN_ADDRESS_SIZE];
    char message[MESSAGE_SIZE];
};

static int failed(const struct parts *parts)
{
    return command_fail("%s", parts->message);
}

static const struct config *config_of(const struct parts *parts)
{
    return &parts->cli->config;
}

/* What is set, else the CPUs up to most. */
static unsigned threads(const struct config *config, enum option_id id, unsigned most)
{
    unsigned cpus = cpu_count();

    if (config_is_set(config, id)) {
        return (unsigned)config_number(config, id);
    }
    return cpus < most ? cpus : most;
}

/* The server fits it to the limit of open files. */
static unsigned connections(const struct config *config)
{
    return config_is_set(config, OPTION_MAX_CONNECTIONS)
               ? (unsigned)config_number(config, OPTION_MAX_CONNECTIONS)
               : CONNECTIONS_DEFAULT;
}

static unsigned hash_slots(const struct config *config)
{
    return threads(config, OPTION_HASH_WORKERS, UINT32_MAX);
}

static void *open_handle(void *store)
{
    return store_handle_open(store);
}

static void close_handle(void *handle)
{
    store_handle_close(handle);
}

static int open_store(struct parts *parts)
{
    struct store_options options = context_store_options(config_of(parts), &parts->log);

    options.metrics = parts->metrics;
    options.is_brief = false;
    enum result result = store_open(&options, &parts->store, parts->message, MESSAGE_SIZE);

    return result == RESULT_OK ? CLI_DONE : context_store_failed(result, parts->message);
}

static int open_service(struct parts *parts)
{
    struct service_options options = context_service_options(config_of(parts), &parts->log);

    options.default_issuer = arena_format(&parts->cli->arena, "http://%s", parts->address);
    options.metrics = parts->metrics;
    options.hash_slots = hash_slots(config_of(parts));
    options.permissions = permissions_list(&parts->cli->arena, &options.permission_count);
    options.serves = true;
    if (service_open(&options, parts->store, &parts->service, parts->message, MESSAGE_SIZE) !=
        RESULT_OK) {
        return failed(parts);
    }
    return CLI_DONE;
}

static struct lane *open_lane(struct parts *parts, const char *name, unsigned workers,
                              unsigned capacity, unsigned batch)
{
    struct lane_options options = {.name = name,
                                   .workers = workers,
                                   .capacity = capacity,
                                   .batch = batch,
                                   .worker_open = open_handle,
                                   .worker_close = close_handle,
                                   .context = parts->store};
    return lane_new(&options);
}

static int open_lanes(struct parts *parts)
{
    const struct config *config = config_of(parts);
    unsigned hashers = hash_slots(config);
    unsigned workers = (unsigned)config_number(config, OPTION_STORE_WORKERS);

    parts->store_lane = open_lane(parts, "store", workers, STORE_QUEUE, 1);
    /* A few more than hash at once: they talk to the database meanwhile. */
    parts->hash_lane =
        open_lane(parts, "hash", hashers + hashers / 4 + 1, hashers * HASH_QUEUE_PER_WORKER, 1);
    /* While a worker commits, the next group gathers. A file has one writer; a server elsewhere may
       be slow, or at a row that somebody holds, while it could take another group. */
    unsigned writers = store_reads_are_local(parts->store) ? 1 : 2;
    if (store_rotates_together(parts->store)) {
        parts->group_lane = open_lane(parts, "group", writers, STORE_QUEUE, HTTP_GROUP_MAX);
    }
    if (parts->store_lane == NULL || parts->hash_lane == NULL ||
        (parts->group_lane == NULL && store_rotates_together(parts->store))) {
        return command_fail("cannot start the worker threads");
    }
    return CLI_DONE;
}

static struct api *open_api(struct parts *parts, bool metrics_only)
{
    const struct config *config = config_of(parts);
    struct api_options options = {.mounts = parts->mounts,
                                  .mount_count = metrics_only ? 0 : parts->mount_count,
                                  .service = parts->service,
                                  .store = parts->store,
                                  .store_lane = parts->store_lane,
                                  .hash_lane = parts->hash_lane,
                                  .group_lane = parts->group_lane,
                                  .log = &parts->log,
                                  .metrics = parts->metrics,
                                  .production = config_is_production(config),
                                  .docs = config_number(config, OPTION_DOCS) != 0,
                                  .metrics_only = metrics_only};
    bool apart = config_text(config, OPTION_METRICS_LISTEN).len > 0;

    options.metrics_here = metrics_only || (config_wants_metrics(config) && !apart);
    options.cors.origins =
        config_list(config, OPTION_CORS_ORIGINS, &parts->cli->arena, &options.cors.count);
    return api_new(&options, parts->message, MESSAGE_SIZE);
}

/* Before anything is opened: a wrong one is a matter of configuration. */
static int read_proxies(struct parts *parts)
{
    const struct config_value *value = &config_of(parts)->values[OPTION_TRUSTED_PROXIES];
    size_t count;
    const struct view *texts =
        config_list(config_of(parts), OPTION_TRUSTED_PROXIES, &parts->cli->arena, &count);
    struct address_network *networks =
        arena_take_array(&parts->cli->arena, count + 1, sizeof(*networks));

    for (size_t i = 0; networks != NULL && i < count; i++) {
        if (!address_network_parse(texts[i], &networks[i])) {
            command_fail("%.*s: '%.*s' is no network such as 10.0.0.0/8", VIEW_ARG(value->source),
                         VIEW_ARG(texts[i]));
            return CLI_USAGE;
        }
    }
    parts->proxies = networks;
    parts->proxy_count = count;
    return networks != NULL ? CLI_DONE : command_fail("out of memory");
}

static int start_server(struct parts *parts)
{
    const struct config *config = config_of(parts);
    struct server_options options = {
        .listen_fd = parts->listen_fd,
        .io_threads = threads(config, OPTION_IO_THREADS, IO_THREADS_MAX),
        .max_connections = connections(config),
        .max_body_bytes = (size_t)config_number(config, OPTION_MAX_BODY_BYTES),
        .header_deadline_ms = config_number(config, OPTION_HEADER_DEADLINE) * MS_PER_SECOND,
        .body_deadline_ms = config_number(config, OPTION_BODY_DEADLINE) * MS_PER_SECOND,
        .idle_ms = IDLE_MS,
        .trusted_proxies = parts->proxies,
        .trusted_proxy_count = parts->proxy_count,
        .hsts = config_is_production(config),
        .log = &parts->log,
        .metrics = parts->metrics,
    };

    parts->api = open_api(parts, false);
    if (parts->api == NULL) {
        return failed(parts);
    }
    options.app = api_app(parts->api);
    parts->server = server_start(&options, parts->message, MESSAGE_SIZE);
    parts->listen_fd = -1;
    return parts->server != NULL ? CLI_DONE : failed(parts);
}

static int start_metrics_server(struct parts *parts)
{
    const struct config *config = config_of(parts);
    struct view listen = config_text(config, OPTION_METRICS_LISTEN);
    char address[LISTEN_ADDRESS_SIZE];
    struct server_options options = {
        .io_threads = 1,
        .max_connections = CONNECTIONS_METRICS,
        .max_body_bytes = (size_t)config_number(config, OPTION_MAX_BODY_BYTES),
        .header_deadline_ms = config_number(config, OPTION_HEADER_DEADLINE) * MS_PER_SECOND,
        .body_deadline_ms = config_number(config, OPTION_BODY_DEADLINE) * MS_PER_SECOND,
        .idle_ms = IDLE_MS,
        .log = &parts->log,
    };

    if (listen.len == 0) {
        return CLI_DONE;
    }
    options.listen_fd = listen_open(listen, address, parts->message, MESSAGE_SIZE);
    parts->metrics_api = options.listen_fd >= 0 ? open_api(parts, true) : NULL;
    if (parts->metrics_api == NULL) {
        return failed(parts);
    }
    options.app = api_app(parts->metrics_api);
    parts->metrics_server = server_start(&options, parts->message, MESSAGE_SIZE);
    if (parts->metrics_server == NULL) {
        return failed(parts);
    }
    log_event(&parts->log, LOG_INFO, "metrics_listening",
              (struct log_field[]){LOG_FIELD_TEXT("address", view_of(address))}, 1);
    return CLI_DONE;
}

/* The command must find this server's database: where the default is not meant, it names it, unless
   there may be a password in it. */
static void tell_how_to_begin(const struct parts *parts)
{
    struct view url = config_text(config_of(parts), OPTION_DATABASE);
    bool is_file = strcmp(store_name(parts->store), "sqlite") == 0;
    bool is_default = view_is(url, option_rows[OPTION_DATABASE].default_text);
    struct view named = is_file && !is_default ? url : VIEW("");

    log_message(&parts->log, LOG_WARNING, "no_users",
                "There is no user yet. Make the first admin%s with: latchkey user create%s%.*s "
                "--username root --email root@example.com --role admin",
                is_file ? "" : ", with this server's DATABASE set,",
                named.len > 0 ? " --database " : "", VIEW_ARG(named));
}

/* The line that tools wait for, JSON whatever level and format; then what a newcomer needs to know.
 */
static void announce(const struct parts *parts)
{
    struct store_handle *handle = store_handle_open(parts->store);
    struct log json = parts->log;
    bool any = true;
    struct log_field fields[] = {
        LOG_FIELD_TEXT("address", view_of(parts->address)),
        LOG_FIELD_TEXT("issuer", service_issuer(parts->service)),
        LOG_FIELD_TEXT("store", view_of(store_name(parts->store))),
        LOG_FIELD_TEXT("version", VIEW(LATCHKEY_VERSION)),
    };

    json.format = LOG_FORMAT_JSON;
    log_event(&json, LOG_ALWAYS, "listening", fields, ARRAY_LEN(fields));
    log_message(&parts->log, LOG_INFO, "started",
                "Latchkey running on http://%s (Press CTRL+C to quit)", parts->address);
    if (handle != NULL && store_user_any(handle, &any) == RESULT_OK && !any) {
        tell_how_to_begin(parts);
    }
    store_handle_close(handle);
    if (config_is_production(config_of(parts)) && !config_is_set(config_of(parts), OPTION_ISSUER)) {
        log_message(&parts->log, LOG_WARNING, "issuer_unset",
                    "LATCHKEY_ISSUER is not set: tokens carry the address of the first start");
    }
}

static int start(struct parts *parts)
{
    int status = read_proxies(parts);

    status =
        status == CLI_DONE ? mounts_read(parts->cli, &parts->mounts, &parts->mount_count) : status;
    if (status != CLI_DONE) {
        return status;
    }
    if (!secret_setup()) {
        return command_fail("this system gives no random numbers");
    }
    parts->metrics = metrics_new();
    parts->listen_fd = listen_open(config_text(config_of(parts), OPTION_LISTEN), parts->address,
                                   parts->message, MESSAGE_SIZE);
    if (parts->listen_fd < 0) {
        return failed(parts);
    }
    status = open_store(parts);
    status = status == CLI_DONE ? open_service(parts) : status;
    status = status == CLI_DONE ? open_lanes(parts) : status;
    status = status == CLI_DONE ? start_metrics_server(parts) : status;
    return status == CLI_DONE ? start_server(parts) : status;
}

static void stop(struct parts *parts)
{
    server_stop(parts->server, SERVER_DRAIN_MS);
    server_stop(parts->metrics_server, 0);
    lane_free(parts->group_lane); /* puts jobs on the next */
    lane_free(parts->store_lane);
    lane_free(parts->hash_lane);
    api_free(parts->api);
    api_free(parts->metrics_api);
    service_close(parts->service);
    store_close(parts->store);
    metrics_free(parts->metrics);
}

static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Waits for the signal to stop; a second one ends the process at once. */
static void wait_for_stop(const struct parts *parts, const sigset_t *signals)
{
    int number = 0;

    sigwait(signals, &number);
    log_message(&parts->log, LOG_INFO, "stopping", "%s: finishing requests in flight",
                number == SIGINT ? "SIGINT" : "SIGTERM");
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

int command_serve(struct cli *cli)
{
    struct parts parts = {.cli = cli, .listen_fd = -1};
    sigset_t signals;
    int status;

    parts.log = context_log(&cli->config, &parts.log_sink);
    log_sink_start_batch(&parts.log_sink);
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    block_signals(&signals);
    status = start(&parts);
    if (status == CLI_DONE) {
        announce(&parts);
        (void)malloc_trim(0); /* what only starting needed */
        wait_for_stop(&parts, &signals);
    }
    stop(&parts);
    if (status == CLI_DONE) {
        log_message(&parts.log, LOG_INFO, "stopped", "all requests are answered");
    }
    log_sink_close(&parts.log_sink);
    return status;
}
