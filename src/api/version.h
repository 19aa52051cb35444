/* Lost updates (RFC 9110 section 13.1.1): the answer of a versioned row carries the record's
   version as ETag, and a change names in If-Match the one it was made for. */
#ifndef LATCHKEY_API_VERSION_H
#define LATCHKEY_API_VERSION_H

#include "api/row.h"
#include "base/attributes.h"
#include "base/result.h"

/* Sets call->if_version from If-Match, where the row takes it: 0 without the header or for `*`;
   INT64_MAX, which no record has, when none of the tags is one of ours. Of several the highest
   counts: versions only go up, so no older one can be the record's. OK; BAD_REQUEST with detail
   for what is no entity tag. */
MUST_CHECK enum result version_read(struct api_call *call);
/* Passes the result on; with a good one the answer carries the ETag of that version. */
MUST_CHECK enum result version_answer(struct api_call *call, enum result result,
                                      const int64_t *version);

#endif
