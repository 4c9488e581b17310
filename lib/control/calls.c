/* SPDX-License-Identifier: BSD-2-Clause */
/* The table as data; see calls.h. */
#include "control/calls.h"

#include <string.h>

#include "api/api.h"

/* DESCRIBE_: as entries of an array of struct control_parameter; `args` is the struct of arguments. */
#define ONE(kind, p, size) {PARAMETER_##kind, size, offsetof(args, p), 0},
#define MANY(kind, p, size) {PARAMETER_##kind, size, offsetof(args, p), offsetof(args, n_##p)},
#define DESCRIBE_TEXT(p) ONE(TEXT, p, 0)
#define DESCRIBE_TEXTS(p) MANY(TEXTS, p, sizeof(char *))
#define DESCRIBE_BOOL(p) ONE(BOOL, p, sizeof(bool))
#define DESCRIBE_OPT_BOOL(p) ONE(NUMBER, p, sizeof(replsvc_opt_bool))
#define DESCRIBE_U16(p) ONE(NUMBER, p, sizeof(uint16_t))
#define DESCRIBE_U32(p) ONE(NUMBER, p, sizeof(uint32_t))
#define DESCRIBE_U64(p) ONE(NUMBER, p, sizeof(uint64_t))
#define DESCRIBE_I64(p) ONE(NUMBER, p, sizeof(int64_t))
#define DESCRIBE_REF(object, p) ONE(FIXED, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_REFS(object, p) MANY(FIXEDS, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_OPTIONS(type, p) ONE(OPTIONS, p, sizeof(type))
#define DESCRIBE_IN_OUT_REF(object, p) ONE(IN_OUT, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_IN_OUT_REFS(object, p) MANY(IN_OUTS, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_IN_OUT_NAME(p) ONE(IN_OUT, p, sizeof(replsvc_name))
#define DESCRIBE_OUT_REF(object, p) ONE(OUT, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_INFO(type, p) ONE(INFO, p, sizeof(type))
#define DESCRIBE_OUT_U16(p) ONE(OUT_NUMBER, p, sizeof(uint16_t))
#define DESCRIBE_OUT_U64(p) ONE(OUT_NUMBER, p, sizeof(uint64_t))
#define DESCRIBE_OUT_TEXT(p) ONE(OUT_TEXT, p, 0)
#define DESCRIBE_OUT_TEXTS(p) MANY(OUT_TEXTS, p, sizeof(char *))
#define DESCRIBE_OUT_REFS(object, p) MANY(OUT_FIXEDS, p, sizeof(replsvc_##object##_ref))
#define DESCRIBE_OUT_U16S(p) MANY(OUT_NUMBERS, p, sizeof(uint16_t))
#define DESCRIBE_OUT_U64S(p) MANY(OUT_NUMBERS, p, sizeof(uint64_t))
#define DESCRIBE_OUT_I64S(p) MANY(OUT_NUMBERS, p, sizeof(int64_t))
#define DESCRIBE_OUT_BOOLS(p) MANY(OUT_BOOLS, p, sizeof(bool))

/* FROM_: as arguments, after the first, out of the struct `a`. */
#define FROM_ONE(p) , a->p
#define FROM_MANY(p) , a->p, a->n_##p
#define FROM_TEXT(p) FROM_ONE(p)
#define FROM_TEXTS(p) FROM_MANY(p)
#define FROM_BOOL(p) FROM_ONE(p)
#define FROM_OPT_BOOL(p) FROM_ONE(p)
#define FROM_U16(p) FROM_ONE(p)
#define FROM_U32(p) FROM_ONE(p)
#define FROM_U64(p) FROM_ONE(p)
#define FROM_I64(p) FROM_ONE(p)
#define FROM_REF(object, p) FROM_ONE(p)
#define FROM_REFS(object, p) FROM_MANY(p)
#define FROM_OPTIONS(type, p) FROM_ONE(p)
#define FROM_IN_OUT_REF(object, p) FROM_ONE(p)
#define FROM_IN_OUT_REFS(object, p) FROM_MANY(p)
#define FROM_IN_OUT_NAME(p) FROM_ONE(p)
#define FROM_OUT_REF(object, p) FROM_ONE(p)
#define FROM_INFO(type, p) FROM_ONE(p)
#define FROM_OUT_U16(p) FROM_ONE(p)
#define FROM_OUT_U64(p) FROM_ONE(p)
#define FROM_OUT_TEXT(p) FROM_ONE(p)
#define FROM_OUT_TEXTS(p) FROM_MANY(p)
#define FROM_OUT_REFS(object, p) FROM_MANY(p)
#define FROM_OUT_U16S(p) FROM_MANY(p)
#define FROM_OUT_U64S(p) FROM_MANY(p)
#define FROM_OUT_I64S(p) FROM_MANY(p)
#define FROM_OUT_BOOLS(p) FROM_MANY(p)

/* clang-format off */
#define CALL(name, ...)                                                                                       \
    static uint32_t serve_##name(replsvc_service *service, const void *args)                                  \
    {                                                                                                         \
        const struct args_##name *a = args;                                                                   \
        return local_##name(service EACH(FROM_, __VA_ARGS__));                                                \
    }                                                                                                         \
    const struct control_call *control_call_##name(void)                                                      \
    {                                                                                                         \
        typedef struct args_##name args;                                                                      \
        static const struct control_parameter parameters[] = {EACH(DESCRIBE_, __VA_ARGS__)};                  \
        static const struct control_call call = {#name, sizeof(args), parameters,                             \
                                                 sizeof(parameters) / sizeof(parameters[0]), serve_##name};   \
        _Static_assert(sizeof(parameters) / sizeof(parameters[0]) <= CONTROL_MAX_PARAMETERS, "too many");     \
        _Static_assert(sizeof(args) <= CONTROL_MAX_ARGS, "too large");                                        \
        return &call;                                                                                         \
    }
/* clang-format on */
#include "control/calls.def"
#undef CALL

static const struct control_call *(*const calls[])(void) = {
#define CALL(name, ...) control_call_##name,
#include "control/calls.def"
#undef CALL
};

const struct control_call *control_call_at(size_t i)
{
    return i < sizeof(calls) / sizeof(calls[0]) ? calls[i]() : NULL;
}

const struct control_call *control_call_find(const char *name)
{
    const struct control_call *call;
    for (size_t i = 0; (call = control_call_at(i)) != NULL; i++)
        if (strcmp(call->name, name) == 0)
            return call;
    return NULL;
}
