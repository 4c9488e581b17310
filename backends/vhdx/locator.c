/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing parent locators: see locator.h. */
#include "vhdx/locator.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/alloc.h"
#include "vhdx/error.h"

#define PAIR(i) (20 + 12 * (size_t)(i))

/* ---- UTF-16 and UTF-8 ---- */

/* The text as UTF-8, to be freed; NULL: not valid text, or no memory (*err). */
static char *from_utf16(const uint8_t *p, size_t bytes, int *err)
{
    char *out = mem_alloc(bytes / 2 * 3 + 1), *o = out;
    *err = out == NULL ? -ENOMEM : VHDX_CORRUPT;
    for (size_t i = 0; i + 1 < bytes && out != NULL; i += 2) {
        uint32_t c = vhdx_get16(p, i);
        if (c >= 0xd800 && c < 0xdc00 && i + 3 < bytes && (vhdx_get16(p, i + 2) & 0xfc00) == 0xdc00) {
            c = 0x10000 + ((c - 0xd800) << 10) + (vhdx_get16(p, i + 2) & 0x3ffu);
            i += 2;
        } else if (c == 0 || (c >= 0xd800 && c < 0xe000)) {
            mem_free(out);
            return NULL;
        }
        if (c < 0x80) {
            *o++ = (char)c;
        } else if (c < 0x800) {
            *o++ = (char)(0xc0 | c >> 6);
            *o++ = (char)(0x80 | (c & 0x3f));
        } else {
            if (c < 0x10000) {
                *o++ = (char)(0xe0 | c >> 12);
            } else {
                *o++ = (char)(0xf0 | c >> 18);
                *o++ = (char)(0x80 | (c >> 12 & 0x3f));
            }
            *o++ = (char)(0x80 | (c >> 6 & 0x3f));
            *o++ = (char)(0x80 | (c & 0x3f));
        }
    }
    if (out != NULL)
        *o = '\0';
    return out;
}

/* One character of UTF-8; its length, or 0 if it is not valid. */
static size_t decode_utf8(const uint8_t *p, uint32_t *c)
{
    size_t n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : *p >= 0xc0 ? 2 : 0;
    static const uint8_t mask[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (n == 0)
        return 0;
    *c = *p & mask[n];
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (p[i] & 0x3fu);
    }
    return *c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000) ? 0 : n;
}

/* Appends text at *used; false if it does not fit or is not UTF-8. */
static bool to_utf16(const char *text, uint8_t *out, uint32_t room, uint32_t *used)
{
    const uint8_t *p = (const uint8_t *)text;
    while (*p != '\0') {
        uint32_t c;
        size_t n = decode_utf8(p, &c);
        if (n == 0 || room - *used < 4)
            return false;
        if (c >= 0x10000) {
            vhdx_put16(out, *used, (uint16_t)(0xd800 + ((c - 0x10000) >> 10)));
            vhdx_put16(out, *used + 2, (uint16_t)(0xdc00 + ((c - 0x10000) & 0x3ff)));
            *used += 4;
        } else {
            vhdx_put16(out, *used, (uint16_t)c);
            *used += 2;
        }
        p += n;
    }
    return true;
}

/* ---- the item ---- */

static int text_of(const uint8_t *item, uint32_t length, uint32_t offset, uint16_t size, uint64_t at,
                   char **text)
{
    int r = VHDX_CORRUPT;
    *text = NULL;
    /* Some writers count the terminator that there should not be. */
    while (size > 2 && size % 2 == 0 && offset <= length && size <= length - offset &&
           vhdx_get16(item + offset, size - 2u) == 0)
        size = (uint16_t)(size - 2);
    if (size != 0 && size % 2 == 0 && size <= VHDX_LOCATOR_MAX_TEXT * 2 && offset <= length &&
        size <= length - offset)
        *text = from_utf16(item + offset, size, &r);
    if (*text != NULL)
        return 0;
    return VHDX_FAIL(r, "parent locator at offset %" PRIu64 ": text of %u bytes at %" PRIu32 " is not valid",
                     at, size, offset);
}

static char **path_of_key(struct vhdx_locator *l, const char *key)
{
    return strcmp(key, "relative_path") == 0         ? &l->relative_path
           : strcmp(key, "volume_path") == 0         ? &l->volume_path
           : strcmp(key, "absolute_win32_path") == 0 ? &l->absolute_path
                                                     : NULL;
}

static struct vhdx_guid *guid_of_key(struct vhdx_locator *l, const char *key)
{
    return strcmp(key, "parent_linkage") == 0    ? &l->linkage
           : strcmp(key, "parent_linkage2") == 0 ? &l->linkage2
                                                 : NULL;
}

/* One pair of the item: where its texts lie. */
struct pair {
    uint32_t key_at, value_at;
    uint16_t key_size, value_size;
};

