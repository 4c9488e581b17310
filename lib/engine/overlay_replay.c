/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading the overlay log at open. See overlay_log.h for what counts and what is damage. */
#include <errno.h>
#include <string.h>

#include <replsvc/backend.h>

#include "engine/overlay_format.h"
#include "util/alloc.h"
#include "util/crc32c.h"

static void free_list(struct overlay_record *r)
{
    while (r) {
        struct overlay_record *next = r->next;
        mem_free(r);
        r = next;
    }
}

static bool header_is_whole(struct overlay_record_header *h, uint64_t generation)
{
    return h->magic == OVERLAY_RECORD_MAGIC && h->generation == generation && h->length > 0 &&
           h->length <= OVERLAY_LONGEST;
}

/* The record at an offset: 0, -ENODATA if there is no whole one, or an error. */
static int read_record(struct overlay_file *f, uint64_t size, uint64_t at, struct overlay_record_header *h,
                       struct overlay_record **out)
{
    *out = NULL;
    if (at + OVERLAY_HEADER > size)
        return -ENODATA;
    int rc = f->file->ops->pread(f->file, h, sizeof *h, at);
    if (rc)
        return rc;
    if (!header_is_whole(h, f->generation) || h->length > size - at - OVERLAY_HEADER)
        return -ENODATA;
    struct overlay_record *r = mem_alloc(sizeof *r + OVERLAY_HEADER + h->length);
    if (!r)
        return -ENOMEM;
    *r = (struct overlay_record){
        .generation = h->generation, .epoch = h->epoch, .offset = h->offset, .length = h->length};
    r->bytes = (char *)(r + 1);
    rc = h->length ? f->file->ops->pread(f->file, r->bytes + OVERLAY_HEADER, h->length, at + OVERLAY_HEADER)
                   : 0;
    struct overlay_record_header zero = *h;
    zero.crc = 0;
    if (!rc && crc32c(crc32c(0, &zero, sizeof zero), r->bytes + OVERLAY_HEADER, h->length) != h->crc)
        rc = -ENODATA;
    if (rc)
        mem_free(r);
    else
        *out = r;
    return rc;
}

/* Whether the record that begins here says that what is at `bad` had been made durable. */
static int claims(struct overlay_file *f, const char *name, uint64_t size, uint64_t at, uint64_t bad)
{
    struct overlay_record_header h;
    struct overlay_record *r;
    int rc = read_record(f, size, at, &h, &r);
    if (rc == -ENODATA)
        return 0;
    if (rc)
        return rc;
    mem_free(r);
    if (h.number <= f->records || h.synced <= bad)
        return 0;
    replsvc_backend_set_error("%s: the record at offset %llu is damaged", name, (unsigned long long)bad);
    return -EUCLEAN;
}

/* Looks for such a record in all that follows; mostly that is records of generations long gone. */
static int look_for_claims(struct overlay_file *f, const char *name, uint64_t size, uint64_t bad)
{
    const size_t room = 64 * 1024;
    char *buffer = mem_alloc(room);
    if (!buffer)
        return -ENOMEM;
    int rc = 0;
    for (uint64_t at = bad; !rc && at + OVERLAY_HEADER <= size; at += room) {
        size_t n = size - at < room ? (size_t)(size - at) / OVERLAY_HEADER * OVERLAY_HEADER : room;
        rc = f->file->ops->pread(f->file, buffer, n, at);
        for (size_t i = 0; !rc && i < n; i += OVERLAY_HEADER) {
            struct overlay_record_header h;
            memcpy(&h, buffer + i, sizeof h);
            if (at + i > bad && header_is_whole(&h, f->generation))
                rc = claims(f, name, size, at + i, bad);
        }
    }
    mem_free(buffer);
    return rc;
}

