/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded instances written as CIM-XML (DSP0201): one INSTANCE element with PROPERTY, PROPERTY.ARRAY and
 * PROPERTY.REFERENCE inside, each with its value or empty for NULL. An XML declaration and comments may
 * stand around; attributes that say nothing here (CLASSORIGIN, PROPAGATED, xml:lang …) are passed over;
 * document types and other elements are refused. A reference becomes the object path CLASS.Key="value",….
 *
 * The elements are read one after the other by functions that mirror the grammar: its depth is fixed.
 */
#include "service/embedded.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* A start, end or empty tag. The strings point into the text. */
struct tag {
    const char *at; /* the '<' */
    const char *name;
    size_t name_len;
    bool end, empty;
    const char *class_name, *name_attribute, *type; /* CLASSNAME, NAME, TYPE; NULL = not there */
    size_t class_len, attribute_len, type_len;
};

static void skip_space(struct embedded_reader *r)
{
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\r' || *r->at == '\n')
        r->at++;
}

/* White space, comments, processing instructions. */
static int skip(struct embedded_reader *r)
{
    for (;;) {
        skip_space(r);
        const char *mark = strncmp(r->at, "<!--", 4) == 0 ? "-->"
                           : strncmp(r->at, "<?", 2) == 0 ? "?>"
                                                          : NULL;
        if (mark == NULL)
            return 0;
        const char *end = strstr(r->at + 2, mark);
        if (end == NULL)
            return embedded_refuse(r, r->at, "this has no end");
        r->at = end + strlen(mark);
    }
}

static size_t xml_name_length(const char *at)
{
    if (!isalpha((unsigned char)*at) && *at != '_')
        return 0;
    size_t n = 1;
    while (isalnum((unsigned char)at[n]) || strchr("_.:-", at[n]) != NULL) {
        if (at[n] == '\0')
            break;
        n++;
    }
    return n;
}

static bool is(const char *name, size_t len, const char *wanted)
{
    return strlen(wanted) == len && memcmp(name, wanted, len) == 0;
}

static void note_attribute(struct tag *t, const char *name, size_t name_len, const char *value, size_t len)
{
    if (is(name, name_len, "CLASSNAME")) {
        t->class_name = value;
        t->class_len = len;
    } else if (is(name, name_len, "NAME")) {
        t->name_attribute = value;
        t->attribute_len = len;
    } else if (is(name, name_len, "TYPE")) {
        t->type = value;
        t->type_len = len;
    }
}

static int take_attribute(struct embedded_reader *r, struct tag *t)
{
    const char *name = r->at;
    size_t n = xml_name_length(name);
    if (n == 0)
        return embedded_refuse(r, r->at, "an attribute or '>' is expected");
    r->at += n;
    skip_space(r);
    if (*r->at != '=')
        return embedded_refuse(r, r->at, "'=' is expected");
    r->at++;
    skip_space(r);
    char quote = *r->at;
    if (quote != '"' && quote != '\'')
        return embedded_refuse(r, r->at, "a quoted value is expected");
    const char *value = ++r->at;
    while (*r->at != quote) {
        if (*r->at == '\0' || *r->at == '<')
            return embedded_refuse(r, value - 1, "this value has no end");
        r->at++;
    }
    note_attribute(t, name, n, value, (size_t)(r->at - value));
    r->at++;
    if (*r->at != '\0' && strchr(" \t\r\n/>", *r->at) == NULL)
        return embedded_refuse(r, r->at, "white space is expected");
    return 0;
}

static int take_tag(struct embedded_reader *r, struct tag *t)
{
    memset(t, 0, sizeof(*t));
    int err = skip(r);
    if (err != 0)
        return err;
    t->at = r->at;
    if (*r->at != '<')
        return embedded_refuse(r, r->at, "an element is expected");
    r->at++;
    t->end = *r->at == '/';
    r->at += t->end;
    t->name = r->at;
    t->name_len = xml_name_length(r->at);
    if (t->name_len == 0)
        return embedded_refuse(r, r->at, "the name of an element is expected");
    r->at += t->name_len;
    for (;;) {
        skip_space(r);
        if (*r->at == '>') {
            r->at++;
            return 0;
        }
        if (r->at[0] == '/' && r->at[1] == '>' && !t->end) {
            t->empty = true;
            r->at += 2;
            return 0;
        }
        if (t->end)
            return embedded_refuse(r, r->at, "'>' is expected");
        err = take_attribute(r, t);
        if (err != 0)
            return err;
    }
}