/* Keeps the bytes of a pair that is not known: its value may be anything. */
static int keep_pair(struct vhdx_locator *l, const uint8_t *item, uint32_t length, const struct pair *p,
                     uint64_t at)
{
    if (p->value_at > length || p->value_size > length - p->value_at)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "parent locator at offset %" PRIu64 ": text of %u bytes at %" PRIu32 " is not valid",
                         at, p->value_size, p->value_at);
    struct vhdx_locator_other *more = mem_grow(l->others, l->n_others + 1, sizeof(*more));
    if (more == NULL)
        return -ENOMEM;
    l->others = more;
    struct vhdx_locator_other *o = &more[l->n_others];
    *o = (struct vhdx_locator_other){mem_alloc((size_t)p->key_size + p->value_size + 1), p->key_size,
                                     p->value_size};
    if (o->text == NULL)
        return -ENOMEM;
    memcpy(o->text, item + p->key_at, p->key_size);
    memcpy(o->text + p->key_size, item + p->value_at, p->value_size);
    l->n_others++;
    return 0;
}

static int take_pair(struct vhdx_locator *l, const uint8_t *item, uint32_t length, const struct pair *p,
                     const char *key, uint64_t at)
{
    char **path = path_of_key(l, key), *value;
    struct vhdx_guid *guid = guid_of_key(l, key);
    if (path == NULL && guid == NULL)
        return keep_pair(l, item, length, p, at);
    int r = text_of(item, length, p->value_at, p->value_size, at, &value);
    if (r != 0)
        return r;
    if (path != NULL && *path == NULL) {
        *path = value;
        return 0;
    }
    if (path != NULL)
        r = VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": %s is there twice", at, key);
    else if (!vhdx_guid_parse(value, guid))
        r = VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": %s is not a GUID", at, key);
    mem_free(value);
    return r;
}

static int take_pairs(const uint8_t *item, uint32_t length, uint64_t at, struct vhdx_locator *l)
{
    unsigned n = vhdx_get16(item, 18);
    if (n == 0 || n > VHDX_LOCATOR_MAX_PAIRS || PAIR(n) > length)
        return VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": %u pairs", at, n);
    int r = 0;
    for (unsigned i = 0; i < n && r == 0; i++) {
        struct pair p = {vhdx_get32(item, PAIR(i)), vhdx_get32(item, PAIR(i) + 4),
                         vhdx_get16(item, PAIR(i) + 8), vhdx_get16(item, PAIR(i) + 10)};
        char *key;
        r = text_of(item, length, p.key_at, p.key_size, at, &key);
        if (r == 0)
            r = take_pair(l, item, length, &p, key, at);
        mem_free(key);
    }
    return r;
}

int vhdx_locator_decode(const uint8_t *item, uint32_t length, uint64_t at, struct vhdx_locator *l)
{
    memset(l, 0, sizeof(*l));
    if (length < PAIR(0))
        return VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": %" PRIu32 " bytes", at, length);
    struct vhdx_guid type = vhdx_get_guid(item, 0);
    if (!vhdx_guid_equal(&type, &vhdx_locator_type))
        return VHDX_FAIL(-ENOTSUP, "parent locator at offset %" PRIu64 ": its type is not known", at);
    int r = take_pairs(item, length, at, l);
    if (r == 0 && vhdx_guid_is_zero(&l->linkage))
        r = VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": no parent_linkage", at);
    if (r == 0 && l->relative_path == NULL && l->volume_path == NULL && l->absolute_path == NULL)
        r = VHDX_FAIL(VHDX_CORRUPT, "parent locator at offset %" PRIu64 ": no path", at);
    if (r != 0)
        vhdx_locator_free(l);
    return r;
}

void vhdx_locator_free(struct vhdx_locator *l)
{
    mem_free(l->relative_path);
    mem_free(l->volume_path);
    mem_free(l->absolute_path);
    for (unsigned i = 0; i < l->n_others; i++)
        mem_free(l->others[i].text);
    mem_free(l->others);
    memset(l, 0, sizeof(*l));
}

static bool put_pair(uint8_t *item, uint32_t room, uint32_t *used, const char *key, const char *value)
{
    unsigned i = vhdx_get16(item, 18);
    uint32_t key_at = *used, value_at;
    if (!to_utf16(key, item, room, used))
        return false;
    value_at = *used;
    if (!to_utf16(value, item, room, used))
        return false;
    vhdx_put32(item, PAIR(i), key_at);
    vhdx_put32(item, PAIR(i) + 4, value_at);
    vhdx_put16(item, PAIR(i) + 8, (uint16_t)(value_at - key_at));
    vhdx_put16(item, PAIR(i) + 10, (uint16_t)(*used - value_at));
    vhdx_put16(item, 18, (uint16_t)(i + 1));
    return *used - value_at <= UINT16_MAX;
}