/* All records of one generation. */
static int read_generation(struct overlay_file *f, const char *name, struct overlay_record **records)
{
    uint64_t size;
    int rc = f->file->ops->size(f->file, &size);
    struct overlay_record **link = records;
    *records = NULL;
    while (!rc) {
        struct overlay_record_header h;
        struct overlay_record *r;
        rc = read_record(f, size, f->tail, &h, &r);
        if (!rc && h.number != f->records) {
            mem_free(r);
            rc = -ENODATA;
        }
        if (rc)
            break;
        f->tail = overlay_after(f->tail, h.length);
        f->records++;
        *link = r;
        link = &r->next;
    }
    if (rc == -ENODATA)
        rc = look_for_claims(f, name, size, f->tail);
    if (!rc && size > f->tail) {
        /* What a crash left behind the last whole record must not come to life when records reach it. */
        rc = f->file->ops->truncate(f->file, f->tail);
        if (!rc)
            rc = f->file->ops->sync(f->file);
    }
    if (rc) {
        free_list(*records);
        *records = NULL;
    }
    return rc;
}

/* Generation 0: nothing in it that counts (a header is whole, or its records were never synced). */
static int read_file_header(struct overlay_log *l, int i)
{
    struct overlay_file *f = &l->files[i];
    struct overlay_file_header h;
    int rc = f->file->ops->pread(f->file, &h, sizeof h, 0);
    if (rc == -ENODATA)
        return 0;
    if (rc)
        return rc;
    uint32_t crc = h.crc;
    h.crc = 0;
    if (h.magic != OVERLAY_FILE_MAGIC || crc != crc32c(0, &h, sizeof h))
        return 0;
    if (h.version != OVERLAY_VERSION) {
        replsvc_backend_set_error("%s: version %u of the overlay log is not known", l->name[i], h.version);
        return -EPROTO;
    }
    if (memcmp(h.identity, l->identity, sizeof h.identity) != 0) {
        replsvc_backend_set_error("%s: holds writes for another medium (%.127s)", l->name[i], h.identity);
        return -ESTALE;
    }
    f->generation = h.generation;
    f->tail = sizeof h;
    return 0;
}

static int open_files(struct overlay_log *l)
{
    int rc = 0;
    for (int i = 0; !rc && i < 2; i++) {
        rc = l->vfs->ops->open(l->vfs, l->name[i], VFS_CREATE, &l->files[i].file);
        if (!rc)
            rc = read_file_header(l, i);
    }
    return rc;
}

/* Older first. The newer generation goes on. */
static void join(struct overlay_log *l, struct overlay_record *list[2], struct overlay_record **records)
{
    int older = l->files[0].generation <= l->files[1].generation ? 0 : 1;
    struct overlay_record **link = records;
    *records = list[older];
    while (*link)
        link = &(*link)->next;
    *link = list[!older];
    l->active = !older;
    l->generation = l->files[!older].generation;
}

int overlay_log_open(struct overlay_log *l, struct vfs *vfs, const char *volume_id, const char *identity,
                     struct overlay_record **records, uint64_t *max_epoch)
{
    struct overlay_record *list[2] = {NULL, NULL};
    int rc = overlay_log_init(l, vfs, volume_id, identity);
    if (rc)
        return rc;
    rc = open_files(l);
    for (int i = 0; !rc && i < 2; i++)
        if (l->files[i].generation)
            rc = read_generation(&l->files[i], l->name[i], &list[i]);
    if (rc) {
        free_list(list[0]);
        overlay_log_close(l);
        return rc;
    }
    join(l, list, records);
    if (!l->generation) {
        rc = overlay_begin_file(l, &l->files[l->active], 1);
        if (rc) {
            overlay_log_close(l);
            return rc;
        }
        l->generation = 1;
    }
    atomic_store(&l->bytes, l->files[l->active].tail);
    *max_epoch = 0;
    for (const struct overlay_record *r = *records; r; r = r->next)
        *max_epoch = r->epoch > *max_epoch ? r->epoch : *max_epoch;
    return 0;
}
