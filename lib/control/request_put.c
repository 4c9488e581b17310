/* SPDX-License-Identifier: BSD-2-Clause */
/* The arguments of a call as the body of a message; see marshal.h. */
#include <errno.h>
#include <string.h>

#include "control/marshal.h"
#include "control/message.h"
#include "util/fail.h"

#define MAX_OPTIONS 4096u /* bytes of an options struct */

static uint64_t number(const void *at, size_t size)
{
    uint64_t v = 0;
    if (size == sizeof(uint16_t)) {
        uint16_t v16;
        memcpy(&v16, at, sizeof(v16));
        v = v16;
    } else if (size == sizeof(uint32_t)) {
        uint32_t v32;
        memcpy(&v32, at, sizeof(v32));
        v = v32;
    } else {
        memcpy(&v, at, sizeof(v));
    }
    return v;
}

static void put_text(struct codec_writer *w, uint16_t tag, const char *text)
{
    codec_put_bytes(w, tag, text, text != NULL ? strlen(text) + 1 : 0);
}

/* A reference that lacks its NUL goes over as it is, for the other side to refuse. */
static void put_fixed(struct codec_writer *w, uint16_t tag, const void *fixed, size_t size)
{
    codec_put_bytes(w, tag, fixed, strnlen(fixed, size));
}

static void put_array(struct codec_writer *w, const struct control_parameter *p, size_t i, const void *array,
                      size_t n)
{
    if (n != 0)
        codec_put_u64(w, TAG_COUNT(i), n);
    if (array == NULL)
        return;
    if (n > MESSAGE_MAX_REQUEST) /* each entry takes more than a byte */
        w->err = -EMSGSIZE;
    for (size_t k = 0; k < n && w->err == 0 && w->len <= MESSAGE_MAX_REQUEST; k++) {
        const char *entry = (const char *)array + k * p->size;
        if (p->kind == PARAMETER_TEXTS)
            put_text(w, TAG_VALUE(i), *(const char *const *)(const void *)entry);
        else
            put_fixed(w, TAG_VALUE(i), entry, p->size);
    }
}

/* A size that is too small for itself goes over alone. */
static uint32_t put_options(struct codec_writer *w, size_t i, const void *options)
{
    uint32_t size;
    memcpy(&size, options, sizeof(size));
    if (size > MAX_OPTIONS)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "a struct says that it has %u bytes",
                        (unsigned)size);
    codec_put_bytes(w, TAG_VALUE(i), options, size < sizeof(size) ? sizeof(size) : size);
    return REPLSVC_OK;
}

static uint32_t put_parameter(struct codec_writer *w, const struct control_parameter *p, size_t i,
                              const char *args)
{
    const void *at = args + p->at, *pointer = NULL;
    size_t n = 0;
    if (p->kind != PARAMETER_BOOL && p->kind != PARAMETER_NUMBER)
        memcpy(&pointer, at, sizeof(pointer));
    switch (p->kind) {
    case PARAMETER_TEXT:
        put_text(w, TAG_VALUE(i), pointer);
        break;
    case PARAMETER_BOOL:
        codec_put_bool(w, TAG_VALUE(i), *(const bool *)at);
        break;
    case PARAMETER_NUMBER:
        codec_put_u64(w, TAG_VALUE(i), number(at, p->size));
        break;
    case PARAMETER_FIXED:
    case PARAMETER_IN_OUT:
        if (pointer != NULL)
            put_fixed(w, TAG_VALUE(i), pointer, p->size);
        break;
    case PARAMETER_TEXTS:
    case PARAMETER_FIXEDS:
    case PARAMETER_IN_OUTS:
        memcpy(&n, args + p->n_at, sizeof(n));
        put_array(w, p, i, pointer, n);
        break;
    case PARAMETER_OPTIONS:
        return pointer != NULL ? put_options(w, i, pointer) : REPLSVC_OK;
    case PARAMETER_INFO:
        if (pointer != NULL)
            codec_put_u32(w, TAG_VALUE(i), (uint32_t)number(pointer, sizeof(uint32_t)));
        break;
    default: /* what only comes out */
        if (pointer != NULL)
            codec_put_bytes(w, TAG_VALUE(i), NULL, 0);
        if (p->n_at != 0)
            memcpy(&pointer, args + p->n_at, sizeof(pointer));
        if (p->n_at != 0 && pointer != NULL)
            codec_put_bytes(w, TAG_COUNT(i), NULL, 0);
        break;
    }
    return REPLSVC_OK;
}

uint32_t request_put(struct codec_writer *w, const struct control_call *call, const void *args)
{
    codec_put_str(w, TAG_NAME, call->name);
    for (size_t i = 0; i < call->n_parameters; i++) {
        uint32_t ret = put_parameter(w, &call->parameters[i], i, args);
        if (ret)
            return ret;
    }
    if (w->err == 0 && w->len > MESSAGE_MAX_REQUEST)
        w->err = -EMSGSIZE;
    if (w->err == -EMSGSIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EMSGSIZE, NULL,
                        "replsvc_%s: its parameters take more than the %u bytes that a call from another "
                        "process may have",
                        call->name, (unsigned)MESSAGE_MAX_REQUEST);
    return w->err ? svc_fail(REPLSVC_FAILED, -w->err, NULL, "replsvc_%s cannot be asked for", call->name)
                  : REPLSVC_OK;
}
