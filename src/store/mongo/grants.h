/* Roles that people are given. A role may be deleted at the same moment; so whoever gives one
   writes the person first and confirms the role then, and whoever deletes one marks it first and
   looks for holders then (role_write.c): at least one of the two sees the other. */
#ifndef LATCHKEY_STORE_MONGO_GRANTS_H
#define LATCHKEY_STORE_MONGO_GRANTS_H

#include "model/limits.h"
#include "store/mongo/connection.h"
#include "store/mongo/doc.h"

struct grant {
    struct id id;
    struct view name;
    bool built_in; /* never deleted */
};

/* By name, each once. Names are borrowed. */
struct grants {
    struct grant items[USER_ROLES_MAX];
    size_t count;
};

/* The roles of these names, which must have these ids (NULL: whichever they have). INVALID when one
   of them does not exist. */
MUST_CHECK enum result mongo_grants_find(struct mongo_handle *handle, const struct view *names,
                                         const struct id *ids, size_t count, struct grants *out);
/* All roles there are, for many people. Names are in the arena. */
struct grant_choice {
    struct grant *items;
    size_t count;
};
MUST_CHECK enum result mongo_grants_read_all(struct mongo_handle *handle, struct arena *arena,
                                             struct grant_choice *out);
/* As mongo_grants_find, from what was read. Pure. */
MUST_CHECK enum result mongo_grants_pick(const struct grant_choice *choice,
                                         const struct view *names, const struct id *ids,
                                         size_t count, struct grants *out);
/* After the person was written: are they all there still, and will stay? A deletion under way that
   has not looked for holders, or would not see this one, is stopped by this. INVALID when one is
   gone. */
MUST_CHECK enum result mongo_grants_confirm(struct mongo_handle *handle,
                                            const struct grants *grants);
/* The same for one role. */
MUST_CHECK enum result mongo_grants_confirm_role(struct mongo_handle *handle,
                                                 const struct id *role_id);
/* Takes roles that are there no more from the person, and says so in the feed. */
MUST_CHECK enum result mongo_grants_drop(struct mongo_handle *handle, const struct id *user_id,
                                         int64_t now_ms);
/* The member "roles" of a person. */
void mongo_grants_write(const struct grants *grants, bson_t *out);
/* Those a person's document has. Names are in the arena. */
MUST_CHECK enum result mongo_grants_read(const bson_t *user, struct arena *arena,
                                         struct grants *out);
bool mongo_grants_include(const struct grants *grants, const struct id *role_id);

#endif
