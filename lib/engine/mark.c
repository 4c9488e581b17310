/* SPDX-License-Identifier: BSD-2-Clause */
/* See mark.h. A slot is one 4 KiB block of little-endian fields; slot = number modulo 2. */
#include "engine/mark.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/crc32c.h"

#define SLOT 4096u
#define MAGIC 0x4b52414d43565352u /* "RSVCMARK" */

struct slot {
    uint64_t magic, number, restore_order;
    uint32_t err; /* positive errno */
    uint32_t crc; /* of the whole slot with this field 0 */
    uint32_t detached, tracked, whole, reserved;
    char text[256];
    char zero[SLOT - 6 * 8 - 256];
};
_Static_assert(sizeof(struct slot) == SLOT, "a slot is a block");

static int write_slot(struct mark *m, uint64_t number)
{
    struct slot s = {.magic = htole64(MAGIC),
                     .number = htole64(number),
                     .restore_order = htole64(m->restore_order),
                     .err = htole32((uint32_t)-m->err),
                     .detached = htole32(m->detached)};
    s.tracked = htole32(m->tracked);
    s.whole = htole32(m->whole);
    memcpy(s.text, m->text, sizeof s.text);
    s.crc = htole32(crc32c(0, &s, sizeof s));
    return m->file->ops->pwrite(m->file, &s, sizeof s, number % 2 * SLOT);
}

static bool read_slot(struct mark *m, uint64_t index, struct slot *s)
{
    if (m->file->ops->pread(m->file, s, sizeof *s, index * SLOT))
        return false;
    uint32_t crc = le32toh(s->crc);
    s->crc = 0;
    return crc == crc32c(0, s, sizeof *s) && le64toh(s->magic) == MAGIC && le64toh(s->number) % 2 == index;
}

int mark_create(struct vfs *vfs, const char *name, struct mark *m)
{
    memset(m, 0, sizeof *m);
    int rc = vfs->ops->open(vfs, name, VFS_CREATE | VFS_EXCL, &m->file);
    if (rc)
        return rc;
    rc = write_slot(m, 0);
    if (!rc)
        rc = write_slot(m, 1);
    if (!rc)
        rc = m->file->ops->sync(m->file);
    if (rc) {
        mark_close(m);
        (void)vfs->ops->unlink(vfs, name);
    }
    m->number = 1;
    return rc;
}

int mark_open(struct vfs *vfs, const char *name, struct mark *m)
{
    memset(m, 0, sizeof *m);
    int rc = vfs->ops->open(vfs, name, 0, &m->file);
    if (rc)
        return rc;
    struct slot s[2];
    bool whole[2] = {read_slot(m, 0, &s[0]), read_slot(m, 1, &s[1])};
    if (!whole[0] && !whole[1]) {
        mark_close(m);
        return -EUCLEAN;
    }
    size_t newest = !whole[0] || (whole[1] && le64toh(s[1].number) > le64toh(s[0].number)) ? 1 : 0;
    m->number = le64toh(s[newest].number);
    m->err = -(int32_t)le32toh(s[newest].err);
    m->restore_order = le64toh(s[newest].restore_order);
    m->tracked = le32toh(s[newest].tracked);
    m->whole = le32toh(s[newest].whole);
    m->detached = le32toh(s[newest].detached);
    memcpy(m->text, s[newest].text, sizeof m->text);
    m->text[sizeof m->text - 1] = '\0';
    return 0;
}

int mark_store(struct mark *m)
{
    int rc = write_slot(m, m->number + 1);
    if (!rc)
        rc = m->file->ops->sync(m->file);
    if (!rc)
        m->number++;
    return rc;
}

void mark_close(struct mark *m)
{
    if (m->file)
        m->file->ops->close(m->file);
    m->file = NULL;
}

int mark_forsake(struct vfs *vfs, const char *name, bool mirror, int err, const char *text)
{
    struct mark m = {0};
    int rc = mark_open(vfs, name, &m);
    if (rc == -ENOENT || rc == -EUCLEAN)
        return 0;
    if (rc)
        return rc;
    if (!m.err) {
        m.err = err;
        (void)snprintf(m.text, sizeof m.text, "%s", text);
    }
    m.tracked = m.whole = 0;
    if (mirror && !m.restore_order)
        m.restore_order = 1; /* of a mirror it means that everything is marked when it is loaded */
    rc = mark_store(&m);
    mark_close(&m);
    return rc;
}
