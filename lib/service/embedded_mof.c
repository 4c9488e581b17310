/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded instances written as MOF:
 *
 *   instance of CLASS { NAME = VALUE ; … } ;
 *
 * VALUE is a number (decimal, 0x…, 0…, …b), TRUE, FALSE, NULL, a string (several are joined), or a list of
 * one of these in braces. Keywords have no case. Comments are // … and / * … * /. The last semicolon may
 * be missing. Aliases, qualifiers and pragmas have no place in an embedded instance and are refused.
 */
#include "service/embedded.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int skip(struct embedded_reader *r)
{
    for (;;) {
        while (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n')
            r->at++;
        if (r->at[0] != '/')
            return 0;
        if (r->at[1] == '/') {
            r->at += strcspn(r->at, "\n");
        } else if (r->at[1] == '*') {
            const char *end = strstr(r->at + 2, "*/");
            if (end == NULL)
                return embedded_refuse(r, r->at, "this comment has no end");
            r->at = end + 2;
        } else {
            return 0; /* whoever expects something else here says so */
        }
    }
}

static int expect(struct embedded_reader *r, char c)
{
    int err = skip(r);
    if (err != 0)
        return err;
    if (*r->at != c)
        return embedded_refuse(r, r->at, "'%c' is expected", c);
    r->at++;
    return 0;
}

static bool take_word(struct embedded_reader *r, const char *word)
{
    size_t n = embedded_name_length(r->at);
    if (n != strlen(word) || strncasecmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

/* A number as decimal text in scratch; *len its length. */
static int take_number(struct embedded_reader *r, size_t *len)
{
    const char *start = r->at;
    bool minus = *r->at == '-';
    if (*r->at == '-' || *r->at == '+')
        r->at++;
    size_t n = 0;
    while (isalnum((unsigned char)r->at[n]))
        n++;
    unsigned base = 10;
    size_t from = 0, to = n;
    if (n > 2 && r->at[0] == '0' && (r->at[1] == 'x' || r->at[1] == 'X')) {
        base = 16;
        from = 2;
    } else if (n > 1 && (r->at[n - 1] == 'b' || r->at[n - 1] == 'B')) {
        base = 2;
        to = n - 1;
    } else if (n > 1 && r->at[0] == '0') {
        base = 8;
        from = 1;
    }
    uint64_t v = 0;
    for (size_t i = from; i < to; i++) {
        unsigned char c = (unsigned char)r->at[i];
        unsigned digit = isdigit(c) ? (unsigned)c - '0' : (unsigned)tolower(c) - 'a' + 10;
        if (digit >= base)
            return embedded_refuse(r, r->at + i, "'%c' is no digit of this number", c);
        if (__builtin_mul_overflow(v, base, &v) || __builtin_add_overflow(v, digit, &v))
            return embedded_refuse(r, start, "the number does not fit into 64 bits");
    }
    if (from == to)
        return embedded_refuse(r, start, "a value is expected");
    if (r->at[n] == '.')
        return embedded_refuse(r, r->at + n, "no property here has a fraction");
    *len = (size_t)sprintf(r->scratch, "%s%" PRIu64, minus && v != 0 ? "-" : "", v);
    r->at += n;
    return 0;
}

static int take_escape(struct embedded_reader *r, size_t *len)
{
    static const char from[] = "btnfr\"'\\", to[] = "\b\t\n\f\r\"'\\";
    const char *at = r->at; /* the backslash */
    r->at++;
    const char *simple = *r->at != '\0' ? strchr(from, *r->at) : NULL;
    if (simple != NULL) {
        r->scratch[(*len)++] = to[simple - from];
        r->at++;
        return 0;
    }
    if (*r->at != 'x' && *r->at != 'X')
        return embedded_refuse(r, at, "this escape is not known");
    uint32_t code = 0;
    int n = 0;
    for (r->at++; n < 4 && isxdigit((unsigned char)*r->at); n++, r->at++)
        code = code * 16 +
               (uint32_t)(isdigit((unsigned char)*r->at) ? *r->at - '0' : tolower(*r->at) - 'a' + 10);
    /* At least "\x" and a digit were read: as many bytes as UTF-8 needs for a code of so many digits. */
    size_t bytes = n != 0 ? embedded_utf8(r->scratch + *len, code) : 0;
    if (bytes == 0)
        return embedded_refuse(r, at, "this escape is no character");
    *len += bytes;
    return 0;
}

/* One or more string literals, joined in scratch. */
static int take_string(struct embedded_reader *r, size_t *len)
{
    *len = 0;
    int err = 0;
    while (*r->at == '"') {
        const char *start = r->at++;
        while (*r->at != '"') {
            if (*r->at == '\0' || *r->at == '\n')
                return embedded_refuse(r, start, "this string has no end");
            if (*r->at == '\\') {
                err = take_escape(r, len);
                if (err != 0)
                    return err;
                continue;
            }
            size_t n = embedded_utf8_length(r->at);
            if (n == 0)
                return embedded_refuse(r, r->at, "byte 0x%02x is no character of UTF-8 text",
                                       (unsigned char)*r->at);
            memcpy(r->scratch + *len, r->at, n);
            *len += n;
            r->at += n;
        }
        r->at++;
        err = skip(r);
        if (err != 0)
            return err;
    }
    return 0;
}

static int take_value(struct embedded_reader *r, struct embedded_property *p)
{
    const char *start = r->at;
    size_t len = 0;
    enum embedded_kind kind;
    int err = 0;
    if (*r->at == '"') {
        kind = EMBEDDED_STRING;
        err = take_string(r, &len);
    } else if (take_word(r, "TRUE")) {
        kind = EMBEDDED_BOOLEAN;
        len = 4;
        memcpy(r->scratch, "TRUE", len);
    } else if (take_word(r, "FALSE")) {
        kind = EMBEDDED_BOOLEAN;
        len = 5;
        memcpy(r->scratch, "FALSE", len);
    } else if (take_word(r, "NULL")) {
        if (p->array)
            return embedded_refuse(r, start, "NULL cannot be in a list");
        p->kind = EMBEDDED_NULL;
        return 0;
    } else {
        kind = EMBEDDED_NUMBER;
        err = take_number(r, &len);
    }
    if (err != 0)
        return err;
    if (p->n != 0 && p->kind != kind)
        return embedded_refuse(r, start, "a list has values of one type only");
    p->kind = kind;
    return embedded_add_value(p, r->scratch, len);
}

static int take_list(struct embedded_reader *r, struct embedded_property *p)
{
    p->array = true;
    p->kind = EMBEDDED_STRING;
    r->at++; /* the brace */
    int err = skip(r);
    if (err == 0 && *r->at == '}') {
        r->at++;
        return 0;
    }
    while (err == 0) {
        err = take_value(r, p);
        if (err == 0)
            err = skip(r);
        if (err != 0)
            break;
        if (*r->at == '}') {
            r->at++;
            return 0;
        }
        err = expect(r, ',');
        if (err == 0)
            err = skip(r);
    }
    return err;
}

static int take_property(struct embedded_reader *r)
{
    const char *start = r->at;
    size_t n = embedded_name_length(r->at);
    if (n == 0)
        return embedded_refuse(r, r->at, "the name of a property or '}' is expected");
    struct embedded_property *p;
    int err = embedded_add(r, start, n, start, &p);
    if (err != 0)
        return err;
    r->at += n;
    err = expect(r, '=');
    if (err == 0)
        err = skip(r);
    if (err == 0)
        err = *r->at == '{' ? take_list(r, p) : take_value(r, p);
    return err != 0 ? err : expect(r, ';');
}

static int take_head(struct embedded_reader *r)
{
    int err = skip(r);
    if (err != 0)
        return err;
    if (!take_word(r, "instance"))
        return embedded_refuse(r, r->at, "neither MOF (\"instance of …\") nor CIM-XML (\"<INSTANCE …\")");
    err = skip(r);
    if (err != 0)
        return err;
    if (!take_word(r, "of"))
        return embedded_refuse(r, r->at, "\"of\" is expected");
    err = skip(r);
    if (err != 0)
        return err;
    size_t n = embedded_name_length(r->at);
    if (n == 0)
        return embedded_refuse(r, r->at, "the name of a class is expected");
    err = embedded_set_class(r, r->at, n);
    r->at += n;
    return err != 0 ? err : expect(r, '{');
}

int embedded_parse_mof(struct embedded_reader *r)
{
    int err = take_head(r);
    if (err == 0)
        err = skip(r);
    while (err == 0 && *r->at != '}') {
        err = take_property(r);
        if (err == 0)
            err = skip(r);
    }
    if (err != 0)
        return err;
    r->at++;
    err = skip(r);
    if (err == 0 && *r->at == ';') {
        r->at++;
        err = skip(r);
    }
    if (err == 0 && *r->at != '\0')
        return embedded_refuse(r, r->at, "there is something after the instance");
    return err;
}
