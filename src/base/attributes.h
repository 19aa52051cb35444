/* Compiler attributes under one name each. */
#ifndef LATCHKEY_BASE_ATTRIBUTES_H
#define LATCHKEY_BASE_ATTRIBUTES_H

/* The caller must look at what the function returns. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* printf-like: the format is parameter f, its first argument a (both from 1). */
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
/* Calls fn(&variable) when the variable goes out of scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))
#define UNUSED __attribute__((unused))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
