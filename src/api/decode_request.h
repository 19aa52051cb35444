#ifndef LATCHKEY_API_DECODE_REQUEST_H
#define LATCHKEY_API_DECODE_REQUEST_H

#include "api/row.h"
#include "base/attributes.h"
#include "base/result.h"

/* Decodes query and body of call->request by call->row into call->query and call->body (in the
   arena). OK; BAD_REQUEST, MALFORMED_JSON, MALFORMED_FORM, UNSUPPORTED_MEDIA_TYPE with
   call->service.detail; INVALID with call->service.faults, those of query and body together;
   INTERNAL when out of memory. Any thread, one call at a time. */
MUST_CHECK enum result decode_request(struct api_call *call);
/* Looks at the path parameters, which stay texts. OK; INVALID with faults for one that is no whole
   number where one is expected; NOT_FOUND for one that cannot name anything (row.h). */
MUST_CHECK enum result decode_params(struct api_call *call);

#endif
