#include "base/fault.h"

void faults_add(struct faults *faults, const char *field, const char *code, struct view message)
{
    if (faults->count < FAULTS_MAX) {
        faults->items[faults->count] = (struct fault){
            .place = "body", .path = {view_of(field)}, .code = code, .message = message};
    }
    faults->count++;
}
