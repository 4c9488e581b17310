/* SPDX-License-Identifier: BSD-2-Clause */
/* Embedded instances: the list of properties and what its values mean; see embedded.h. */
#include "service/embedded.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "util/alloc.h"

int embedded_refuse(struct embedded_reader *r, const char *at, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(r->error->reason, sizeof(r->error->reason), format, ap);
    va_end(ap);
    r->error->position = (size_t)(at - r->text);
    return -EINVAL;
}

static bool space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

int embedded_parse(const char *text, struct embedded *out, struct embedded_error *error)
{
    memset(out, 0, sizeof(*out));
    memset(error, 0, sizeof(*error));
    struct embedded_reader r = {.text = text, .at = text, .out = out, .error = error};
    size_t len = strnlen(text, EMBEDDED_MAX + 1);
    if (len > EMBEDDED_MAX)
        return embedded_refuse(&r, text + EMBEDDED_MAX, "the text is longer than %u bytes", EMBEDDED_MAX);
    r.scratch = mem_alloc(len + 32); /* 32: a number written short may be longer in decimal */
    if (r.scratch == NULL)
        return -ENOMEM;
    while (space(*r.at))
        r.at++;
    int err = *r.at == '<' ? embedded_parse_xml(&r) : embedded_parse_mof(&r);
    mem_free(r.scratch);
    return err;
}

static void property_clear(struct embedded_property *p)
{
    mem_free(p->name);
    for (size_t i = 0; i < p->n; i++)
        mem_free(p->values[i]);
    mem_free(p->values);
}

void embedded_clear(struct embedded *e)
{
    for (size_t i = 0; i < e->n; i++)
        property_clear(&e->properties[i]);
    mem_free(e->properties);
    mem_free(e->class_name);
    memset(e, 0, sizeof(*e));
}

const struct embedded_property *embedded_find(const struct embedded *e, const char *name)
{
    for (size_t i = 0; i < e->n; i++)
        if (strcasecmp(e->properties[i].name, name) == 0)
            return &e->properties[i];
    return NULL;
}

static char *copy(const char *text, size_t len)
{
    char *s = mem_alloc(len + 1);
    if (s != NULL) {
        memcpy(s, text, len);
        s[len] = '\0';
    }
    return s;
}

int embedded_set_class(struct embedded_reader *r, const char *name, size_t len)
{
    r->out->class_name = copy(name, len);
    return r->out->class_name != NULL ? 0 : -ENOMEM;
}

#define PROPERTIES_MAX 512u /* far more than any class has; keeps the search for doubles short */

int embedded_add(struct embedded_reader *r, const char *name, size_t len, const char *at,
                 struct embedded_property **p)
{
    struct embedded *e = r->out;
    for (size_t i = 0; i < e->n; i++)
        if (strncasecmp(e->properties[i].name, name, len) == 0 && e->properties[i].name[len] == '\0')
            return embedded_refuse(r, at, "property %s is given twice", e->properties[i].name);
    if (e->n == PROPERTIES_MAX)
        return embedded_refuse(r, at, "there are more than %u properties", PROPERTIES_MAX);
    if (e->n == e->room) {
        size_t room = e->room != 0 ? 2 * e->room : 16;
        void *more = mem_grow(e->properties, room, sizeof(*e->properties));
        if (more == NULL)
            return -ENOMEM;
        e->properties = more;
        e->room = room;
    }
    struct embedded_property *new = &e->properties[e->n];
    memset(new, 0, sizeof(*new));
    new->position = (size_t)(at - r->text);
    new->name = copy(name, len);
    if (new->name == NULL)
        return -ENOMEM;
    e->n++;
    *p = new;
    return 0;
}

int embedded_add_value(struct embedded_property *p, const char *value, size_t len)
{
    if ((p->n & (p->n - 1)) == 0) { /* grow at each power of two */
        void *more = mem_grow(p->values, p->n != 0 ? 2 * p->n : 1, sizeof(*p->values));
        if (more == NULL)
            return -ENOMEM;
        p->values = more;
    }
    p->values[p->n] = copy(value, len);
    if (p->values[p->n] == NULL)
        return -ENOMEM;
    p->n++;
    return 0;
}

