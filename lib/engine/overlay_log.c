/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the log; overlay_replay.c reads it. See overlay_log.h. */
#include "engine/overlay_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/overlay_format.h"
#include "util/crc32c.h"

/* Ids may hold anything: what is not plain is written as %XX, and what is long ends in its checksum. */
static void name_files(struct overlay_log *l, const char *id)
{
    char plain[200];
    size_t n = 0;
    for (const char *p = id; *p && n + 4 < sizeof plain; p++) {
        unsigned char c = (unsigned char)*p;
        bool fine = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                    c == '_';
        n += (size_t)snprintf(plain + n, sizeof plain - n, fine ? "%c" : "%%%02X", c);
    }
    plain[n] = '\0';
    for (int i = 0; i < 2; i++)
        (void)snprintf(l->name[i], sizeof l->name[i], "overlay/%s.%08x.log%d", plain,
                       crc32c(0, id, strlen(id)), i);
}

int overlay_log_init(struct overlay_log *l, struct vfs *vfs, const char *volume_id, const char *identity)
{
    memset(l, 0, sizeof *l);
    l->vfs = vfs;
    name_files(l, volume_id);
    (void)snprintf(l->identity, sizeof l->identity, "%s", identity);
    int rc = -pthread_mutex_init(&l->lock, NULL);
    if (rc)
        return rc;
    rc = -pthread_mutex_init(&l->sync_lock, NULL);
    if (rc)
        pthread_mutex_destroy(&l->lock);
    return rc;
}

void overlay_log_close(struct overlay_log *l)
{
    for (int i = 0; i < 2; i++)
        if (l->files[i].file)
            l->files[i].file->ops->close(l->files[i].file);
    pthread_mutex_destroy(&l->sync_lock);
    pthread_mutex_destroy(&l->lock);
}

bool overlay_log_exists(struct vfs *vfs, const char *volume_id)
{
    struct overlay_log names = {0};
    bool exists = false;
    name_files(&names, volume_id);
    for (int i = 0; i < 2; i++) {
        struct vfs_file *f;
        if (vfs->ops->open(vfs, names.name[i], 0, &f) == 0) {
            f->ops->close(f);
            exists = true;
        }
    }
    return exists;
}

int overlay_log_remove(struct overlay_log *l)
{
    int rc = 0;
    for (int i = 0; i < 2; i++) {
        int unlinked = l->vfs->ops->unlink(l->vfs, l->name[i]);
        if (unlinked && unlinked != -ENOENT)
            rc = unlinked;
    }
    int synced = l->vfs->ops->sync_dir(l->vfs, "overlay");
    return rc ? rc : synced;
}

uint64_t overlay_log_older(struct overlay_log *l)
{
    pthread_mutex_lock(&l->lock);
    const struct overlay_file *f = &l->files[!l->active];
    uint64_t generation = f->idle ? 0 : f->generation;
    pthread_mutex_unlock(&l->lock);
    return generation;
}

bool overlay_log_failed(struct overlay_log *l)
{
    pthread_mutex_lock(&l->lock);
    bool failed = l->failed != 0;
    pthread_mutex_unlock(&l->lock);
    return failed;
}

/* Under the lock. */
int overlay_begin_file(struct overlay_log *l, struct overlay_file *f, uint64_t generation)
{
    struct overlay_file_header h = {
        .magic = OVERLAY_FILE_MAGIC, .version = OVERLAY_VERSION, .generation = generation};
    memcpy(h.identity, l->identity, sizeof h.identity);
    h.crc = crc32c(0, &h, sizeof h);
    int rc = f->file->ops->pwrite(f->file, &h, sizeof h, 0);
    if (rc)
        return rc;
    f->generation = generation;
    f->records = 0;
    f->tail = sizeof h;
    f->synced = 0;
    f->idle = false;
    return 0;
}

