/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one way to fail: leaves this thread's error (replsvc_last_error) and returns the code, so that a
 * check reads `return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetGroup", "group %s …", id);`.
 */
#ifndef RSVC_UTIL_FAIL_H
#define RSVC_UTIL_FAIL_H

#include <stdint.h>

#include <replsvc/service.h>

/* parameter: CIM name of the parameter at fault, or NULL. err: positive errno behind it (its text is
 * appended to the sentence), or 0. */
uint32_t svc_fail(uint32_t code, int err, const char *parameter, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Same, from a backend's negative errno; the sentence that the backend left is appended. The code follows
 * from the errno: -EOPNOTSUPP Not Supported, -EBUSY In Use, -ETIMEDOUT Timeout; what another path would
 * cure (-ENOENT, -EACCES, -EINVAL ...) Invalid Parameter if a parameter is named; else Failed. */
uint32_t svc_fail_backend(int negative_errno, const char *parameter, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* An error that was kept (a copy of replsvc_last_error) is this thread's again; its code. */
uint32_t svc_fail_again(const replsvc_error *why);
/* Forgets the error (at the start of every API call). */
void svc_clear_error(void);
/* This thread's backend sentence, or "" (cleared by svc_clear_error). */
const char *svc_backend_error(void);

#endif
