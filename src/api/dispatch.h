/* One request's way: router, gate, decoder, handler, encoder. */
#ifndef LATCHKEY_API_DISPATCH_H
#define LATCHKEY_API_DISPATCH_H

#include <stdint.h>

#include "http/server.h"

/* The callbacks of struct http_app (http/server.h), where they are described; context is a struct
 * api. */
enum http_step dispatch_admit(void *context, struct request *request, struct reply *reply,
                              void *thread_state, struct lane **lane);
void dispatch_run(void *context, struct request *request, struct reply *reply, void *worker_state);
struct lane *dispatch_write(void *context, struct request *const *requests, size_t count,
                            void *worker_state);
void dispatch_busy(void *context, struct request *request, struct reply *reply);
void dispatch_refuse(void *context, const struct request *request, struct reply *reply,
                     enum result result, struct view detail);
void dispatch_finished(void *context, const struct request *request, const struct reply *reply,
                       int64_t duration_us);

#endif