int overlay_log_append(struct overlay_log *l, struct overlay_record *r)
{
    pthread_mutex_lock(&l->lock);
    struct overlay_file *f = &l->files[l->active];
    int rc = l->failed;
    struct overlay_record_header h = {.magic = OVERLAY_RECORD_MAGIC,
                                      .length = r->length,
                                      .generation = f->generation,
                                      .number = f->records,
                                      .epoch = r->epoch,
                                      .offset = r->offset,
                                      .synced = f->synced};
    h.crc = crc32c(crc32c(0, &h, sizeof h), r->bytes + OVERLAY_HEADER, (size_t)r->length);
    memcpy(r->bytes, &h, sizeof h);
    r->generation = f->generation;
    if (!rc) {
        rc = f->file->ops->pwrite(f->file, r->bytes, OVERLAY_HEADER + (size_t)r->length, f->tail);
        l->failed = rc;
    }
    if (!rc) {
        f->records++;
        f->tail = overlay_after(f->tail, r->length);
        atomic_store(&l->bytes, f->tail);
    }
    pthread_mutex_unlock(&l->lock);
    return rc;
}

uint64_t overlay_log_bytes(struct overlay_log *l)
{
    pthread_mutex_lock(&l->lock);
    uint64_t bytes = l->files[l->active].tail;
    pthread_mutex_unlock(&l->lock);
    return bytes;
}

int overlay_log_switch(struct overlay_log *l, uint64_t *old)
{
    pthread_mutex_lock(&l->lock);
    struct overlay_file *next = &l->files[!l->active];
    int rc = l->failed;
    if (!rc && !next->idle) /* it has never been used */
        rc = overlay_begin_file(l, next, l->generation + 1);
    if (!rc) {
        *old = l->generation;
        l->generation = next->generation;
        next->idle = false;
        l->active = !l->active;
        atomic_store(&l->bytes, next->tail);
    }
    pthread_mutex_unlock(&l->lock);
    return rc;
}

int overlay_log_retire(struct overlay_log *l, uint64_t generation)
{
    pthread_mutex_lock(&l->sync_lock);
    pthread_mutex_lock(&l->lock);
    struct overlay_file *old = &l->files[!l->active];
    int rc = l->failed;
    if (!rc && old->generation == generation)
        rc = overlay_begin_file(l, old, l->generation + 1);
    old->idle = true; /* nobody syncs it for a host any more: no need of the lock meanwhile */
    pthread_mutex_unlock(&l->lock);
    if (!rc)
        rc = old->file->ops->sync(old->file);
    pthread_mutex_lock(&l->lock);
    if (rc)
        l->failed = rc;
    else
        old->synced = old->tail;
    pthread_mutex_unlock(&l->lock);
    pthread_mutex_unlock(&l->sync_lock);
    return rc;
}

int overlay_log_sync(struct overlay_log *l)
{
    int rc = 0;
    pthread_mutex_lock(&l->sync_lock);
    for (int step = 0; !rc && step < 2; step++) {
        pthread_mutex_lock(&l->lock);
        /* The older one first: what is durable is then a beginning of all that was written. */
        struct overlay_file *f = &l->files[step == 0 ? !l->active : l->active];
        uint64_t tail = f->tail, generation = f->generation;
        bool dirty = generation && !f->idle && f->synced < tail;
        rc = l->failed;
        pthread_mutex_unlock(&l->lock);
        if (rc || !dirty)
            continue;
        rc = f->file->ops->sync(f->file);
        if (!rc && !l->named) {
            rc = l->vfs->ops->sync_dir(l->vfs, "overlay");
            l->named = rc == 0;
        }
        pthread_mutex_lock(&l->lock);
        if (rc)
            l->failed = rc;
        else if (f->generation == generation && f->synced < tail)
            f->synced = tail;
        pthread_mutex_unlock(&l->lock);
    }
    pthread_mutex_unlock(&l->sync_lock);
    return rc;
}