static bool opens(const struct tag *t, const char *name)
{
    return !t->end && is(t->name, t->name_len, name);
}

static int expect_open(struct embedded_reader *r, const char *name, struct tag *t)
{
    int err = take_tag(r, t);
    if (err == 0 && !opens(t, name))
        return embedded_refuse(r, t->at, "<%s> is expected", name);
    return err;
}

static int expect_close(struct embedded_reader *r, const char *name)
{
    struct tag t;
    int err = take_tag(r, &t);
    if (err == 0 && (!t.end || !is(t.name, t.name_len, name)))
        return embedded_refuse(r, t.at, "</%s> is expected", name);
    return err;
}

/* ---- text ---- */

static int take_entity(struct embedded_reader *r, size_t *len)
{
    static const struct {
        const char *text;
        char c;
    } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    const char *start = r->at;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strncmp(start, known[i].text, strlen(known[i].text)) == 0) {
            r->scratch[(*len)++] = known[i].c;
            r->at += strlen(known[i].text);
            return 0;
        }
    if (start[1] != '#')
        return embedded_refuse(r, start, "this entity is not known");
    bool hex = start[2] == 'x';
    uint32_t code = 0;
    const char *digit = start + (hex ? 3 : 2), *first = digit;
    for (; hex ? isxdigit((unsigned char)*digit) : isdigit((unsigned char)*digit); digit++) {
        unsigned v =
            isdigit((unsigned char)*digit) ? (unsigned)(*digit - '0') : (unsigned)tolower(*digit) - 'a' + 10;
        code = code * (hex ? 16 : 10) + v;
        if (code > 0x10ffff)
            return embedded_refuse(r, start, "this is no character");
    }
    size_t n = digit != first && *digit == ';' ? embedded_utf8(r->scratch + *len, code) : 0;
    if (n == 0)
        return embedded_refuse(r, start, "this is no character");
    *len += n;
    r->at = digit + 1;
    return 0;
}

static int take_characters(struct embedded_reader *r, const char *end, size_t *len)
{
    while (r->at != end) {
        size_t n = embedded_utf8_length(r->at);
        if (n == 0)
            return embedded_refuse(r, r->at, "byte 0x%02x is no character of UTF-8 text",
                                   (unsigned char)*r->at);
        memcpy(r->scratch + *len, r->at, n);
        *len += n;
        r->at += n;
    }
    return 0;
}

/* Character data up to the next tag, decoded, appended to scratch. */
static int take_text(struct embedded_reader *r, size_t *len)
{
    for (;;) {
        int err;
        if (strncmp(r->at, "<![CDATA[", 9) == 0) {
            const char *end = strstr(r->at + 9, "]]>");
            if (end == NULL)
                return embedded_refuse(r, r->at, "this section has no end");
            r->at += 9;
            err = take_characters(r, end, len);
            r->at = end + 3;
        } else if (*r->at == '<') {
            return 0;
        } else if (*r->at == '\0') {
            return embedded_refuse(r, r->at, "the text ends inside an element");
        } else if (*r->at == '&') {
            err = take_entity(r, len);
        } else {
            err = take_characters(r, r->at + strcspn(r->at, "&<"), len);
        }
        if (err != 0)
            return err;
    }
}

/* ---- values ---- */

static bool name_one_of(const char *name, size_t len, const char *const list[])
{
    for (; *list != NULL; list++)
        if (is(name, len, *list))
            return true;
    return false;
}

static int set_kind(struct embedded_reader *r, const struct tag *t, struct embedded_property *p)
{
    static const char *const numbers[] = {"uint8",  "uint16", "uint32", "uint64", "sint8",
                                          "sint16", "sint32", "sint64", NULL};
    static const char *const strings[] = {"string", "datetime", NULL};
    static const char *const booleans[] = {"boolean", NULL};
    if (t->type == NULL)
        return embedded_refuse(r, t->at, "TYPE is missing");
    if (name_one_of(t->type, t->type_len, numbers))
        p->kind = EMBEDDED_NUMBER;
    else if (name_one_of(t->type, t->type_len, strings))
        p->kind = EMBEDDED_STRING;
    else if (name_one_of(t->type, t->type_len, booleans))
        p->kind = EMBEDDED_BOOLEAN;
    else
        return embedded_refuse(r, t->type, "this TYPE is not known");
    memcpy(p->type, t->type, t->type_len); /* the longest is 8 bytes; it was zeroed */
    return 0;
}

