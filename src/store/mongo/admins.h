/* There is always one active admin. Two of them may leave at the same moment, each seeing the other
   one stay; so whoever leaves says so first (`leaving`), looks for another admin who does not
   leave, and acts then, only where the mark is still theirs. Of two who leave at once the one with
   the lower id goes on, the other waits. */
#ifndef LATCHKEY_STORE_MONGO_ADMINS_H
#define LATCHKEY_STORE_MONGO_ADMINS_H

#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

/* True for one who is there, active, and holds the role. Pure. */
bool mongo_admins_is_one(const bson_t *user);
/* Marks the person, who is an admin of that version, as leaving, when another one stays. *op names
   the mark: the change that follows must have {"leaving.op": op} in its filter and take the mark
   away. NOT_FOUND: the person has changed meanwhile; LAST_ADMIN; STORE_UNAVAILABLE also when
   another change is in the way for too long. The mark is gone unless OK, or ends by itself. */
MUST_CHECK enum result mongo_admins_leave(struct mongo_handle *handle, const bson_t *user,
                                          struct id *op);
/* Takes the mark back, when what should follow does not. */
void mongo_admins_stay(struct mongo_handle *handle, const struct id *user_id, const struct id *op);

#endif
