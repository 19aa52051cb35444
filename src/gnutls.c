/* libmicrohttpd brings GnuTLS along for an HTTPS that this program does not serve, and both start
   it before main: 1 MiB of memory for nothing. The dynamic linker finds the functions below before
   theirs. Who asks for GnuTLS later (libldap, for libpq) gets it: ADR 0017. */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* GnuTLS's own names; it has a macro for the first, GNUTLS_SKIP_GLOBAL_INIT. */
int _gnutls_global_init_skip(void);
int gnutls_global_init(void);

static bool libraries_have_started;

/* The program's comes after those of all libraries. */
__attribute__((constructor)) static void note_start(void)
{
    libraries_have_started = true;
}

/* Asked by GnuTLS's constructor. */
int _gnutls_global_init_skip(void)
{
    return 1;
}

/* Called by libmicrohttpd's constructor. */
int gnutls_global_init(void)
{
    void *address = libraries_have_started ? dlsym(RTLD_NEXT, "gnutls_global_init") : NULL;
    int (*start)(void);
    memcpy(&start, &address, sizeof start);
    return start != NULL ? start() : 0;
}
