/* Every limit of stored values in one place. Lengths of text for people count code points, the
 * others bytes. */
#ifndef LATCHKEY_MODEL_LIMITS_H
#define LATCHKEY_MODEL_LIMITS_H

#define USERNAME_MIN_BYTES 3
#define USERNAME_MAX_BYTES 64
#define EMAIL_MIN_BYTES 3
#define EMAIL_MAX_BYTES 254 /* RFC 5321 section 4.5.3.1.3 less the brackets */
#define NAME_MAX_CHARS 200
#define AGE_MAX 150
#define METADATA_MAX_BYTES 8192
#define USER_AGENT_MAX_BYTES 256
#define ADDRESS_MAX_BYTES 46 /* INET6_ADDRSTRLEN */
#define ROLE_NAME_MAX_BYTES 64
#define USER_ROLES_MAX 32
#define ROLE_DESCRIPTION_MAX_CHARS 500
#define ROLE_PERMISSIONS_MAX 64
#define ROLES_MAX 500 /* all roles are in the memory of every process */
#define PERMISSION_MAX_BYTES 64
#define SESSIONS_PER_USER_MAX 200 /* a log-in beyond it ends the one unused for longest */
#define PRODUCT_NAME_MAX_CHARS 200
#define PRODUCT_DESCRIPTION_MAX_CHARS 10000
#define PRODUCT_PAGE_BYTES (2 * 1024 * 1024) /* a page with more text ends there */
#define SEARCH_MAX_CHARS 200
#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 1000

#define ROLE_ADMIN "admin"
#define ROLE_USER "user"

#endif
