/* What is wrong with one part of the input: what a client's form shows beside the field. */
#ifndef LATCHKEY_BASE_FAULT_H
#define LATCHKEY_BASE_FAULT_H

#include <stddef.h>

#include "base/view.h"

#define FAULTS_MAX 16
#define FAULT_PATH_MAX 3

struct fault {
    /* "body", "query", "path", "header"; static; NULL: the body */
    const char *place;
    /* member names or indices, outermost first; empty views: none */
    struct view path[FAULT_PATH_MAX];
    /* stable word: "missing", "unknown_field", "wrong_type", "too_short", "too_long", "too_small",
       "too_large", "not_allowed", "malformed", "duplicate", "common_password"; static */
    const char *code;
    const char *expected; /* with "wrong_type": "string", "integer", … as JSON schema says it;
                             static; NULL: not known */
    struct view message;  /* a sentence */
};

struct faults {
    struct fault items[FAULTS_MAX]; /* those beyond are counted only */
    size_t count;                   /* all, may be above FAULTS_MAX; zero the struct to start */
};

/* Adds one about a member of the body; field and code are static texts, message is borrowed.
   Not thread-safe. */
void faults_add(struct faults *faults, const char *field, const char *code, struct view message);
/* The same about a parameter of the query. */
void faults_add_query(struct faults *faults, const char *name, const char *code,
                      struct view message);

#endif
