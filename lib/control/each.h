/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EACH(PREFIX_, TEXT(a), U16(b)) is PREFIX_TEXT(a) PREFIX_U16(b): how a row of calls.def becomes a list of
 * parameters, of arguments, of fields ... The prefixes that several files need are here, the others beside
 * their use.
 */
#ifndef RSVC_CONTROL_EACH_H
#define RSVC_CONTROL_EACH_H

/* DECLARE_: as parameters of a prototype, after the first. */
#define DECLARE_TEXT(p) , const char *p
#define DECLARE_TEXTS(p) , const char *const p[], size_t n_##p
#define DECLARE_BOOL(p) , bool p
#define DECLARE_OPT_BOOL(p) , replsvc_opt_bool p
#define DECLARE_U16(p) , uint16_t p
#define DECLARE_U32(p) , uint32_t p
#define DECLARE_U64(p) , uint64_t p
#define DECLARE_I64(p) , int64_t p
#define DECLARE_REF(object, p) , const replsvc_##object##_ref *p
#define DECLARE_REFS(object, p) , const replsvc_##object##_ref p[], size_t n_##p
#define DECLARE_OPTIONS(type, p) , const type *p
#define DECLARE_IN_OUT_REF(object, p) , replsvc_##object##_ref *p
#define DECLARE_IN_OUT_REFS(object, p) , replsvc_##object##_ref p[], size_t n_##p
#define DECLARE_IN_OUT_NAME(p) , replsvc_name *p
#define DECLARE_OUT_REF(object, p) , replsvc_##object##_ref *p
#define DECLARE_INFO(type, p) , type *p
#define DECLARE_OUT_U16(p) , uint16_t *p
#define DECLARE_OUT_U64(p) , uint64_t *p
#define DECLARE_OUT_TEXT(p) , char **p
#define DECLARE_OUT_TEXTS(p) , char ***p, size_t *n_##p
#define DECLARE_OUT_REFS(object, p) , replsvc_##object##_ref **p, size_t *n_##p
#define DECLARE_OUT_U16S(p) , uint16_t **p, size_t *n_##p
#define DECLARE_OUT_U64S(p) , uint64_t **p, size_t *n_##p
#define DECLARE_OUT_I64S(p) , int64_t **p, size_t *n_##p
#define DECLARE_OUT_BOOLS(p) , bool **p, size_t *n_##p

/* clang-format off */
#define EACH_1(P, a) P##a
#define EACH_2(P, a, ...) P##a EACH_1(P, __VA_ARGS__)
#define EACH_3(P, a, ...) P##a EACH_2(P, __VA_ARGS__)
#define EACH_4(P, a, ...) P##a EACH_3(P, __VA_ARGS__)
#define EACH_5(P, a, ...) P##a EACH_4(P, __VA_ARGS__)
#define EACH_6(P, a, ...) P##a EACH_5(P, __VA_ARGS__)
#define EACH_7(P, a, ...) P##a EACH_6(P, __VA_ARGS__)
#define EACH_8(P, a, ...) P##a EACH_7(P, __VA_ARGS__)
#define EACH_9(P, a, ...) P##a EACH_8(P, __VA_ARGS__)
#define EACH_10(P, a, ...) P##a EACH_9(P, __VA_ARGS__)
#define EACH_11(P, a, ...) P##a EACH_10(P, __VA_ARGS__)
#define EACH_12(P, a, ...) P##a EACH_11(P, __VA_ARGS__)
#define EACH_13(P, a, ...) P##a EACH_12(P, __VA_ARGS__)
#define EACH_14(P, a, ...) P##a EACH_13(P, __VA_ARGS__)
#define EACH_15(P, a, ...) P##a EACH_14(P, __VA_ARGS__)
#define EACH_16(P, a, ...) P##a EACH_15(P, __VA_ARGS__)
#define EACH_17(P, a, ...) P##a EACH_16(P, __VA_ARGS__)
#define EACH_18(P, a, ...) P##a EACH_17(P, __VA_ARGS__)
#define EACH_19(P, a, ...) P##a EACH_18(P, __VA_ARGS__)
#define EACH_20(P, a, ...) P##a EACH_19(P, __VA_ARGS__)
#define EACH_21(P, a, ...) P##a EACH_20(P, __VA_ARGS__)
#define EACH_22(P, a, ...) P##a EACH_21(P, __VA_ARGS__)
#define EACH_23(P, a, ...) P##a EACH_22(P, __VA_ARGS__)
#define EACH_24(P, a, ...) P##a EACH_23(P, __VA_ARGS__)
#define EACH_PICK(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, EACH_N, ...) EACH_N
#ifdef __cppcheck__ /* which does not expand what ## has made */
#define EACH(P, ...)
#else
#define EACH(P, ...)                                                                                          \
    EACH_PICK(__VA_ARGS__, EACH_24, EACH_23, EACH_22, EACH_21, EACH_20, EACH_19, EACH_18, EACH_17, EACH_16,   \
              EACH_15, EACH_14, EACH_13, EACH_12, EACH_11, EACH_10, EACH_9, EACH_8, EACH_7, EACH_6, EACH_5,   \
              EACH_4, EACH_3, EACH_2, EACH_1, )(P, __VA_ARGS__)
#endif
/* clang-format on */

#endif
