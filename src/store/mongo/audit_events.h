/* Audit events: appended, read, purged when they are old. */
#ifndef LATCHKEY_STORE_MONGO_AUDIT_EVENTS_H
#define LATCHKEY_STORE_MONGO_AUDIT_EVENTS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* Slots of the back end: see store.h. */
enum result mongo_audit_events_append(struct store_handle *handle, const struct audit_event *event);
enum result mongo_audit_events_list(struct store_handle *handle, const struct audit_query *query,
                                    struct arena *arena, struct audit_page *out);

/* Appends the event of an operation that has been decided (NULL: none): what is done is done, so a
   failure is logged and that is all. */
void mongo_audit_events_follow(struct mongo_handle *handle, const struct audit_event *event);
/* The event as a document, names as they are given. */
void mongo_audit_events_make(const struct audit_event *event, bson_t *out);
/* What a document of the collection says. INTERNAL when the arena is full. */
MUST_CHECK enum result mongo_audit_events_of_doc(const bson_t *doc, struct arena *arena,
                                                 struct audit_event *out);

#endif