static int check_number(struct embedded_reader *r, const char *at, const char *text, size_t len)
{
    size_t i = text[0] == '-' || text[0] == '+';
    if (i == len)
        return embedded_refuse(r, at, "a number is expected");
    for (; i < len; i++)
        if (!isdigit((unsigned char)text[i]))
            return embedded_refuse(r, at, "this is no number");
    return 0;
}

/* What stands in a VALUE, as its kind wants it. */
static int add_text(struct embedded_reader *r, const char *at, struct embedded_property *p, size_t len)
{
    const char *text = r->scratch;
    if (p->kind != EMBEDDED_STRING) {
        while (len != 0 && isspace((unsigned char)*text)) {
            text++;
            len--;
        }
        while (len != 0 && isspace((unsigned char)text[len - 1]))
            len--;
    }
    if (p->kind == EMBEDDED_NUMBER) {
        int err = check_number(r, at, text, len);
        return err != 0 ? err : embedded_add_value(p, text, len);
    }
    if (p->kind == EMBEDDED_STRING)
        return embedded_add_value(p, text, len);
    if (len == 4 && strncasecmp(text, "TRUE", 4) == 0)
        return embedded_add_value(p, "TRUE", 4);
    if (len == 5 && strncasecmp(text, "FALSE", 5) == 0)
        return embedded_add_value(p, "FALSE", 5);
    return embedded_refuse(r, at, "TRUE or FALSE is expected");
}

/* The rest of a VALUE whose start tag was read. */
static int take_value(struct embedded_reader *r, const struct tag *t, struct embedded_property *p)
{
    size_t len = 0;
    const char *at = r->at;
    int err = t->empty ? 0 : take_text(r, &len);
    if (err == 0)
        err = add_text(r, at, p, len);
    if (err == 0 && !t->empty)
        err = expect_close(r, "VALUE");
    return err;
}

static int take_single(struct embedded_reader *r, struct embedded_property *p)
{
    struct tag t;
    int err = take_tag(r, &t);
    if (err != 0)
        return err;
    if (t.end && is(t.name, t.name_len, "PROPERTY")) {
        p->kind = EMBEDDED_NULL;
        return 0;
    }
    if (!opens(&t, "VALUE"))
        return embedded_refuse(r, t.at, "<VALUE> is expected");
    err = take_value(r, &t, p);
    return err != 0 ? err : expect_close(r, "PROPERTY");
}

static int take_array(struct embedded_reader *r, struct embedded_property *p)
{
    struct tag t;
    p->array = true;
    int err = take_tag(r, &t);
    if (err != 0)
        return err;
    if (t.end && is(t.name, t.name_len, "PROPERTY.ARRAY")) {
        p->kind = EMBEDDED_NULL;
        return 0;
    }
    if (!opens(&t, "VALUE.ARRAY"))
        return embedded_refuse(r, t.at, "<VALUE.ARRAY> is expected");
    while (!t.empty) {
        err = take_tag(r, &t);
        if (err != 0)
            return err;
        if (t.end && is(t.name, t.name_len, "VALUE.ARRAY"))
            break;
        if (!opens(&t, "VALUE"))
            return embedded_refuse(r, t.at, "<VALUE> is expected");
        err = take_value(r, &t, p);
        if (err != 0)
            return err;
        t.empty = false;
    }
    return expect_close(r, "PROPERTY.ARRAY");
}