size_t embedded_name_length(const char *at)
{
    if (!isalpha((unsigned char)*at) && *at != '_')
        return 0;
    size_t n = 1;
    while (isalnum((unsigned char)at[n]) || at[n] == '_')
        n++;
    return n;
}

/* ---- characters ---- */

static bool may_be_in_text(uint32_t code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r' || code == '\b' || code == '\f';
    return code != 0x7f && (code < 0xd800 || code > 0xdfff) && code < 0x110000 && (code & 0xfffe) != 0xfffe;
}

size_t embedded_utf8(char *to, uint32_t code)
{
    if (!may_be_in_text(code))
        return 0;
    if (code < 0x80) {
        to[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = n - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    to[0] = (char)(lead[n] | code);
    return n;
}

size_t embedded_utf8_length(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t n = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;
    static const unsigned char mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0)
        return 0;
    uint32_t code = b[0] & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (b[i] & 0x3f);
    }
    return code >= least[n] && may_be_in_text(code) ? n : 0;
}

/* ---- values ---- */

int embedded_u64(const struct embedded_property *p, size_t i, uint64_t *value)
{
    if (p->kind != EMBEDDED_NUMBER || i >= p->n || !isdigit((unsigned char)p->values[i][0]))
        return -EINVAL;
    char *end;
    errno = 0;
    unsigned long long v = strtoull(p->values[i], &end, 10);
    if (errno != 0 || *end != '\0')
        return -EINVAL;
    *value = v;
    return 0;
}

int embedded_bool(const struct embedded_property *p, size_t i, bool *value)
{
    if (p->kind != EMBEDDED_BOOLEAN || i >= p->n)
        return -EINVAL;
    *value = strcmp(p->values[i], "TRUE") == 0;
    return 0;
}

/* The number of exactly n digits at s; -1: not digits. */
static int64_t digits(const char *s, int n)
{
    int64_t v = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)s[i]))
            return -1;
        v = 10 * v + (s[i] - '0');
    }
    return v;
}

/* ddddddddhhmmss.mmmmmm:000 */
int embedded_interval(const struct embedded_property *p, size_t i, int64_t *us)
{
    if (p->kind != EMBEDDED_STRING || i >= p->n)
        return -EINVAL;
    const char *s = p->values[i];
    if (strlen(s) != 25 || s[14] != '.' || strcmp(s + 21, ":000") != 0)
        return -EINVAL;
    int64_t day = digits(s, 8), hour = digits(s + 8, 2), minute = digits(s + 10, 2),
            second = digits(s + 12, 2), micro = digits(s + 15, 6);
    if (day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 ||
        micro < 0)
        return -EINVAL;
    *us = (((day * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + micro; /* at most 8.64e18: fits */
    return 0;
}

/* yyyymmddhhmmss.mmmmmm±ooo, the offset in minutes */
int embedded_time(const struct embedded_property *p, size_t i, int64_t *us)
{
    if (p->kind != EMBEDDED_STRING || i >= p->n)
        return -EINVAL;
    const char *s = p->values[i];
    if (strlen(s) != 25 || s[14] != '.' || (s[21] != '+' && s[21] != '-'))
        return -EINVAL;
    int64_t year = digits(s, 4), month = digits(s + 4, 2), day = digits(s + 6, 2), hour = digits(s + 8, 2),
            minute = digits(s + 10, 2), second = digits(s + 12, 2), micro = digits(s + 15, 6),
            offset = digits(s + 22, 3);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60 || micro < 0 || offset < 0)
        return -EINVAL;
    struct tm tm = {.tm_year = (int)year - 1900,
                    .tm_mon = (int)month - 1,
                    .tm_mday = (int)day,
                    .tm_hour = (int)hour,
                    .tm_min = (int)minute,
                    .tm_sec = (int)second};
    int64_t t = (int64_t)timegm(&tm) - (s[21] == '+' ? offset : -offset) * 60;
    *us = t * 1000000 + micro;
    return 0;
}
