/* The driver's library, once a process: its start, and its messages in our log. */
#ifndef LATCHKEY_STORE_MONGO_DRIVER_H
#define LATCHKEY_STORE_MONGO_DRIVER_H

#include "base/log.h"

/* Starts the library with the first call. Its messages go to log from now on (NULL: nowhere).
   Thread-safe. */
void mongo_driver_start(const struct log *log);
/* log goes away: messages for it are dropped. Thread-safe. */
void mongo_driver_forget(const struct log *log);

#endif
