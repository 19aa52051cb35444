/* The driver: libpq, loaded when a store of this kind is opened. Its functions are called through
   the table `pq`: pq.getResult() is PQgetResult(). */
#ifndef LATCHKEY_STORE_POSTGRES_DRIVER_H
#define LATCHKEY_STORE_POSTGRES_DRIVER_H

#include <libpq-fe.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/result.h"

/* X(name): every function of libpq that is called. */
#define POSTGRES_DRIVER_PQ(X)                                                                      \
    X(clear)                                                                                       \
    X(cmdTuples)                                                                                   \
    X(connectPoll)                                                                                 \
    X(connectStartParams)                                                                          \
    X(conninfoFree)                                                                                \
    X(conninfoParse)                                                                               \
    X(consumeInput)                                                                                \
    X(enterPipelineMode)                                                                           \
    X(errorMessage)                                                                                \
    X(exitPipelineMode)                                                                            \
    X(finish)                                                                                      \
    X(flush)                                                                                       \
    X(freemem)                                                                                     \
    X(getResult)                                                                                   \
    X(getisnull)                                                                                   \
    X(getlength)                                                                                   \
    X(getvalue)                                                                                    \
    X(isBusy)                                                                                      \
    X(notifies)                                                                                    \
    X(ntuples)                                                                                     \
    X(parameterStatus)                                                                             \
    X(pipelineSync)                                                                                \
    X(resultErrorField)                                                                            \
    X(resultStatus)                                                                                \
    X(sendPrepare)                                                                                 \
    X(sendQuery)                                                                                   \
    X(sendQueryParams)                                                                             \
    X(sendQueryPrepared)                                                                           \
    X(serverVersion)                                                                               \
    X(setNoticeProcessor)                                                                          \
    X(setNoticeReceiver)                                                                           \
    X(setnonblocking)                                                                              \
    X(socket)                                                                                      \
    X(status)                                                                                      \
    X(transactionStatus)

/* Each pointer has the type of the function in the library's own header. */
struct postgres_driver_pq {
#define MEMBER(name) __typeof__(PQ##name) *name;
    POSTGRES_DRIVER_PQ(MEMBER)
#undef MEMBER
};

/* Set by postgres_driver_load, not changed any more from then on. */
extern struct postgres_driver_pq pq;

/* Loads the library with the first call. BAD_REQUEST with a line in message when it cannot be
   loaded, and again with each further call. Thread-safe. */
MUST_CHECK enum result postgres_driver_load(char *message, size_t message_size);

#endif
