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

#endif