/* One key binding, appended to the path in scratch as Key="value". */
static int take_key(struct embedded_reader *r, const struct tag *binding, size_t *len)
{
    struct tag t;
    if (binding->name_attribute == NULL || binding->empty)
        return embedded_refuse(r, binding->at, "a key needs NAME and a value");
    memcpy(r->scratch + *len, binding->name_attribute, binding->attribute_len);
    *len += binding->attribute_len;
    r->scratch[(*len)++] = '=';
    r->scratch[(*len)++] = '"';
    int err = expect_open(r, "KEYVALUE", &t);
    size_t from = *len;
    if (err == 0 && !t.empty) {
        err = take_text(r, len);
        if (err == 0)
            err = expect_close(r, "KEYVALUE");
    }
    if (err != 0)
        return err;
    for (size_t i = from; i < *len; i++)
        if (r->scratch[i] == '"' || r->scratch[i] == '\\')
            return embedded_refuse(r, t.at, "a key cannot hold quotes or backslashes");
    r->scratch[(*len)++] = '"';
    return expect_close(r, "KEYBINDING");
}

static int take_path(struct embedded_reader *r, struct embedded_property *p)
{
    struct tag t;
    int err = expect_open(r, "INSTANCENAME", &t);
    if (err != 0)
        return err;
    if (t.class_name == NULL || t.empty)
        return embedded_refuse(r, t.at, "INSTANCENAME needs CLASSNAME and a key");
    size_t len = t.class_len;
    memcpy(r->scratch, t.class_name, len);
    char mark = '.';
    for (;;) {
        err = take_tag(r, &t);
        if (err != 0)
            return err;
        if (t.end && is(t.name, t.name_len, "INSTANCENAME"))
            break;
        if (!opens(&t, "KEYBINDING"))
            return embedded_refuse(r, t.at, "<KEYBINDING> is expected");
        r->scratch[len++] = mark;
        mark = ',';
        err = take_key(r, &t, &len);
        if (err != 0)
            return err;
    }
    return embedded_add_value(p, r->scratch, len);
}

static int take_reference(struct embedded_reader *r, struct embedded_property *p)
{
    struct tag t;
    p->kind = EMBEDDED_REFERENCE;
    int err = take_tag(r, &t);
    if (err != 0)
        return err;
    if (t.end && is(t.name, t.name_len, "PROPERTY.REFERENCE")) {
        p->kind = EMBEDDED_NULL;
        return 0;
    }
    if (!opens(&t, "VALUE.REFERENCE") || t.empty)
        return embedded_refuse(r, t.at, "<VALUE.REFERENCE> is expected");
    err = take_path(r, p);
    if (err == 0)
        err = expect_close(r, "VALUE.REFERENCE");
    return err != 0 ? err : expect_close(r, "PROPERTY.REFERENCE");
}

static int take_property(struct embedded_reader *r, const struct tag *t)
{
    bool single = opens(t, "PROPERTY"), array = opens(t, "PROPERTY.ARRAY"),
         reference = opens(t, "PROPERTY.REFERENCE");
    if (!single && !array && !reference)
        return embedded_refuse(r, t->at, "<PROPERTY> or </INSTANCE> is expected");
    if (t->name_attribute == NULL || t->attribute_len == 0 ||
        embedded_name_length(t->name_attribute) != t->attribute_len)
        return embedded_refuse(r, t->at, "NAME is missing or no name");
    struct embedded_property *p;
    int err = embedded_add(r, t->name_attribute, t->attribute_len, t->at, &p);
    if (err == 0 && !reference)
        err = set_kind(r, t, p);
    if (err != 0)
        return err;
    if (t->empty) {
        p->kind = EMBEDDED_NULL;
        return 0;
    }
    return single ? take_single(r, p) : array ? take_array(r, p) : take_reference(r, p);
}

int embedded_parse_xml(struct embedded_reader *r)
{
    struct tag t;
    int err = expect_open(r, "INSTANCE", &t);
    if (err != 0)
        return err;
    if (t.class_name == NULL || t.class_len == 0 || embedded_name_length(t.class_name) != t.class_len)
        return embedded_refuse(r, t.at, "CLASSNAME is missing or no name");
    err = embedded_set_class(r, t.class_name, t.class_len);
    while (err == 0 && !t.empty) {
        err = take_tag(r, &t);
        if (err != 0 || (t.end && is(t.name, t.name_len, "INSTANCE")))
            break;
        err = take_property(r, &t);
        t.empty = false;
    }
    if (err == 0)
        err = skip(r);
    if (err == 0 && *r->at != '\0')
        return embedded_refuse(r, r->at, "there is something after the instance");
    return err;
}
