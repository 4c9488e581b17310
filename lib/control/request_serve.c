/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serving a CALL: its arguments are made from the message, the function is called as any caller in this
 * process would, and what came out becomes the reply. The bytes may come from anybody: every parameter has
 * a value of its type, whatever they hold, and memory is taken in proportion to what arrived.
 *
 * Functions set what comes out, or leave it alone. To tell which, what comes out holds before the call what
 * no function gives: 0xff in a reference, `untouched` as a list. Numbers and infos count as set if the
 * function succeeded.
 */
#include <errno.h>
#include <string.h>

#include "control/marshal.h"
#include "util/alloc.h"
#include "util/fail.h"

#define NEVER_IN_A_TEXT 0xff

static char untouched[1];

/* What was read for one parameter, and room for what comes out. */
struct argument {
    struct codec_field value; /* the last VALUE; data NULL: none */
    size_t n_values;          /* VALUEs there are */
    size_t filled;            /* entries of an array that have been read */
    bool has_count;
    uint64_t count;
    char *memory; /* what a pointer among the arguments points to, or NULL */
    char *list;   /* given by the function: freed with the rest */
    size_t n_list;
};

struct serving {
    const struct control_call *call;
    struct argument arguments[CONTROL_MAX_PARAMETERS];
    _Alignas(max_align_t) char args[CONTROL_MAX_ARGS]; /* its struct args_NAME */
};

static bool is_array(const struct control_parameter *p)
{
    return p->kind == PARAMETER_TEXTS || p->kind == PARAMETER_FIXEDS || p->kind == PARAMETER_IN_OUTS;
}

static uint32_t malformed(const struct serving *s, const struct argument *a)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, EBADMSG, NULL,
                    "replsvc_%s: parameter %zu arrived as something else", s->call->name,
                    (size_t)(a - s->arguments) + 1);
}

static uint32_t no_memory(const struct serving *s)
{
    return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "replsvc_%s cannot be served", s->call->name);
}

static void set_pointer(struct serving *s, size_t at, const void *pointer)
{
    memcpy(s->args + at, &pointer, sizeof(pointer));
}

/* ---- reading ---- */

/* The parameter of a field; NULL: of none that this version knows. */
static struct argument *argument_of(struct serving *s, uint16_t tag)
{
    size_t i = tag >= TAG_VALUE(0) ? (size_t)(tag - TAG_VALUE(0)) / 2 : CONTROL_MAX_PARAMETERS;
    return i < s->call->n_parameters ? &s->arguments[i] : NULL;
}

/* Counts the values of each parameter, and keeps the last. */
static uint32_t read_fields(struct serving *s, const void *body, size_t len)
{
    struct codec_reader r;
    struct codec_field f;
    codec_reader_init(&r, body, len);
    int more;
    while ((more = codec_next(&r, &f)) > 0) {
        struct argument *a = argument_of(s, f.tag);
        if (a == NULL)
            continue;
        if (f.tag % 2 == 0) {
            a->value = f;
            a->n_values++;
        } else {
            a->has_count = true;
            if (f.len != 0 && codec_get_u64(&f, &a->count) != 0)
                return malformed(s, a);
        }
    }
    return more == 0 ? REPLSVC_OK
                     : svc_fail(REPLSVC_INVALID_PARAMETER, EBADMSG, NULL,
                                "replsvc_%s: a request that is cut short", s->call->name);
}

/* A text lies in the message as it is: in *text, NULL if there is none. */
static bool read_text(const struct codec_field *f, const char **text)
{
    *text = f->len != 0 ? (const char *)f->data : NULL;
    return f->len == 0 || memchr(f->data, 0, f->len) == f->data + f->len - 1;
}

static bool read_entry(struct argument *a, const struct control_parameter *p, const struct codec_field *f)
{
    char *entry = a->memory + a->filled++ * p->size;
    if (p->kind == PARAMETER_TEXTS)
        return read_text(f, (const char **)(void *)entry);
    if (f->len > p->size)
        return false;
    memcpy(entry, f->data, f->len);
    return true;
}

/* Memory for all arrays is there. */
static uint32_t read_arrays(struct serving *s, const void *body, size_t len)
{
    struct codec_reader r;
    struct codec_field f;
    codec_reader_init(&r, body, len);
    while (codec_next(&r, &f) > 0) {
        struct argument *a = argument_of(s, f.tag);
        const struct control_parameter *p = a != NULL ? &s->call->parameters[a - s->arguments] : NULL;
        if (a != NULL && f.tag % 2 == 0 && is_array(p) && !read_entry(a, p, &f))
            return malformed(s, a);
    }
    return REPLSVC_OK;
}

