/* Inside api/ only: hashes that stand where a password in clear may. */
#ifndef LATCHKEY_API_IMPORT_PASSWORD_H
#define LATCHKEY_API_IMPORT_PASSWORD_H

#include <stdbool.h>

#include "base/view.h"

/* Whether it looks like what programs store instead of a password, of whatever kind: crypt(3)'s and
   passlib's $ID$…, NAME$SALT$… (Django, Werkzeug), {SCHEME}… (LDAP, Spring), 32 hexadecimal digits
   or more in a row, the base64 of a digest. Taken for a password in clear it would become the
   password: whoever has seen the table could log in with it. A hash without any mark, as the 13
   characters of DES, is not seen. Pure. */
bool import_password_is_hash(struct view password);

#endif
