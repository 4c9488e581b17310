/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making new images. Everything is written to a temporary name beside the image, flushed, and then the file
 * gets its name: a cut before leaves a file that nobody takes for an image's, a cut after a whole image.
 * Layout, as Windows has it: log at 1 MiB, metadata at 2 MiB, BAT at 3 MiB, then the blocks.
 */
#include "vhdx/create.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/id.h"
#include "vhdx/error.h"
#include "vhdx/header.h"
#include "vhdx/image.h"
#include "vhdx/parent.h"

#define LOG_OFFSET VHDX_MIB
#define LOG_LENGTH VHDX_MIB
#define METADATA_OFFSET (2 * VHDX_MIB)
#define BAT_OFFSET (3 * VHDX_MIB)
#define CREATOR "libreplsvc"

/* What is to be written. */
struct plan {
    struct vhdx_metadata metadata;
    struct vhdx_geometry geometry;
    struct vhdx_locator locator;
    struct vhdx_range bat;
    uint64_t payload; /* offset of the first block */
    uint64_t file_size;
};

/* ---- the plan ---- */

static int name_parent(struct vhdx_store *store, const char *child, const char *parent, char **relative)
{
    char *absolute = mem_alloc(2 * VHDX_LOCATOR_MAX_TEXT);
    if (absolute == NULL)
        return -ENOMEM;
    char *other = absolute + VHDX_LOCATOR_MAX_TEXT;
    int r = store->ops->absolute(store, child, absolute, VHDX_LOCATOR_MAX_TEXT);
    if (r == 0)
        r = store->ops->absolute(store, parent, other, VHDX_LOCATOR_MAX_TEXT);
    if (r == 0)
        r = vhdx_locator_relative(absolute, other, relative);
    else
        r = VHDX_FAIL(r, "%s: its folder, or its parent's, cannot be read", child);
    mem_free(absolute);
    return r;
}

/* A child that could not be opened again for where its parent lies is none to make. */
static int check_reach(struct vhdx_store *store, const char *path, const struct vhdx_create_options *o,
                       const char *relative)
{
    char *native = mem_alloc(5 * VHDX_LOCATOR_MAX_TEXT);
    struct vhdx_file *f;
    if (native == NULL)
        return -ENOMEM;
    char *found = native + 4 * VHDX_LOCATOR_MAX_TEXT;
    int r = vhdx_locator_native_path(relative, native, 4 * VHDX_LOCATOR_MAX_TEXT) ? 0 : -EINVAL;
    if (r == 0)
        r = store->ops->open_relative(store, path, native, o->roots, o->n_roots, 0, &f, found,
                                      VHDX_LOCATOR_MAX_TEXT);
    if (r == 0)
        f->ops->close(f);
    mem_free(native);
    return r == 0 ? 0
                  : VHDX_FAIL(r,
                              r == -EACCES ? "%s: its parent %s would lie outside the allowed folders"
                                           : "%s: its parent cannot be found as %s",
                              path, relative);
}

static int plan_parent(struct vhdx_store *store, const char *path, const struct vhdx_create_options *o,
                       struct plan *p)
{
    struct vhdx_open_options open_options = {.roots = o->roots, .n_roots = o->n_roots};
    struct vhdx *parent;
    int r = vhdx_open(store, o->parent, &open_options, &parent);
    if (r != 0)
        return r;
    struct vhdx_metadata *m = &p->metadata;
    m->has_parent = true;
    m->disk_id = parent->metadata.disk_id;
    m->virtual_size = o->size != 0 ? o->size : parent->metadata.virtual_size;
    m->physical_sector = o->physical_sector != 0 ? o->physical_sector : parent->metadata.physical_sector;
    m->logical_sector = parent->metadata.logical_sector;
    p->locator.linkage = parent->header.data_write;
    if (o->logical_sector != 0 && o->logical_sector != m->logical_sector)
        r = VHDX_FAIL(-EINVAL, "%s: sectors of %" PRIu32 " bytes, the parent's have %" PRIu32, path,
                      o->logical_sector, m->logical_sector);
    else if (vhdx_guid_is_zero(&p->locator.linkage))
        r = VHDX_FAIL(-EINVAL, "%s: it has no DataWriteGuid that a child could name", o->parent);
    vhdx_close(parent);
    if (r == 0)
        r = name_parent(store, path, o->parent, &p->locator.relative_path);
    return r == 0 ? check_reach(store, path, o, p->locator.relative_path) : r;
}

