/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a REPLY: the error is left for the thread, and what came out is set. First everything is read and
 * memory taken for the lists, then all is set, so that a reply that is damaged or does not fit into memory
 * sets nothing.
 */
#include <errno.h>
#include <string.h>

#include "control/marshal.h"
#include "util/alloc.h"
#include "util/fail.h"

struct outcome {
    struct codec_field value; /* the last VALUE; data NULL: none */
    size_t n_values;
    size_t text_bytes; /* of all VALUEs */
    size_t filled;     /* entries of the list that have been set */
    bool has_count;
    uint64_t count;
    char *list; /* becomes the caller's */
    char *text; /* OUT_TEXTS: where the next text goes, behind the list */
};

struct taking {
    const struct control_call *call;
    const char *args;
    struct outcome outcomes[CONTROL_MAX_PARAMETERS];
};

static uint32_t damaged(void)
{
    return svc_fail(REPLSVC_FAILED, EBADMSG, NULL,
                    "what the service answered makes no sense; the call was made");
}

static void *pointer_at(const char *args, size_t at)
{
    void *pointer;
    memcpy(&pointer, args + at, sizeof(pointer));
    return pointer;
}

static bool is_list(const struct control_parameter *p)
{
    return p->kind == PARAMETER_OUT_TEXTS || p->kind == PARAMETER_OUT_FIXEDS ||
           p->kind == PARAMETER_OUT_NUMBERS || p->kind == PARAMETER_OUT_BOOLS;
}

static bool is_text(const struct codec_field *f)
{
    return f->len != 0 && memchr(f->data, 0, f->len) == f->data + f->len - 1;
}

/* Whether a VALUE can be one of that parameter. */
static bool fits(const struct control_parameter *p, const struct codec_field *f)
{
    switch (p->kind) {
    case PARAMETER_OUT_TEXT:
        return f->len == 0 || is_text(f);
    case PARAMETER_OUT_TEXTS:
        return is_text(f);
    case PARAMETER_OUT_BOOLS:
        return f->len == 1 && f->data[0] <= 1;
    case PARAMETER_OUT_NUMBERS:
    case PARAMETER_OUT_NUMBER:
        return f->len == p->size;
    case PARAMETER_OUT:
    case PARAMETER_OUT_FIXEDS:
    case PARAMETER_IN_OUT:
    case PARAMETER_IN_OUTS:
        return f->len < p->size ||
               (f->len == p->size && (p->kind == PARAMETER_IN_OUT || p->kind == PARAMETER_IN_OUTS));
    case PARAMETER_INFO:
        return f->len >= sizeof(uint32_t);
    default:
        return false;
    }
}

static struct outcome *outcome_of(struct taking *t, uint16_t tag)
{
    size_t i = tag >= TAG_VALUE(0) ? (size_t)(tag - TAG_VALUE(0)) / 2 : CONTROL_MAX_PARAMETERS;
    return i < t->call->n_parameters ? &t->outcomes[i] : NULL;
}

static const struct control_parameter *parameter_of(const struct taking *t, const struct outcome *o)
{
    return &t->call->parameters[o - t->outcomes];
}

static uint32_t read_fields(struct taking *t, const void *body, size_t len)
{
    struct codec_reader r;
    struct codec_field f;
    codec_reader_init(&r, body, len);
    int more;
    while ((more = codec_next(&r, &f)) > 0) {
        struct outcome *o = outcome_of(t, f.tag);
        if (o == NULL)
            continue;
        if (f.tag % 2 != 0) {
            o->has_count = codec_get_u64(&f, &o->count) == 0;
        } else if (fits(parameter_of(t, o), &f)) {
            o->value = f;
            o->n_values++;
            o->text_bytes += f.len;
        } else {
            return damaged();
        }
    }
    return more == 0 ? REPLSVC_OK : damaged();
}

/* A list is one block, its texts behind it, so that one replsvc_free() frees all. */
static uint32_t take_memory(struct taking *t, struct outcome *o)
{
    const struct control_parameter *p = parameter_of(t, o);
    size_t size = 0;
    if (is_list(p)) {
        if (o->n_values != 0 && o->count != o->n_values)
            return damaged();
        size = o->n_values * p->size + (p->kind == PARAMETER_OUT_TEXTS ? o->text_bytes : 0);
    } else if (p->kind == PARAMETER_IN_OUTS) {
        size_t n;
        memcpy(&n, t->args + p->n_at, sizeof(n));
        return o->n_values == 0 || o->n_values == n ? REPLSVC_OK : damaged();
    } else if (p->kind == PARAMETER_OUT_TEXT) {
        size = o->value.len;
    }
    if (size == 0)
        return REPLSVC_OK;
    o->list = mem_alloc(size);
    o->text = o->list != NULL ? o->list + o->n_values * p->size : NULL;
    return o->list != NULL
               ? REPLSVC_OK
               : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the call was made, but its answer does not fit");
}

static void set_fixed(char *fixed, size_t size, const struct codec_field *f)
{
    memset(fixed, 0, size);
    memcpy(fixed, f->data, f->len);
}

/* A caller's info that is larger than the service's keeps what it has at its end. */
static void set_info(char *info, const struct codec_field *f)
{
    uint32_t size;
    memcpy(&size, info, sizeof(size));
    size_t n = f->len < size ? f->len : size;
    if (n > sizeof(size))
        memcpy(info + sizeof(size), f->data + sizeof(size), n - sizeof(size));
}

