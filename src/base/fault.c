#include "base/fault.h"

static void add(struct faults *faults, const char *place, const char *name, const char *code,
                struct view message)
{
    if (faults->count < FAULTS_MAX) {
        faults->items[faults->count] = (struct fault){
            .place = place, .path = {view_of(name)}, .code = code, .message = message};
    }
    faults->count++;
}

void faults_add(struct faults *faults, const char *field, const char *code, struct view message)
{
    add(faults, "body", field, code, message);
}

void faults_add_query(struct faults *faults, const char *name, const char *code,
                      struct view message)
{
    add(faults, "query", name, code, message);
}