static bool set_number(void *at, size_t size, const struct codec_field *f)
{
    uint64_t v = 0;
    if (f->data != NULL && codec_get_u64(f, &v) != 0)
        return false;
    if (size < sizeof(v) && v >> 8 * size != 0)
        return false;
    uint16_t v16 = (uint16_t)v;
    uint32_t v32 = (uint32_t)v;
    memcpy(at, size == sizeof(v16) ? (void *)&v16 : size == sizeof(v32) ? (void *)&v32 : (void *)&v, size);
    return true;
}

/* What says that it has more bytes than came would be read past its end. */
static bool read_options(struct argument *a)
{
    uint32_t size;
    if (a->value.len < sizeof(size))
        return false;
    memcpy(&size, a->value.data, sizeof(size));
    if (a->value.len != (size < sizeof(size) ? sizeof(size) : size))
        return false;
    memcpy(a->memory, a->value.data, a->value.len);
    return true;
}

/* More room than this library knows to fill is of no use. */
static bool read_info(struct argument *a, const struct control_parameter *p)
{
    uint32_t size;
    if (codec_get_u32(&a->value, &size) != 0)
        return false;
    if (size > p->size)
        size = (uint32_t)p->size;
    memcpy(a->memory, &size, sizeof(size));
    return true;
}

/* Bytes behind the pointer of a parameter; 0: it has none, or is NULL. */
static size_t memory_of(const struct control_parameter *p, const struct argument *a)
{
    if (a->value.data == NULL)
        return 0;
    switch (p->kind) {
    case PARAMETER_TEXTS:
    case PARAMETER_FIXEDS:
    case PARAMETER_IN_OUTS:
        return a->n_values * p->size;
    case PARAMETER_OPTIONS:
        return a->value.len;
    case PARAMETER_FIXED:
    case PARAMETER_IN_OUT:
    case PARAMETER_OUT:
    case PARAMETER_INFO:
    case PARAMETER_OUT_NUMBER:
        return p->size;
    default:
        return 0;
    }
}

/* Where a list is wanted without its length (beside another of the same length), the length is still
 * needed here; lists of objects are not given without. */
static bool count_is_taken(const struct control_parameter *p, const struct argument *a)
{
    return a->has_count ||
           (a->value.data != NULL && (p->kind == PARAMETER_OUT_NUMBERS || p->kind == PARAMETER_OUT_BOOLS));
}

static uint32_t make_argument(struct serving *s, struct argument *a)
{
    const struct control_parameter *p = &s->call->parameters[a - s->arguments];
    bool there = a->value.data != NULL, good = true;
    size_t count = (size_t)a->count;
    const char *text = NULL;
    size_t size = memory_of(p, a);
    if (size != 0) {
        a->memory = mem_zalloc(size);
        if (a->memory == NULL)
            return no_memory(s);
        set_pointer(s, p->at, a->memory);
    }
    a->list = untouched;
    switch (p->kind) {
    case PARAMETER_TEXT:
        good = !there || read_text(&a->value, &text);
        set_pointer(s, p->at, text);
        break;
    case PARAMETER_BOOL:
        good = !there || codec_get_bool(&a->value, (bool *)(s->args + p->at)) == 0;
        break;
    case PARAMETER_NUMBER:
        good = set_number(s->args + p->at, p->size, &a->value);
        break;
    case PARAMETER_TEXTS:
    case PARAMETER_FIXEDS:
    case PARAMETER_IN_OUTS:
        good = !there || a->count == a->n_values;
        memcpy(s->args + p->n_at, &count, sizeof(count));
        break;
    case PARAMETER_FIXED:
    case PARAMETER_IN_OUT:
        good = !there || a->value.len <= p->size;
        if (there && good)
            memcpy(a->memory, a->value.data, a->value.len);
        break;
    case PARAMETER_OPTIONS:
        good = !there || read_options(a);
        break;
    case PARAMETER_INFO:
        good = !there || read_info(a, p);
        break;
    case PARAMETER_OUT:
    case PARAMETER_OUT_NUMBER:
        if (there)
            memset(a->memory, NEVER_IN_A_TEXT, p->size);
        break;
    case PARAMETER_OUT_TEXT:
        set_pointer(s, p->at, there ? &a->list : NULL);
        break;
    case PARAMETER_OUT_TEXTS:
    case PARAMETER_OUT_FIXEDS:
    case PARAMETER_OUT_NUMBERS:
    case PARAMETER_OUT_BOOLS:
        set_pointer(s, p->at, there ? &a->list : NULL);
        set_pointer(s, p->n_at, count_is_taken(p, a) ? &a->n_list : NULL);
        break;
    }
    return good ? REPLSVC_OK : malformed(s, a);
}

static uint32_t read_request(struct serving *s, const void *body, size_t len)
{
    uint32_t ret = read_fields(s, body, len);
    for (size_t i = 0; ret == REPLSVC_OK && i < s->call->n_parameters; i++)
        ret = make_argument(s, &s->arguments[i]);
    return ret ? ret : read_arrays(s, body, len);
}

/* ---- writing ---- */

