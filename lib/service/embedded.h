/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded instances: CIM objects as text inside a string, in the two encodings that clients use.
 *
 *   MOF      instance of CIM_X { Pairing = 3; Name = "a"; List = {1, 2}; };
 *   CIM-XML  <INSTANCE CLASSNAME="CIM_X"><PROPERTY NAME="Pairing" TYPE="uint16"><VALUE>3</VALUE></PROPERTY>
 *            … PROPERTY.ARRAY with VALUE.ARRAY, PROPERTY.REFERENCE …</INSTANCE>
 *
 * Reading gives a list of properties with their values as text; which class they belong to and what they
 * mean is the caller's business (settings.c). A reference is a string that holds an object path,
 * `CIM_X.Key="value"`, in both encodings. The text comes from outside: it is bounded (EMBEDDED_MAX),
 * memory is in proportion to it, nesting is not recursive, and every refusal says at which byte.
 */
#ifndef RSVC_SERVICE_EMBEDDED_H
#define RSVC_SERVICE_EMBEDDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/service.h>

#define EMBEDDED_MAX 65536u /* bytes of text, the NUL not counted */

enum embedded_kind { EMBEDDED_NULL, EMBEDDED_NUMBER, EMBEDDED_BOOLEAN, EMBEDDED_STRING, EMBEDDED_REFERENCE };

struct embedded_property {
    char *name;
    enum embedded_kind kind; /* as written; of every value */
    bool array;
    char type[16]; /* CIM-XML: the TYPE attribute; MOF: "" */
    char **values; /* n of them; booleans are "TRUE" or "FALSE", numbers decimal */
    size_t n;
    size_t position; /* byte of the text where it begins */
};

struct embedded {
    char *class_name;
    struct embedded_property *properties; /* in the order of the text, each name once */
    size_t n, room;
};

struct embedded_error {
    size_t position; /* byte of the text, from 0 */
    char reason[160];
};

/* 0; -EINVAL with *error: not such a text; -ENOMEM. The result is to be cleared in any case. */
int embedded_parse(const char *text, struct embedded *out, struct embedded_error *error);
void embedded_clear(struct embedded *e);
/* By name, without regard to case; NULL: not there. */
const struct embedded_property *embedded_find(const struct embedded *e, const char *name);

/* One value of a property as that type: 0 or -EINVAL. Intervals are CIM datetimes such as
 * "00000001020304.000000:000", here in microseconds; times "20261124213000.000000+000" since the epoch. */
int embedded_u64(const struct embedded_property *p, size_t i, uint64_t *value);
int embedded_bool(const struct embedded_property *p, size_t i, bool *value);
int embedded_interval(const struct embedded_property *p, size_t i, int64_t *us);
int embedded_time(const struct embedded_property *p, size_t i, int64_t *us);

/* ---- writing ---- */

struct embedded_writer {
    enum replsvc_encoding encoding;
    char *text; /* from mem_alloc */
    size_t len, room;
    int err; /* sticky */
};

void embedded_begin(struct embedded_writer *w, enum replsvc_encoding encoding, const char *class_name);
/* type: "uint8", "uint16", "uint32" or "uint64". */
void embedded_put_number(struct embedded_writer *w, const char *name, const char *type, uint64_t value);
void embedded_put_bool(struct embedded_writer *w, const char *name, bool value);
void embedded_put_string(struct embedded_writer *w, const char *name, const char *value);
void embedded_put_strings(struct embedded_writer *w, const char *name, const char *const values[], size_t n);
void embedded_put_interval(struct embedded_writer *w, const char *name, int64_t us);
void embedded_put_time(struct embedded_writer *w, const char *name, int64_t us);
/* A reference to the object of that class whose key property has that value. */
void embedded_put_reference(struct embedded_writer *w, const char *name, const char *class_name,
                            const char *key, const char *value);
/* The whole text (mem_free), or NULL: no memory. The writer holds nothing afterwards. */
char *embedded_end(struct embedded_writer *w);
/* A list of texts for a caller, as one block: pointers, then the texts, which are copied. NULL: no memory. */
char **embedded_pack(char **texts, size_t n);

/* ---- for the two parsers (embedded_mof.c, embedded_xml.c) ---- */

struct embedded_reader {
    const char *text, *at;
    struct embedded *out;
    struct embedded_error *error;
    char *scratch; /* room for any one token of the text */
};

int embedded_parse_mof(struct embedded_reader *r);
int embedded_parse_xml(struct embedded_reader *r);
/* Leaves the reason with the position of `at` (inside the text): -EINVAL. */
int embedded_refuse(struct embedded_reader *r, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int embedded_set_class(struct embedded_reader *r, const char *name, size_t len);
/* A new property at the end; -EINVAL: the name comes twice. *p is valid until the next one. */
int embedded_add(struct embedded_reader *r, const char *name, size_t len, const char *at,
                 struct embedded_property **p);
int embedded_add_value(struct embedded_property *p, const char *value, size_t len);
/* Bytes of a name ([A-Za-z_][A-Za-z0-9_]*) at `at`; 0: none. */
size_t embedded_name_length(const char *at);
/* Appends a code point as UTF-8 at `to`; the bytes written, 0: not a character that text may hold. */
size_t embedded_utf8(char *to, uint32_t code);
/* Bytes of one well-formed UTF-8 character at `at` that text may hold; 0: not one. */
size_t embedded_utf8_length(const char *at);

#endif