static int check_plan(const struct plan *p, const char *path)
{
    const struct vhdx_metadata *m = &p->metadata;
    if (m->block_size < VHDX_MIN_BLOCK_SIZE || m->block_size > VHDX_MAX_BLOCK_SIZE ||
        (m->block_size & (m->block_size - 1)) != 0)
        return VHDX_FAIL(-EINVAL,
                         "%s: blocks of %" PRIu32 " bytes: a power of two from 1 to 256 MiB is possible",
                         path, m->block_size);
    if ((m->logical_sector != 512 && m->logical_sector != 4096) ||
        (m->physical_sector != 512 && m->physical_sector != 4096) || m->physical_sector < m->logical_sector)
        return VHDX_FAIL(-EINVAL, "%s: sectors of %" PRIu32 " (physical %" PRIu32 ") bytes are not possible",
                         path, m->logical_sector, m->physical_sector);
    if (m->virtual_size == 0 || m->virtual_size > VHDX_MAX_VIRTUAL_SIZE ||
        m->virtual_size % m->logical_sector != 0)
        return VHDX_FAIL(-EINVAL,
                         "%s: a disk of %" PRIu64 " bytes: whole sectors, up to 64 TiB, are possible", path,
                         m->virtual_size);
    return 0;
}

static int make_plan(struct vhdx_store *store, const char *path, const struct vhdx_create_options *o,
                     struct plan *p)
{
    struct vhdx_metadata *m = &p->metadata;
    int r = 0;
    if (o->block_size > VHDX_MAX_BLOCK_SIZE)
        return VHDX_FAIL(-EINVAL, "%s: blocks of %" PRIu64 " bytes are not possible", path, o->block_size);
    if (o->fixed && o->parent != NULL)
        return VHDX_FAIL(-EINVAL, "%s: a differencing image cannot be preallocated", path);
    m->block_size = o->block_size != 0              ? (uint32_t)o->block_size
                    : o->fixed || o->parent != NULL ? 2u << 20
                                                    : 32u << 20;
    m->leave_allocated = o->fixed;
    if (o->parent != NULL) {
        r = plan_parent(store, path, o, p);
    } else {
        m->virtual_size = o->size;
        m->logical_sector = o->logical_sector != 0 ? o->logical_sector : 512;
        m->physical_sector = o->physical_sector != 0 ? o->physical_sector : 4096;
        r = vhdx_guid_new(&m->disk_id);
    }
    if (r == 0)
        r = check_plan(p, path);
    if (r != 0)
        return r;
    vhdx_geometry_of(m, &p->geometry);
    p->bat = (struct vhdx_range){BAT_OFFSET, vhdx_round_up(p->geometry.bat_entries * 8, VHDX_MIB)};
    p->payload = p->bat.offset + p->bat.length;
    p->file_size = p->payload + (o->fixed ? p->geometry.blocks << p->geometry.block_shift : 0);
    return 0;
}

/* ---- writing it ---- */

static int write_identifier(struct vhdx_file *f)
{
    uint8_t id[VHDX_PAGE] = "vhdxfile";
    const char *creator = CREATOR;
    for (size_t i = 0; creator[i] != '\0'; i++)
        vhdx_put16(id, 8 + 2 * i, (uint16_t)(unsigned char)creator[i]);
    return vhdx_file_write(f, id, sizeof(id), 0);
}

static int write_headers(struct vhdx_file *f)
{
    struct vhdx_header h = {.version = 1, .log_length = LOG_LENGTH, .log_offset = LOG_OFFSET};
    uint8_t data[VHDX_HEADER_SIZE];
    int r = vhdx_guid_new(&h.file_write);
    if (r == 0)
        r = vhdx_guid_new(&h.data_write);
    for (unsigned slot = 0; slot < 2 && r == 0; slot++) {
        h.sequence = slot;
        vhdx_header_encode(&h, data);
        r = vhdx_file_write(f, data, sizeof(data), VHDX_HEADER_OFFSET(slot));
    }
    return r;
}

