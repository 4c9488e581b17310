/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of calls.def as data: for each function, where each of its parameters lies in a struct of its
 * arguments (struct args_NAME), of what kind it is, and how to call it. Everything that goes through the
 * control socket is driven by this; nothing there knows a function by name.
 */
#ifndef RSVC_CONTROL_CALLS_H
#define RSVC_CONTROL_CALLS_H

#include <stddef.h>

#include <replsvc/replsvc.h>

#include "control/each.h"

enum parameter_kind {
    PARAMETER_TEXT,        /* const char * */
    PARAMETER_TEXTS,       /* const char *const *, and how many */
    PARAMETER_BOOL,        /* bool */
    PARAMETER_NUMBER,      /* of size bytes */
    PARAMETER_FIXED,       /* const pointer to a text in an array of size bytes: a reference */
    PARAMETER_FIXEDS,      /* an array of such, and how many */
    PARAMETER_OPTIONS,     /* const pointer to a struct with its size in front */
    PARAMETER_IN_OUT,      /* pointer to a text in an array of size bytes */
    PARAMETER_IN_OUTS,     /* an array of such, and how many */
    PARAMETER_OUT,         /* the same, only out */
    PARAMETER_INFO,        /* pointer to a struct with its size in front, which this library knows as size */
    PARAMETER_OUT_NUMBER,  /* pointer to a number of size bytes */
    PARAMETER_OUT_TEXT,    /* char ** */
    PARAMETER_OUT_TEXTS,   /* char ***, and where to put how many */
    PARAMETER_OUT_FIXEDS,  /* pointer to an array of texts of size bytes, and where to put how many */
    PARAMETER_OUT_NUMBERS, /* pointer to an array of numbers, and where to put how many */
    PARAMETER_OUT_BOOLS    /* the same with bool */
};

struct control_parameter {
    enum parameter_kind kind;
    size_t size; /* see the kind */
    size_t at;   /* where it lies in the struct of arguments */
    size_t n_at; /* where its size_t (of a list that comes out: size_t *) lies, or 0 */
};

#define CONTROL_MAX_PARAMETERS 24u
#define CONTROL_MAX_ARGS 512u /* bytes of a struct args_NAME */

struct control_call {
    const char *name; /* without replsvc_ */
    size_t args_size;
    const struct control_parameter *parameters;
    size_t n_parameters;
    uint32_t (*serve)(replsvc_service *service, const void *args); /* args: its struct args_NAME */
};

/* FIELD_: as fields of struct args_NAME. */
#define FIELD_TEXT(p) const char *p;
#define FIELD_TEXTS(p)                                                                                       \
    const char *const *p;                                                                                    \
    size_t n_##p;
#define FIELD_BOOL(p) bool p;
#define FIELD_OPT_BOOL(p) replsvc_opt_bool p;
#define FIELD_U16(p) uint16_t p;
#define FIELD_U32(p) uint32_t p;
#define FIELD_U64(p) uint64_t p;
#define FIELD_I64(p) int64_t p;
#define FIELD_REF(object, p) const replsvc_##object##_ref *p;
#define FIELD_REFS(object, p)                                                                                \
    const replsvc_##object##_ref *p;                                                                         \
    size_t n_##p;
#define FIELD_OPTIONS(type, p) const type *p;
#define FIELD_IN_OUT_REF(object, p) replsvc_##object##_ref *p;
#define FIELD_IN_OUT_REFS(object, p)                                                                         \
    replsvc_##object##_ref *p;                                                                               \
    size_t n_##p;
#define FIELD_IN_OUT_NAME(p) replsvc_name *p;
#define FIELD_OUT_REF(object, p) replsvc_##object##_ref *p;
#define FIELD_INFO(type, p) type *p;
#define FIELD_OUT_U16(p) uint16_t *p;
#define FIELD_OUT_U64(p) uint64_t *p;
#define FIELD_OUT_TEXT(p) char **p;
#define FIELD_LIST(type, p)                                                                                  \
    type **p;                                                                                                \
    size_t *n_##p;
#define FIELD_OUT_TEXTS(p) FIELD_LIST(char *, p)
#define FIELD_OUT_REFS(object, p) FIELD_LIST(replsvc_##object##_ref, p)
#define FIELD_OUT_U16S(p) FIELD_LIST(uint16_t, p)
#define FIELD_OUT_U64S(p) FIELD_LIST(uint64_t, p)
#define FIELD_OUT_I64S(p) FIELD_LIST(int64_t, p)
#define FIELD_OUT_BOOLS(p) FIELD_LIST(bool, p)

#define CALL(name, ...)                                                                                      \
    struct args_##name {                                                                                     \
        EACH(FIELD_, __VA_ARGS__)                                                                            \
    };                                                                                                       \
    const struct control_call *control_call_##name(void);
#include "control/calls.def"
#undef CALL

/* The i-th of the table; NULL: it has fewer. */
const struct control_call *control_call_at(size_t i);
/* By name; NULL: there is none. */
const struct control_call *control_call_find(const char *name);

#endif
