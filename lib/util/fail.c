/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * This thread's error. One record and one backend sentence per thread, both fixed arrays: failing must
 * work when memory is short. A message that does not fit is cut, never lost.
 */
#include "util/fail.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <replsvc/backend.h>
#include <replsvc/service.h>

#include "util/alloc.h"

static _Thread_local replsvc_error last_error;
static _Thread_local char backend_error[512];

static void append(const char *text)
{
    size_t used = strlen(last_error.message);
    (void)snprintf(last_error.message + used, sizeof last_error.message - used, "%s", text);
}

static void set_error(uint32_t code, int err, const char *parameter, const char *format, va_list args)
    __attribute__((format(printf, 4, 0)));

static void set_error(uint32_t code, int err, const char *parameter, const char *format, va_list args)
{
    /* Formatted aside first: the arguments may point into the last error. */
    char message[sizeof last_error.message], name[sizeof last_error.parameter];
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    (void)snprintf(name, sizeof name, "%s", parameter ? parameter : "");

    last_error.size = sizeof last_error;
    last_error.code = code;
    last_error.system_errno = err;
    (void)snprintf(last_error.message_id, sizeof last_error.message_id, "RSVC%04u", (unsigned)code);
    memcpy(last_error.parameter, name, sizeof name);
    memcpy(last_error.message, message, sizeof message);
}

uint32_t svc_fail(uint32_t code, int err, const char *parameter, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    set_error(code, err, parameter, format, args);
    va_end(args);
    if (err) {
        append(": ");
        append(strerror(err));
    }
    return code;
}

/* What a caller can do about it decides the code: another argument, another time, or nothing. */
static uint32_t code_of_errno(int err, bool has_parameter)
{
    switch (err) {
    case EOPNOTSUPP:
        return REPLSVC_NOT_SUPPORTED;
    case EBUSY:
    case ETXTBSY:
        return REPLSVC_IN_USE;
    case ETIMEDOUT:
        return REPLSVC_TIMEOUT;
    case EINVAL:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case ELOOP:
    case EACCES:
    case EPERM:
    case EEXIST:
    case ENODEV:
    case ENXIO:
    case ENAMETOOLONG:
    case EXDEV:
        return has_parameter ? REPLSVC_INVALID_PARAMETER : REPLSVC_FAILED;
    default:
        return REPLSVC_FAILED;
    }
}

uint32_t svc_fail_backend(int negative_errno, const char *parameter, const char *format, ...)
{
    uint32_t code = code_of_errno(-negative_errno, parameter != NULL);
    va_list args;
    va_start(args, format);
    set_error(code, -negative_errno, parameter, format, args);
    va_end(args);
    append(": ");
    append(backend_error[0] ? backend_error : strerror(-negative_errno));
    return code;
}

uint32_t svc_fail_again(const replsvc_error *why)
{
    last_error = *why;
    return why->code;
}

void svc_clear_error(void)
{
    last_error.size = sizeof last_error;
    last_error.code = REPLSVC_OK;
    last_error.system_errno = 0;
    last_error.message_id[0] = last_error.parameter[0] = last_error.message[0] = '\0';
    backend_error[0] = '\0';
}

const char *svc_backend_error(void)
{
    return backend_error;
}

void replsvc_backend_set_error(const char *format, ...)
{
    char message[sizeof backend_error];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    memcpy(backend_error, message, sizeof message);
}

const replsvc_error *replsvc_last_error(void)
{
    last_error.size = sizeof last_error;
    return &last_error;
}

const char *replsvc_strerror(uint32_t code)
{
    switch (code) {
    case REPLSVC_OK:
        return "Completed with no error";
    case REPLSVC_NOT_SUPPORTED:
        return "Not supported";
    case REPLSVC_UNKNOWN:
        return "Unknown error";
    case REPLSVC_TIMEOUT:
        return "Timeout";
    case REPLSVC_FAILED:
        return "Failed";
    case REPLSVC_INVALID_PARAMETER:
        return "Invalid parameter";
    case REPLSVC_IN_USE:
        return "In use";
    case REPLSVC_DELETE_GROUP_IN_RELATIONSHIP: /* or REPLSVC_MEMBERS_NO_SUCH_GROUP: by method */
        return "The group does not exist, or an element of it is in a relationship";
    case REPLSVC_MEMBERS_NOT_A_MEMBER:
        return "The element is not a member of the group";
    case REPLSVC_JOB_STARTED:
        return "Method parameters checked - job started";
    case REPLSVC_INVALID_STATE_TRANSITION:
        return "Invalid state transition";
    default:
        return "Unknown return code";
    }
}

void replsvc_free(void *list)
{
    mem_free(list);
}