static int write_tables(struct vhdx_file *f, const struct plan *p)
{
    struct vhdx_range metadata = {METADATA_OFFSET, VHDX_METADATA_LENGTH};
    uint8_t *buffer = mem_alloc(VHDX_METADATA_IMAGE), *locator = NULL;
    int64_t length = 0;
    int r = buffer != NULL ? 0 : -ENOMEM;
    if (r == 0 && p->metadata.has_parent) {
        locator = mem_alloc(VHDX_LOCATOR_ROOM);
        length = locator != NULL ? vhdx_locator_encode(&p->locator, locator, VHDX_LOCATOR_ROOM) : -ENOMEM;
        r = length < 0 ? (int)length : 0;
    }
    for (unsigned copy = 0; copy < 2 && r == 0; copy++) {
        vhdx_region_table_encode(buffer, p->bat, metadata);
        r = vhdx_file_write(f, buffer, VHDX_TABLE_SIZE, VHDX_REGION_TABLE_OFFSET(copy));
    }
    if (r == 0) {
        vhdx_metadata_encode(&p->metadata, locator, (uint32_t)length, buffer);
        r = vhdx_file_write(f, buffer, VHDX_METADATA_IMAGE, METADATA_OFFSET);
    }
    mem_free(locator);
    mem_free(buffer);
    return r;
}

/* A fixed image: every block is there, one behind the other. */
static int write_fixed_bat(struct vhdx_file *f, const struct plan *p)
{
    const struct vhdx_geometry *g = &p->geometry;
    const size_t step = 64 * 1024;
    uint8_t *buffer = mem_zalloc(step);
    int r = buffer != NULL ? 0 : -ENOMEM;
    for (uint64_t index = 0; index < g->bat_entries && r == 0; index += step / 8) {
        uint64_t n = vhdx_min(step / 8, g->bat_entries - index);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t place = p->payload + (vhdx_bat_block(g, index + i) << g->block_shift);
            vhdx_put64(buffer, 8 * i,
                       vhdx_bat_is_bitmap(g, index + i) ? 0 : place | VHDX_BLOCK_FULLY_PRESENT);
        }
        r = vhdx_file_write(f, buffer, 8 * n, p->bat.offset + 8 * index);
    }
    mem_free(buffer);
    return r;
}

static int reserve_payload(struct vhdx_file *f, const struct plan *p)
{
    int r = f->ops->allocate(f, p->payload, p->file_size - p->payload);
    return r == -EOPNOTSUPP ? vhdx_file_zero(f, p->payload, p->file_size - p->payload, true) : r;
}

static int write_image(struct vhdx_file *f, const struct plan *p)
{
    int r = f->ops->truncate(f, p->file_size);
    if (r == 0 && p->metadata.leave_allocated)
        r = reserve_payload(f, p);
    if (r == 0)
        r = f->ops->allocate(f, LOG_OFFSET, LOG_LENGTH); /* a full disk must not hit the log */
    if (r == -EOPNOTSUPP)
        r = 0;
    if (r == 0)
        r = write_headers(f);
    if (r == 0)
        r = write_tables(f, p);
    if (r == 0 && p->metadata.leave_allocated)
        r = write_fixed_bat(f, p);
    if (r == 0)
        r = write_identifier(f);
    return r == 0 ? f->ops->sync(f) : r;
}

static int refuse_existing(struct vhdx_store *store, const char *path)
{
    struct vhdx_file *f;
    int r = store->ops->open(store, path, VHDX_FILE_UNLOCKED, &f);
    if (r == -ENOENT)
        return 0;
    if (r == 0)
        f->ops->close(f);
    return VHDX_FAIL(-EEXIST, "%s is there already", path);
}

int vhdx_create(struct vhdx_store *store, const char *path, const struct vhdx_create_options *options)
{
    struct plan p;
    struct vhdx_file *f;
    char uuid[UUID_TEXT_SIZE];
    memset(&p, 0, sizeof(p));
    char *temporary = mem_alloc(strlen(path) + sizeof(uuid) + 8);
    int r = temporary != NULL ? refuse_existing(store, path) : -ENOMEM;
    if (r == 0)
        r = make_plan(store, path, options, &p);
    if (r == 0)
        r = uuid_new(uuid);
    if (r == 0) {
        snprintf(temporary, strlen(path) + sizeof(uuid) + 8, "%s.%.8s.tmp", path, uuid);
        r = store->ops->open(store, temporary, VHDX_FILE_WRITE | VHDX_FILE_CREATE, &f);
        if (r != 0)
            r = VHDX_FAIL(r, "%s cannot be created", path);
    }
    if (r == 0) {
        r = write_image(f, &p);
        f->ops->close(f);
        if (r == 0)
            r = store->ops->publish(store, temporary, path);
        if (r != 0) {
            (void)store->ops->unlink(store, temporary);
            r = VHDX_FAIL(r, "%s cannot be written", path);
        }
    }
    vhdx_locator_free(&p.locator);
    mem_free(temporary);
    return r;
}