static void set_entry(struct outcome *o, const struct control_parameter *p, const struct codec_field *f)
{
    char *entry = o->list + o->filled++ * p->size;
    if (p->kind == PARAMETER_OUT_FIXEDS) {
        set_fixed(entry, p->size, f);
    } else if (p->kind == PARAMETER_OUT_TEXTS) {
        memcpy(o->text, f->data, f->len);
        memcpy(entry, &o->text, sizeof(o->text));
        o->text += f->len;
    } else {
        memcpy(entry, f->data, f->len);
    }
}

static void set_value(struct taking *t, struct outcome *o, const struct codec_field *f)
{
    const struct control_parameter *p = parameter_of(t, o);
    char *out = pointer_at(t->args, p->at);
    if (out == NULL)
        return;
    switch (p->kind) {
    case PARAMETER_OUT:
    case PARAMETER_IN_OUT:
        set_fixed(out, p->size, f);
        break;
    case PARAMETER_IN_OUTS:
        set_fixed(out + o->filled++ * p->size, p->size, f);
        break;
    case PARAMETER_OUT_NUMBER:
        memcpy(out, f->data, f->len);
        break;
    case PARAMETER_INFO:
        set_info(out, f);
        break;
    case PARAMETER_OUT_TEXT:
        if (f->len != 0)
            memcpy(o->list, f->data, f->len);
        memcpy(out, &o->list, sizeof(o->list));
        o->list = NULL;
        break;
    default:
        set_entry(o, p, f);
        break;
    }
}

static void set_all(struct taking *t, const void *body, size_t len)
{
    struct codec_reader r;
    struct codec_field f;
    codec_reader_init(&r, body, len);
    while (codec_next(&r, &f) > 0) {
        struct outcome *o = outcome_of(t, f.tag);
        if (o != NULL && f.tag % 2 == 0)
            set_value(t, o, &f);
    }
    for (size_t i = 0; i < t->call->n_parameters; i++) {
        struct outcome *o = &t->outcomes[i];
        const struct control_parameter *p = &t->call->parameters[i];
        if (!is_list(p) || !o->has_count)
            continue;
        void *list = pointer_at(t->args, p->at), *n_list = pointer_at(t->args, p->n_at);
        size_t n = (size_t)o->count;
        if (list != NULL) {
            memcpy(list, &o->list, sizeof(o->list));
            o->list = NULL;
        }
        if (n_list != NULL)
            memcpy(n_list, &n, sizeof(n));
    }
}

/* Code and error; false: there is no code. */
static bool read_code(const void *body, size_t len, uint32_t *code, replsvc_error *error)
{
    struct codec_reader r;
    struct codec_field f;
    uint32_t number;
    bool has_code = false;
    codec_reader_init(&r, body, len);
    int more;
    while ((more = codec_next(&r, &f)) > 0) {
        if (f.tag == TAG_CODE)
            has_code = codec_get_u32(&f, code) == 0;
        else if (f.tag == TAG_ERROR_CODE && codec_get_u32(&f, &number) == 0)
            error->code = number;
        else if (f.tag == TAG_ERROR_ERRNO && codec_get_u32(&f, &number) == 0)
            error->system_errno = (int32_t)number;
        else if (f.tag == TAG_ERROR_MESSAGE_ID)
            (void)codec_get_str(&f, error->message_id, sizeof(error->message_id));
        else if (f.tag == TAG_ERROR_PARAMETER)
            (void)codec_get_str(&f, error->parameter, sizeof(error->parameter));
        else if (f.tag == TAG_ERROR_MESSAGE)
            (void)codec_get_str(&f, error->message, sizeof(error->message));
    }
    return more == 0 && has_code;
}

uint64_t reply_last_event(const void *body, size_t len)
{
    struct codec_reader r;
    struct codec_field f;
    uint64_t last = 0;
    codec_reader_init(&r, body, len);
    while (codec_next(&r, &f) > 0)
        if (f.tag == TAG_LAST_EVENT)
            (void)codec_get_u64(&f, &last);
    return last;
}

static void leave_error(const replsvc_error *error)
{
    svc_clear_error();
    if (error->code != REPLSVC_OK)
        (void)svc_fail_again(error);
}

uint32_t reply_take_code(const void *body, size_t len)
{
    replsvc_error error = {0};
    uint32_t code;
    if (!read_code(body, len, &code, &error))
        return damaged();
    leave_error(&error);
    return code;
}

uint32_t reply_take(const struct control_call *call, const void *args, const void *body, size_t len)
{
    struct taking t = {.call = call, .args = args};
    replsvc_error error = {0};
    uint32_t code;
    uint32_t ret = read_fields(&t, body, len);
    for (size_t i = 0; ret == REPLSVC_OK && i < call->n_parameters; i++)
        ret = take_memory(&t, &t.outcomes[i]);
    if (ret == REPLSVC_OK && !read_code(body, len, &code, &error))
        ret = damaged();
    if (ret == REPLSVC_OK) {
        set_all(&t, body, len);
        leave_error(&error);
        ret = code;
    }
    for (size_t i = 0; i < call->n_parameters; i++)
        mem_free(t.outcomes[i].list);
    return ret;
}