static void put_list(struct codec_writer *w, const struct control_parameter *p, size_t i,
                     const struct argument *a)
{
    codec_put_u64(w, TAG_COUNT(i), a->n_list);
    if (a->list == untouched || a->list == NULL)
        return;
    for (size_t k = 0; k < a->n_list; k++) {
        const char *entry = a->list + k * p->size;
        if (p->kind == PARAMETER_OUT_TEXTS) {
            const char *text = *(const char *const *)(const void *)entry;
            codec_put_bytes(w, TAG_VALUE(i), text, strlen(text) + 1);
        } else if (p->kind == PARAMETER_OUT_FIXEDS) {
            codec_put_bytes(w, TAG_VALUE(i), entry, strnlen(entry, p->size));
        } else {
            codec_put_bytes(w, TAG_VALUE(i), entry, p->size);
        }
    }
}

static void put_result(struct codec_writer *w, const struct control_parameter *p, size_t i,
                       const struct argument *a, bool success)
{
    switch (p->kind) {
    case PARAMETER_OUT:
        if (a->memory != NULL && (uint8_t)a->memory[0] != NEVER_IN_A_TEXT)
            codec_put_bytes(w, TAG_VALUE(i), a->memory, strnlen(a->memory, p->size));
        break;
    case PARAMETER_IN_OUT:
        if (a->memory != NULL)
            codec_put_bytes(w, TAG_VALUE(i), a->memory, strnlen(a->memory, p->size));
        break;
    case PARAMETER_IN_OUTS:
        for (size_t k = 0; k < a->n_values; k++)
            codec_put_bytes(w, TAG_VALUE(i), a->memory + k * p->size,
                            strnlen(a->memory + k * p->size, p->size));
        break;
    case PARAMETER_INFO:
    case PARAMETER_OUT_NUMBER:
        if (a->memory != NULL && success)
            codec_put_bytes(w, TAG_VALUE(i), a->memory, p->size);
        break;
    case PARAMETER_OUT_TEXT:
        if (a->list != untouched)
            codec_put_bytes(w, TAG_VALUE(i), a->list, a->list != NULL ? strlen(a->list) + 1 : 0);
        break;
    case PARAMETER_OUT_TEXTS:
    case PARAMETER_OUT_FIXEDS:
    case PARAMETER_OUT_NUMBERS:
    case PARAMETER_OUT_BOOLS:
        if (a->list != untouched || (a->value.data == NULL && a->has_count && success))
            put_list(w, p, i, a);
        break;
    default:
        break;
    }
}

void reply_put_code(struct codec_writer *w, uint32_t code)
{
    const replsvc_error *error = replsvc_last_error();
    codec_put_u32(w, TAG_CODE, code);
    if (error->code == REPLSVC_OK)
        return;
    codec_put_u32(w, TAG_ERROR_CODE, error->code);
    codec_put_u32(w, TAG_ERROR_ERRNO, (uint32_t)error->system_errno);
    codec_put_str(w, TAG_ERROR_MESSAGE_ID, error->message_id);
    codec_put_str(w, TAG_ERROR_PARAMETER, error->parameter);
    codec_put_str(w, TAG_ERROR_MESSAGE, error->message);
}

static void serve_call(struct serving *s, replsvc_service *service, const void *body, size_t len,
                       struct codec_writer *reply)
{
    svc_clear_error();
    uint32_t code = read_request(s, body, len);
    bool called = code == REPLSVC_OK;
    if (called)
        code = s->call->serve(service, s->args);
    reply_put_code(reply, code);
    for (size_t i = 0; called && i < s->call->n_parameters; i++)
        put_result(reply, &s->call->parameters[i], i, &s->arguments[i],
                   code == REPLSVC_OK || code == REPLSVC_JOB_STARTED);
    for (size_t i = 0; i < s->call->n_parameters; i++) {
        struct argument *a = &s->arguments[i];
        mem_free(a->memory);
        if (a->list != untouched)
            mem_free(a->list);
    }
}

/* The name is the first field. */
void request_serve(replsvc_service *service, const void *body, size_t len, struct codec_writer *reply)
{
    struct codec_reader r;
    struct codec_field f;
    char name[128] = "";
    codec_reader_init(&r, body, len);
    svc_clear_error();
    if (codec_next(&r, &f) <= 0 || f.tag != TAG_NAME || codec_get_str(&f, name, sizeof(name)) != 0) {
        reply_put_code(
            reply, svc_fail(REPLSVC_INVALID_PARAMETER, EBADMSG, NULL, "a request that names no function"));
        return;
    }
    struct serving s = {.call = control_call_find(name)};
    if (s.call == NULL) {
        reply_put_code(reply, svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL,
                                       "the service runs version %s, which has no replsvc_%s",
                                       replsvc_version_string(), name));
        return;
    }
    serve_call(&s, service, body, len, reply);
}
