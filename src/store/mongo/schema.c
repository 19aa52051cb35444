#include "store/mongo/schema.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/migrate.h"
#include "store/mongo/call.h"
#include "store/mongo/driver.h"
#include "store/mongo/migrations.h"

/* Who holds the lock and dies lets others in after this; it is prolonged after every command. */
#define LOCK_MS 60000
#define LOCK_WAIT_MS 120000
#define LOCK_POLL_MS 50
/* Building an index on many people takes longer than any request may. */
#define PATIENCE_MS 3600000

/* One run. */
struct schema {
    struct mongo_handle *handle;
    mongoc_client_t *patient; /* NULL until something is to be done */
    struct id owner;          /* of the lock: this run */
    char *message;
    size_t message_size;
};

/* --- whose database --------------------------------------------------------------------------- */

static enum result has_any(struct mongo_handle *handle, enum mongo_collection collection)
{
    bson_t all = BSON_INITIALIZER;
    DOC_LOCAL(found);
    return call_find_one(handle, collection, &all, NULL, &found);
}

enum result mongo_schema_check_owner(struct mongo_handle *handle, char *message,
                                     size_t message_size)
{
    for (enum mongo_collection i = 0; i < MONGO_MIGRATIONS; i++) {
        enum result result = has_any(handle, i);
        if (result == RESULT_OK) {
            /* In this order: another process may make the schema meanwhile, and notes that first.
             */
            result = has_any(handle, MONGO_MIGRATIONS);
            if (result == RESULT_OK) {
                return RESULT_OK;
            }
            (void)snprintf(message, message_size,
                           "the database %s has a collection %s of another program: name another "
                           "database in the URL",
                           handle->store->database, mongo_connection_collection_name(i));
            return result == RESULT_NOT_FOUND ? RESULT_INVALID : result;
        }
        if (result != RESULT_NOT_FOUND) {
            return result;
        }
    }
    return RESULT_OK;
}

enum result mongo_schema_check_exists(struct mongo_handle *handle, char *message,
                                      size_t message_size)
{
    enum result result = has_any(handle, MONGO_MIGRATIONS);
    if (result == RESULT_NOT_FOUND) {
        (void)snprintf(message, message_size, "the database %s holds nothing of latchkey",
                       handle->store->database);
        return RESULT_INVALID;
    }
    return result;
}

/* --- what migrate.c asks of a back end -------------------------------------------------------- */

static enum result load(void *context, struct migration_history *out)
{
    struct schema *schema = context;
    DOC_LOCAL(filter);
    DOC_LOCAL(options);
    const bson_t *found = NULL;
    enum result result = RESULT_OK;
    doc_make(&filter, DOC(doc_open("_id"), doc_word("$type", "number"), doc_close()));
    doc_make(&options, DOC(doc_open("sort"), doc_number("_id", 1), doc_close()));
    out->count = 0;
    CLEANUP(call_close)
    struct call_rows rows = call_find(schema->handle, MONGO_MIGRATIONS, &filter, &options);
    while (out->count < MIGRATIONS_MAX && (result = call_next(&rows, &found)) == RESULT_OK) {
        struct migration_applied *applied = &out->items[out->count++];
        applied->number = doc_get_number(found, "_id", 0);
        applied->applied_ms = doc_get_instant(found, "applied_at");
        (void)snprintf(applied->checksum, sizeof applied->checksum, "%.*s",
                       VIEW_ARG(doc_peek_text(found, "checksum")));
    }
    return result == RESULT_NOT_FOUND ? RESULT_OK : result;
}

static enum result open_patient(struct schema *schema)
{
    mongoc_uri_t *uri = mongoc.uri_copy(schema->handle->store->uri);
    (void)mongoc.uri_set_option_as_int32(uri, MONGOC_URI_SOCKETTIMEOUTMS, PATIENCE_MS);
    schema->patient = mongoc.client_new_from_uri(uri);
    mongoc.uri_destroy(uri);
    if (schema->patient == NULL) {
        return RESULT_STORE_UNAVAILABLE;
    }
    (void)mongoc.client_set_error_api(schema->patient, MONGO_ERROR_API);
    return RESULT_OK;
}

static struct doc_part lock_id(void)
{
    return doc_word("_id", "lock");
}

/* By the server's clock: whose clock is wrong takes no lock that is held. */
static void add_until(bson_t *update, const struct schema *schema)
{
    doc_make(update,
             DOC(doc_open("0"), doc_open("$set"), doc_id("owner", &schema->owner),
                 doc_open("until"), doc_list("$add"), doc_word(NULL, "$$NOW"),
                 doc_number(NULL, LOCK_MS), doc_close(), doc_close(), doc_close(), doc_close()));
}

/* NOT_FOUND when another process holds it. */
static enum result try_lock(struct schema *schema)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(lock_id(), doc_open("$expr"), doc_list("$lte"), doc_word(NULL, "$until"),
                          doc_word(NULL, "$$NOW"), doc_close(), doc_close()));
    add_until(&update, schema);
    return call_update(schema->handle, MONGO_MIGRATIONS, &filter, &update, NULL);
}

static enum result make_lock(struct schema *schema)
{
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(lock_id(), doc_date("until", 0)));
    enum result result = call_insert(schema->handle, MONGO_MIGRATIONS, &doc, NULL);
    return result == RESULT_CONFLICT ? RESULT_OK : result;
}

