/* Inside service/ only: the commonest passwords, built in (ASVS 6.2.4, 6.2.11; CHECKLIST P08).
 * Pure. */
#ifndef LATCHKEY_SERVICE_BLOCKLIST_H
#define LATCHKEY_SERVICE_BLOCKLIST_H

#include <stdbool.h>

#include "base/view.h"

/* True for one on the list, in any case of ASCII letters. */
bool blocklist_has(struct view password);

#endif
