/* A simple model of the list of people, for tests of stores: the people in an array, looked at one
   by one and sorted. */
#ifndef LATCHKEY_TESTS_STORE_LIST_MODEL_H
#define LATCHKEY_TESTS_STORE_LIST_MODEL_H

#include "fixture.h"

#define MODEL_PEOPLE 3000 /* at the beginning */
#define MODEL_ROOM (MODEL_PEOPLE + 1000)

struct model {
    struct user people[MODEL_ROOM]; /* by number; one with number 0 is there no more */
    size_t count;
    uint64_t state; /* of model_draw */
};

/* A pseudo-random number below `below`, the same in every run. */
uint64_t model_draw(struct model *m, uint64_t below);
/* Makes people with many ties, missing values and letters of several scripts, in store and model.
 */
void model_populate(struct fixture *f, struct model *m);
/* Those that match, in order. */
size_t model_list(const struct model *m, struct user_list_request *request,
                  const struct user *out[MODEL_ROOM]);
/* One filter or two, one sort or several, some limit. */
void model_draw_request(struct model *m, struct user_list_request *request);
/* From page to page by position (backward too): all there is, once, in order, with its total. */
void model_check_walk(struct fixture *f, struct user_list_request request,
                      const struct user *const *expected, size_t count);
/* One page by offset, without total. */
void model_check_offset(struct fixture *f, struct model *m, struct user_list_request request,
                        const struct user *const *expected, size_t count);

#endif