static enum result begin(void *context)
{
    static const struct timespec pause = {.tv_nsec = LOCK_POLL_MS * INT64_C(1000000)};
    struct schema *schema = context;
    enum result result = schema->patient == NULL ? open_patient(schema) : RESULT_OK;
    if (result == RESULT_OK) {
        result = make_lock(schema);
    }
    if (result == RESULT_OK) {
        result = try_lock(schema);
    }
    for (int waited_ms = 0; result == RESULT_NOT_FOUND && waited_ms < LOCK_WAIT_MS;
         waited_ms += LOCK_POLL_MS) {
        (void)nanosleep(&pause, NULL);
        result = try_lock(schema);
    }
    if (result == RESULT_NOT_FOUND) {
        (void)snprintf(schema->message, schema->message_size,
                       "another process is changing the schema of the database; try again later");
        return RESULT_STORE_UNAVAILABLE;
    }
    return result;
}

/* Fails when it is ours no more: this process was away for so long that another went on. */
static enum result keep_lock(struct schema *schema)
{
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(lock_id(), doc_id("owner", &schema->owner)));
    add_until(&update, schema);
    enum result result = call_update(schema->handle, MONGO_MIGRATIONS, &filter, &update, NULL);
    return result == RESULT_NOT_FOUND ? RESULT_STORE_UNAVAILABLE : result;
}

static void unlock(void *context)
{
    struct schema *schema = context;
    DOC_LOCAL(filter);
    DOC_LOCAL(update);
    doc_make(&filter, DOC(lock_id(), doc_id("owner", &schema->owner)));
    doc_make(&update, DOC(doc_open("$set"), doc_date("until", 0), doc_close()));
    enum result result = call_update(schema->handle, MONGO_MIGRATIONS, &filter, &update, NULL);
    (void)result; /* at worst it ends by itself */
}

/* A step that another process began may be run again from its beginning: a key that is taken and an
   index that is gone are no fault. */
static enum result run_command(struct schema *schema, const bson_t *command)
{
    bson_error_t error;
    char key[FAILURE_KEY_SIZE];
    DOC_LOCAL(reply);
    bool good = mongoc.client_write_command_with_opts(
        schema->patient, schema->handle->store->database, command, NULL, &reply, &error);
    if (good && !failure_in_reply(&reply, &error)) {
        return RESULT_OK;
    }
    if (failure_is_duplicate(&error, &reply, key) || failure_is_no_index(&error)) {
        return RESULT_OK;
    }
    return failure_of(schema->handle->store->log, "migration", &error, &reply);
}

static enum result run_commands(struct schema *schema, const bson_t *file)
{
    bson_t commands;
    bson_t command;
    bson_iter_t at;
    uint32_t len;
    const uint8_t *bytes;
    enum result result = RESULT_OK;
    doc_peek(file, "commands", &commands);
    (void)bson.iter_init(&at, &commands);
    while (result == RESULT_OK && bson.iter_next(&at)) {
        bson.iter_document(&at, &len, &bytes);
        (void)bson.init_static(&command, bytes, len);
        result = run_command(schema, &command);
        if (result == RESULT_OK) {
            result = keep_lock(schema);
        }
    }
    return result;
}

static enum result remember(struct schema *schema, const struct migration *migration,
                            int64_t now_ms)
{
    DOC_LOCAL(doc);
    doc_make(&doc, DOC(doc_number("_id", migration->number), doc_word("name", migration->name),
                       doc_word("checksum", migration->checksum), doc_date("applied_at", now_ms)));
    return call_insert(schema->handle, MONGO_MIGRATIONS, &doc, NULL);
}

/* The text is ours, built in: none of what makes JSON a bad way to queries is here. */
static enum result apply(void *context, const struct migration *migration, int64_t now_ms)
{
    struct schema *schema = context;
    bson_error_t error;
    bson_t *file = bson.new_from_json((const uint8_t *)migration->sql,
                                      (ssize_t)strlen(migration->sql), &error);
    if (file == NULL) {
        (void)snprintf(schema->message, schema->message_size, "schema step %s: %s", migration->name,
                       error.message);
        return RESULT_INTERNAL;
    }
    enum result result = run_commands(schema, file);
    bson.destroy(file);
    return result == RESULT_OK ? remember(schema, migration, now_ms) : result;
}

static enum result commit(void *context)
{
    unlock(context);
    return RESULT_OK;
}

static const struct migration_driver driver = {load, begin, apply, commit, unlock};

static struct migration_run run_of(struct schema *schema, const struct store_options *options)
{
    return (struct migration_run){
        .driver = &driver,
        .context = schema,
        .set = &migrations_mongo,
        .now_ms = clock_now_ms(&options->clock),
        .may_apply = options->migrate,
    };
}

static struct schema new_schema(struct mongo_handle *handle, const struct store_options *options,
                                char *message, size_t message_size)
{
    return (struct schema){.handle = handle,
                           .owner = id_new(clock_now_ms(&options->clock)),
                           .message = message,
                           .message_size = message_size};
}

enum result mongo_schema_migrate(struct mongo_handle *handle, const struct store_options *options,
                                 char *message, size_t message_size)
{
    struct schema schema = new_schema(handle, options, message, message_size);
    const struct migration_run run = run_of(&schema, options);
    enum result result = migrate_run(&run, message, message_size);
    mongoc.client_destroy(schema.patient);
    return result;
}

enum result mongo_schema_migrate_by_mode(struct mongo_handle *handle,
                                         const struct store_options *options,
                                         enum store_migrate_mode mode,
                                         const struct store_migrate_watch *watch, char *message,
                                         size_t message_size)
{
    struct schema schema = new_schema(handle, options, message, message_size);
    struct migration_run run = run_of(&schema, options);
    run.may_apply = true;
    run.watch = watch;
    enum result result = migrate_by_mode(
        &run, mode == STORE_MIGRATE_TRY ? STORE_MIGRATE_LOOK : mode, message, message_size);
    mongoc.client_destroy(schema.patient);
    return result;
}
