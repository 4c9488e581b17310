/* SPDX-License-Identifier: BSD-2-Clause */
/* The public functions of the table in control/calls.def; see api.h. */
#include "api/api.h"
#include "control/client.h"

/* FILL_: as values of the fields of struct args_NAME. */
#define FILL_ONE(p) p,
#define FILL_MANY(p) p, n_##p,
#define FILL_TEXT(p) FILL_ONE(p)
#define FILL_TEXTS(p) FILL_MANY(p)
#define FILL_BOOL(p) FILL_ONE(p)
#define FILL_OPT_BOOL(p) FILL_ONE(p)
#define FILL_U16(p) FILL_ONE(p)
#define FILL_U32(p) FILL_ONE(p)
#define FILL_U64(p) FILL_ONE(p)
#define FILL_I64(p) FILL_ONE(p)
#define FILL_REF(object, p) FILL_ONE(p)
#define FILL_REFS(object, p) FILL_MANY(p)
#define FILL_OPTIONS(type, p) FILL_ONE(p)
#define FILL_IN_OUT_REF(object, p) FILL_ONE(p)
#define FILL_IN_OUT_REFS(object, p) FILL_MANY(p)
#define FILL_IN_OUT_NAME(p) FILL_ONE(p)
#define FILL_OUT_REF(object, p) FILL_ONE(p)
#define FILL_INFO(type, p) FILL_ONE(p)
#define FILL_OUT_U16(p) FILL_ONE(p)
#define FILL_OUT_U64(p) FILL_ONE(p)
#define FILL_OUT_TEXT(p) FILL_ONE(p)
#define FILL_OUT_TEXTS(p) FILL_MANY(p)
#define FILL_OUT_REFS(object, p) FILL_MANY(p)
#define FILL_OUT_U16S(p) FILL_MANY(p)
#define FILL_OUT_U64S(p) FILL_MANY(p)
#define FILL_OUT_I64S(p) FILL_MANY(p)
#define FILL_OUT_BOOLS(p) FILL_MANY(p)

/* PASS_: as arguments, after the first. */
#define PASS_ONE(p) , p
#define PASS_MANY(p) , p, n_##p
#define PASS_TEXT(p) PASS_ONE(p)
#define PASS_TEXTS(p) PASS_MANY(p)
#define PASS_BOOL(p) PASS_ONE(p)
#define PASS_OPT_BOOL(p) PASS_ONE(p)
#define PASS_U16(p) PASS_ONE(p)
#define PASS_U32(p) PASS_ONE(p)
#define PASS_U64(p) PASS_ONE(p)
#define PASS_I64(p) PASS_ONE(p)
#define PASS_REF(object, p) PASS_ONE(p)
#define PASS_REFS(object, p) PASS_MANY(p)
#define PASS_OPTIONS(type, p) PASS_ONE(p)
#define PASS_IN_OUT_REF(object, p) PASS_ONE(p)
#define PASS_IN_OUT_REFS(object, p) PASS_MANY(p)
#define PASS_IN_OUT_NAME(p) PASS_ONE(p)
#define PASS_OUT_REF(object, p) PASS_ONE(p)
#define PASS_INFO(type, p) PASS_ONE(p)
#define PASS_OUT_U16(p) PASS_ONE(p)
#define PASS_OUT_U64(p) PASS_ONE(p)
#define PASS_OUT_TEXT(p) PASS_ONE(p)
#define PASS_OUT_TEXTS(p) PASS_MANY(p)
#define PASS_OUT_REFS(object, p) PASS_MANY(p)
#define PASS_OUT_U16S(p) PASS_MANY(p)
#define PASS_OUT_U64S(p) PASS_MANY(p)
#define PASS_OUT_I64S(p) PASS_MANY(p)
#define PASS_OUT_BOOLS(p) PASS_MANY(p)

/* clang-format off */
#define CALL(name, ...)                                                                                       \
    uint32_t replsvc_##name(replsvc_service *service EACH(DECLARE_, __VA_ARGS__))                             \
    {                                                                                                         \
        if (service != NULL && service->connected != NULL) {                                                  \
            const struct args_##name args = {EACH(FILL_, __VA_ARGS__)};                                       \
            return client_call(service->connected, control_call_##name(), &args);                             \
        }                                                                                                     \
        return local_##name(service EACH(PASS_, __VA_ARGS__));                                                \
    }
/* clang-format on */
#include "control/calls.def"