static bool put_other(uint8_t *item, uint32_t room, uint32_t *used, const struct vhdx_locator_other *o)
{
    unsigned i = vhdx_get16(item, 18);
    uint32_t size = (uint32_t)o->key_size + o->value_size;
    if (room - *used < size)
        return false;
    memcpy(item + *used, o->text, size);
    vhdx_put32(item, PAIR(i), *used);
    vhdx_put32(item, PAIR(i) + 4, *used + o->key_size);
    vhdx_put16(item, PAIR(i) + 8, o->key_size);
    vhdx_put16(item, PAIR(i) + 10, o->value_size);
    vhdx_put16(item, 18, (uint16_t)(i + 1));
    *used += size + size % 2;
    return *used <= room;
}

static void braced(const struct vhdx_guid *g, char text[VHDX_GUID_TEXT_SIZE + 2])
{
    text[0] = '{';
    vhdx_guid_text(g, text + 1);
    strcat(text, "}");
}

int64_t vhdx_locator_encode(const struct vhdx_locator *l, uint8_t *item, uint32_t room)
{
    char guid[VHDX_GUID_TEXT_SIZE + 2];
    uint32_t used = (uint32_t)PAIR(5 + l->n_others);
    if (used > room)
        return -ENAMETOOLONG;
    memset(item, 0, room);
    vhdx_put_guid(item, 0, &vhdx_locator_type);
    braced(&l->linkage, guid);
    bool fits = put_pair(item, room, &used, "parent_linkage", guid);
    braced(&l->linkage2, guid);
    fits = fits && put_pair(item, room, &used, "parent_linkage2", guid);
    if (l->relative_path != NULL)
        fits = fits && put_pair(item, room, &used, "relative_path", l->relative_path);
    if (l->volume_path != NULL)
        fits = fits && put_pair(item, room, &used, "volume_path", l->volume_path);
    if (l->absolute_path != NULL)
        fits = fits && put_pair(item, room, &used, "absolute_win32_path", l->absolute_path);
    for (unsigned i = 0; i < l->n_others && fits; i++)
        fits = put_other(item, room, &used, &l->others[i]);
    return fits ? (int64_t)used : -ENAMETOOLONG;
}

bool vhdx_locator_native_path(const char *windows, char *path, size_t size)
{
    if (windows[0] == '\\' && windows[1] == '\\') /* \\?\Volume{…}\, \\server\share\ */
        return false;
    if (windows[0] != '\0' && windows[1] == ':') /* C:\… */
        return false;
    if (strlen(windows) >= size)
        return false;
    strcpy(path, windows);
    for (char *p = path; *p != '\0'; p++)
        if (*p == '\\')
            *p = '/';
    return *path != '\0';
}

const char *vhdx_locator_file_name(const char *windows)
{
    const char *name = windows;
    for (const char *p = windows; *p != '\0'; p++)
        if (*p == '\\' || *p == '/')
            name = p + 1;
    return name;
}

/* The components of a path, without "." and empty ones, as one string with '/' between. */
static int split(const char *path, char *out, size_t size)
{
    size_t used = 0;
    for (size_t n; *path != '\0'; path += n + (path[n] == '/')) {
        n = strcspn(path, "/");
        if (n == 0 || (n == 1 && *path == '.'))
            continue;
        if (used + n + 2 > size)
            return -ENAMETOOLONG;
        if (used > 0)
            out[used++] = '/';
        memcpy(out + used, path, n);
        used += n;
    }
    out[used] = '\0';
    return 0;
}

/* Length of the folders that two split paths share, with the '/' behind them. */
static size_t common(const char *a, const char *b)
{
    size_t shared = 0;
    for (size_t i = 0; a[i] != '\0' && a[i] == b[i]; i++)
        if (a[i] == '/')
            shared = i + 1;
    return shared;
}

int vhdx_locator_relative(const char *child, const char *parent, char **relative)
{
    const size_t size = VHDX_LOCATOR_MAX_TEXT;
    char *from = mem_alloc(size), *to = mem_alloc(size), *out = mem_alloc(3 * size);
    int r = from != NULL && to != NULL && out != NULL ? split(child, from, size) : -ENOMEM;
    if (r == 0)
        r = split(parent, to, size);
    if (r == 0 && strchr(parent, '\\') != NULL)
        r = VHDX_FAIL(-EINVAL, "%s cannot be named in a VHDX image: it has a backslash", parent);
    if (r == 0) {
        size_t shared = common(from, to), used = 0;
        for (const char *p = from + shared; *p != '\0'; p++)
            if (*p == '/' && used < 2 * size) {
                memcpy(out + used, "..\\", 3);
                used += 3;
            }
        used += (size_t)snprintf(out + used, 3 * size - used, used == 0 ? ".\\%s" : "%s", to + shared);
        for (char *p = out; *p != '\0'; p++)
            *p = *p == '/' ? '\\' : *p;
        if (used >= VHDX_LOCATOR_MAX_TEXT)
            r = -ENAMETOOLONG;
        *relative = r == 0 ? mem_strdup(out) : NULL;
        r = r == 0 && *relative == NULL ? -ENOMEM : r;
    }
    mem_free(from);
    mem_free(to);
    mem_free(out);
    return r;
}
