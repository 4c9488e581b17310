/* SPDX-License-Identifier: BSD-2-Clause */
/* The public functions of the table in control/calls.def; see api.h. */
#include "api/api.h"

/* PASS_: as arguments, after the first. */
#define PASS_TEXT(p) , p
#define PASS_TEXTS(p) , p, n_##p
#define PASS_BOOL(p) , p
#define PASS_OPT_BOOL(p) , p
#define PASS_U16(p) , p
#define PASS_U32(p) , p
#define PASS_U64(p) , p
#define PASS_I64(p) , p
#define PASS_REF(object, p) , p
#define PASS_REFS(object, p) , p, n_##p
#define PASS_OPTIONS(type, p) , p
#define PASS_IN_OUT_REF(object, p) , p
#define PASS_IN_OUT_REFS(object, p) , p, n_##p
#define PASS_IN_OUT_NAME(p) , p
#define PASS_OUT_REF(object, p) , p
#define PASS_INFO(type, p) , p
#define PASS_OUT_U16(p) , p
#define PASS_OUT_U64(p) , p
#define PASS_OUT_TEXT(p) , p
#define PASS_OUT_TEXTS(p) , p, n_##p
#define PASS_OUT_REFS(object, p) , p, n_##p
#define PASS_OUT_U16S(p) , p, n_##p
#define PASS_OUT_U64S(p) , p, n_##p
#define PASS_OUT_I64S(p) , p, n_##p
#define PASS_OUT_BOOLS(p) , p, n_##p

#define CALL(name, ...)                                                                                      \
    uint32_t replsvc_##name(replsvc_service *service EACH(DECLARE_, __VA_ARGS__))                            \
    {                                                                                                        \
        return local_##name(service EACH(PASS_, __VA_ARGS__));                                               \
    }
#include "control/calls.def"
