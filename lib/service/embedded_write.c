/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing embedded instances in both encodings; see embedded.h. What is written here is read there. */
#include "service/embedded.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"

static void put(struct embedded_writer *w, const char *text, size_t len)
{
    if (w->err != 0)
        return;
    if (len >= w->room - w->len) { /* the NUL has its place, too */
        size_t room = 2 * w->room + len + 256;
        char *more = mem_grow(w->text, room, 1);
        if (more == NULL) {
            w->err = -ENOMEM;
            return;
        }
        w->text = more;
        w->room = room;
    }
    memcpy(w->text + w->len, text, len);
    w->len += len;
    w->text[w->len] = '\0';
}

static void put_text(struct embedded_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

/* Names, types and numbers of the library's own: short and without special characters. */
__attribute__((format(printf, 2, 3))) static void put_format(struct embedded_writer *w, const char *format,
                                                             ...)
{
    char line[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    put_text(w, line);
}

static bool xml(const struct embedded_writer *w)
{
    return w->encoding == REPLSVC_ENCODING_CIM_XML;
}

static void escape_mof(struct embedded_writer *w, char c)
{
    const char *from = "\b\t\n\f\r\"\\", *to = "btnfr\"\\", *hit = strchr(from, c);
    if (hit != NULL)
        put_format(w, "\\%c", to[hit - from]);
    else
        put(w, &c, 1);
}

static void escape_xml(struct embedded_writer *w, char c)
{
    switch (c) {
    case '<':
        put_text(w, "&lt;");
        break;
    case '>':
        put_text(w, "&gt;");
        break;
    case '&':
        put_text(w, "&amp;");
        break;
    case '"':
        put_text(w, "&quot;");
        break;
    default:
        if ((unsigned char)c < 0x20)
            put_format(w, "&#%u;", (unsigned char)c);
        else
            put(w, &c, 1);
    }
}

/* What no reader would take (control characters, broken UTF-8) becomes '?'. */
static void put_escaped(struct embedded_writer *w, const char *text)
{
    while (*text != '\0') {
        size_t n = embedded_utf8_length(text);
        if (n > 1)
            put(w, text, n);
        else if (xml(w))
            escape_xml(w, n == 0 ? '?' : *text);
        else
            escape_mof(w, n == 0 ? '?' : *text);
        text += n != 0 ? n : 1;
    }
}

void embedded_begin(struct embedded_writer *w, enum replsvc_encoding encoding, const char *class_name)
{
    memset(w, 0, sizeof(*w));
    w->encoding = encoding;
    put_format(w, xml(w) ? "<INSTANCE CLASSNAME=\"%s\">\n" : "instance of %s {\n", class_name);
}

char *embedded_end(struct embedded_writer *w)
{
    put_text(w, xml(w) ? "</INSTANCE>\n" : "};\n");
    char *text = w->text;
    if (w->err != 0) {
        mem_free(text);
        text = NULL;
    }
    memset(w, 0, sizeof(*w));
    return text;
}

/* A value that needs no escapes and is not quoted. */
static void put_plain(struct embedded_writer *w, const char *name, const char *type, const char *value)
{
    if (xml(w))
        put_format(w, "  <PROPERTY NAME=\"%s\" TYPE=\"%s\"><VALUE>%s</VALUE></PROPERTY>\n", name, type,
                   value);
    else
        put_format(w, "    %s = %s;\n", name, value);
}

void embedded_put_number(struct embedded_writer *w, const char *name, const char *type, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_plain(w, name, type, text);
}

void embedded_put_bool(struct embedded_writer *w, const char *name, bool value)
{
    put_plain(w, name, "boolean", value ? "TRUE" : "FALSE");
}

static void put_typed_string(struct embedded_writer *w, const char *name, const char *type, const char *value)
{
    if (xml(w))
        put_format(w, "  <PROPERTY NAME=\"%s\" TYPE=\"%s\"><VALUE>", name, type);
    else
        put_format(w, "    %s = \"", name);
    put_escaped(w, value);
    put_text(w, xml(w) ? "</VALUE></PROPERTY>\n" : "\";\n");
}

void embedded_put_string(struct embedded_writer *w, const char *name, const char *value)
{
    put_typed_string(w, name, "string", value);
}

void embedded_put_strings(struct embedded_writer *w, const char *name, const char *const values[], size_t n)
{
    put_format(w, xml(w) ? "  <PROPERTY.ARRAY NAME=\"%s\" TYPE=\"string\"><VALUE.ARRAY>" : "    %s = {",
               name);
    for (size_t i = 0; i < n; i++) {
        put_text(w, xml(w) ? "<VALUE>" : i != 0 ? ", \"" : "\"");
        put_escaped(w, values[i]);
        put_text(w, xml(w) ? "</VALUE>" : "\"");
    }
    put_text(w, xml(w) ? "</VALUE.ARRAY></PROPERTY.ARRAY>\n" : "};\n");
}

void embedded_put_interval(struct embedded_writer *w, const char *name, int64_t us)
{
    char text[64];
    int64_t s = us / 1000000, days = s / 86400;
    if (days > 99999999) { /* the longest that the form can say */
        days = 99999999;
        s = 86399;
        us = 999999;
    }
    snprintf(text, sizeof(text), "%08d%02d%02d%02d.%06d:000", (int)days, (int)(s / 3600 % 24),
             (int)(s / 60 % 60), (int)(s % 60), (int)(us % 1000000));
    put_typed_string(w, name, "datetime", text);
}

void embedded_put_time(struct embedded_writer *w, const char *name, int64_t us)
{
    char text[64], date[32];
    time_t s = (time_t)(us / 1000000);
    struct tm tm;
    if (us < 0 || gmtime_r(&s, &tm) == NULL || strftime(date, sizeof(date), "%Y%m%d%H%M%S", &tm) != 14)
        return; /* no date that CIM can write */
    snprintf(text, sizeof(text), "%s.%06d+000", date, (int)(us % 1000000));
    put_typed_string(w, name, "datetime", text);
}

void embedded_put_reference(struct embedded_writer *w, const char *name, const char *class_name,
                            const char *key, const char *value)
{
    if (xml(w)) {
        put_format(w,
                   "  <PROPERTY.REFERENCE NAME=\"%s\" REFERENCECLASS=\"%s\"><VALUE.REFERENCE><INSTANCENAME "
                   "CLASSNAME=\"%s\"><KEYBINDING NAME=\"%s\"><KEYVALUE VALUETYPE=\"string\">",
                   name, class_name, class_name, key);
        put_escaped(w, value);
        put_text(w, "</KEYVALUE></KEYBINDING></INSTANCENAME></VALUE.REFERENCE></PROPERTY.REFERENCE>\n");
    } else {
        put_format(w, "    %s = \"%s.%s=\\\"", name, class_name, key);
        put_escaped(w, value);
        put_text(w, "\\\"\";\n");
    }
}

char **embedded_pack(char **texts, size_t n)
{
    size_t size = n * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        size += strlen(texts[i]) + 1;
    char **block = mem_alloc(size);
    if (block == NULL)
        return NULL;
    char *at = (char *)(block + n);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(texts[i]) + 1;
        memcpy(at, texts[i], len);
        block[i] = at;
        at += len;
    }
    return block;
}
