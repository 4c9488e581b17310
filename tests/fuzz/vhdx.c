/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaged images: the input is a list of changes to an image that the code itself has made (dynamic, a
 * child, one with a log to replay, a fixed one), after which checksums are put right again, so that damage
 * gets past them. The image is opened for reading and read, then opened for writing, written, cleared,
 * flushed, closed and opened again, and checked and repaired. Whatever it holds: no crash, no endless loop,
 * no memory without bound; and what was written to an image that took it reads back.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/vhdx_sim.h"
#include "vhdx/check.h"
#include "vhdx/create.h"
#include "vhdx/extents.h"
#include "vhdx/locator.h"
#include "vhdx/log_format.h"

#define MIB (UINT64_C(1) << 20)
#define PAGES 32768u /* files up to 128 MiB */

/* A file in memory; pages that are not there are zeroes. */
struct memory {
    struct vhdx_file base;
    uint64_t size;
    uint8_t *pages[PAGES];
    bool keep; /* closing leaves the content */
};

static struct memory image, saved[4];

static struct memory *of(struct vhdx_file *f)
{
    return (struct memory *)f;
}

static uint8_t *page_for(struct memory *m, uint64_t page)
{
    if (m->pages[page] == NULL)
        m->pages[page] = calloc(1, VHDX_PAGE);
    return m->pages[page];
}

static void access_bytes(struct memory *m, uint8_t *data, uint64_t length, uint64_t offset, bool write)
{
    while (length > 0) {
        uint64_t in_page = offset % VHDX_PAGE, n = vhdx_min(length, VHDX_PAGE - in_page);
        if (write)
            memcpy(page_for(m, offset / VHDX_PAGE) + in_page, data, n);
        else if (m->pages[offset / VHDX_PAGE] != NULL)
            memcpy(data, m->pages[offset / VHDX_PAGE] + in_page, n);
        else
            memset(data, 0, n);
        data += n;
        offset += n;
        length -= n;
    }
}

static int memory_preadv(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    (void)payload;
    for (int i = 0; i < iovcnt; offset += iov[i++].iov_len) {
        if (offset > of(f)->size || iov[i].iov_len > of(f)->size - offset)
            return -ENODATA;
        access_bytes(of(f), iov[i].iov_base, iov[i].iov_len, offset, false);
    }
    return 0;
}

static int memory_pwritev(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    (void)payload;
    for (int i = 0; i < iovcnt; offset += iov[i++].iov_len) {
        if (offset > PAGES * (uint64_t)VHDX_PAGE || iov[i].iov_len > PAGES * (uint64_t)VHDX_PAGE - offset)
            return -ENOSPC;
        access_bytes(of(f), iov[i].iov_base, iov[i].iov_len, offset, true);
        if (offset + iov[i].iov_len > of(f)->size)
            of(f)->size = offset + iov[i].iov_len;
    }
    return 0;
}

static int memory_sync(struct vhdx_file *f)
{
    (void)f;
    return 0;
}

static int memory_size(struct vhdx_file *f, uint64_t *size)
{
    *size = of(f)->size;
    return 0;
}

static int memory_zero(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep)
{
    (void)keep;
    static const uint8_t zeroes[VHDX_PAGE];
    uint64_t end = offset > of(f)->size ? offset : offset + vhdx_min(length, of(f)->size - offset);
    for (uint64_t n; offset < end; offset += n) {
        n = vhdx_min(end - offset, VHDX_PAGE - offset % VHDX_PAGE);
        if (of(f)->pages[offset / VHDX_PAGE] != NULL)
            access_bytes(of(f), (uint8_t *)(uintptr_t)zeroes, n, offset, true);
    }
    return 0;
}

static int memory_truncate(struct vhdx_file *f, uint64_t size)
{
    if (size > PAGES * (uint64_t)VHDX_PAGE)
        return -ENOSPC;
    if (size < of(f)->size)
        memory_zero(f, size, of(f)->size - size, false);
    of(f)->size = size;
    return 0;
}

static int memory_allocate(struct vhdx_file *f, uint64_t offset, uint64_t length)
{
    (void)f, (void)offset, (void)length;
    return 0;
}

static int memory_usage(struct vhdx_file *f, uint64_t *bytes)
{
    *bytes = of(f)->size;
    return 0;
}

static void memory_identity(struct vhdx_file *f, char *text, size_t size)
{
    snprintf(text, size, "%p", (void *)f);
}

static void memory_close(struct vhdx_file *f)
{
    (void)f;
}

static const struct vhdx_file_ops memory_ops = {
    .preadv = memory_preadv,
    .pwritev = memory_pwritev,
    .sync = memory_sync,
    .size = memory_size,
    .truncate = memory_truncate,
    .zero = memory_zero,
    .allocate = memory_allocate,
    .usage = memory_usage,
    .identity = memory_identity,
    .close = memory_close,
};

/* A store in which every name is the one image, and nothing else can be found. */
static int store_open(struct vhdx_store *s, const char *path, unsigned flags, struct vhdx_file **file)
{
    (void)s;
    if (!(flags & VHDX_FILE_CREATE) && strcmp(path, "image") != 0)
        return -ENOENT;
    image.base.ops = &memory_ops;
    *file = &image.base;
    return 0;
}

static int store_open_relative(struct vhdx_store *s, const char *child, const char *wanted,
                               const char *const *roots, size_t n_roots, unsigned flags,
                               struct vhdx_file **file, char *path, size_t path_size)
{
    (void)s, (void)child, (void)wanted, (void)roots, (void)n_roots, (void)flags, (void)file;
    snprintf(path, path_size, "none");
    return -ENOENT;
}

static int store_absolute(struct vhdx_store *s, const char *path, char *out, size_t size)
{
    (void)s;
    snprintf(out, size, "/%s", path);
    return 0;
}

static int store_publish(struct vhdx_store *s, const char *from, const char *to)
{
    (void)s, (void)from, (void)to;
    return 0;
}

static int store_unlink(struct vhdx_store *s, const char *path)
{
    (void)s, (void)path;
    return 0;
}

static const struct vhdx_store_ops store_ops = {
    .open = store_open,
    .open_relative = store_open_relative,
    .absolute = store_absolute,
    .publish = store_publish,
    .unlink = store_unlink,
};
static struct vhdx_store store = {&store_ops};

/* ---- the images that are damaged ---- */

static void copy_image(struct memory *to, const struct memory *from)
{
    for (unsigned i = 0; i < PAGES; i++) {
        if (from->pages[i] == NULL) {
            free(to->pages[i]);
            to->pages[i] = NULL;
        } else {
            memcpy(page_for(to, i), from->pages[i], VHDX_PAGE);
        }
    }
    to->size = from->size;
}

/* Makes the image a child of nobody: the metadata say that it has a parent, nothing else does. */
static void make_child(void)
{
    static uint8_t region[VHDX_METADATA_IMAGE], locator[VHDX_LOCATOR_ROOM];
    struct vhdx_locator l = {.linkage = vhdx_guid_bat, .relative_path = (char *)(uintptr_t) ".\\none"};
    struct vhdx_metadata m = {.virtual_size = 20 * MIB,
                              .block_size = 1u << 20,
                              .logical_sector = 512,
                              .physical_sector = 512,
                              .has_parent = true,
                              .disk_id = vhdx_guid_bat};
    int64_t n = vhdx_locator_encode(&l, locator, sizeof(locator));
    vhdx_metadata_encode(&m, locator, (uint32_t)n, region);
    access_bytes(&image, region, sizeof(region), 2 * MIB, true);
}

static void fill_image(bool leave_dirty, struct memory *dirty)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true};
    struct vhdx *v;
    uint8_t data[8192];
    if (vhdx_open(&store, "image", &o, &v) != 0)
        abort();
    vhdx_pattern(data, sizeof(data), 7);
    for (uint64_t b = 0; b < 6; b++)
        (void)vhdx_pwrite(v, data, sizeof(data), b * 3 * MIB + 64 * 1024);
    (void)vhdx_discard(v, 6 * MIB, 2 * MIB);
    if (leave_dirty)
        copy_image(dirty, &image);
    vhdx_close(v);
}

static void make_images(void)
{
    struct vhdx_create_options dynamic = {.size = 20 * MIB, .block_size = MIB};
    struct vhdx_create_options fixed = {.size = 4 * MIB, .block_size = MIB, .fixed = true};
    static struct memory empty;
    for (int i = 0; i < 4; i++) {
        copy_image(&image, &empty);
        image.size = 0;
        /* refuse_existing looks for "new", which is not there */
        if (vhdx_create(&store, "new", i == 3 ? &fixed : &dynamic) != 0)
            abort();
        if (i == 1)
            make_child();
        fill_image(i == 2, &saved[2]);
        if (i != 2)
            copy_image(&saved[i], &image);
    }
}

/* ---- the damage ---- */

static void fix_checksum(uint64_t at, size_t length)
{
    static uint8_t data[1 << 20];
    if (length > sizeof(data) || at + length > image.size)
        return;
    access_bytes(&image, data, length, at, false);
    vhdx_put32(data, 4, vhdx_checksum(data, length, 4));
    access_bytes(&image, data, length, at, true);
}

static void fix_checksums(unsigned which)
{
    for (unsigned i = 0; i < 2; i++) {
        if (which & 1)
            fix_checksum(VHDX_HEADER_OFFSET(i), VHDX_HEADER_SIZE);
        if (which & 2)
            fix_checksum(VHDX_REGION_TABLE_OFFSET(i), VHDX_TABLE_SIZE);
    }
    for (uint64_t at = MIB; (which & 4) && at < 2 * MIB; at += VHDX_PAGE) {
        uint8_t head[16];
        access_bytes(&image, head, sizeof(head), at, false);
        uint32_t length = vhdx_get32(head, 8);
        if (vhdx_get32(head, 0) == VHDX_LOG_ENTRY && length >= VHDX_PAGE && length <= 2 * MIB - at)
            fix_checksum(at, length);
    }
}

/* Places that matter, so that the fuzzer need not find them: the bytes before a change choose one. */
static const uint64_t places[] = {0,
                                  64 << 10,
                                  128 << 10,
                                  192 << 10,
                                  256 << 10,
                                  1 << 20,
                                  (1 << 20) + 4096,
                                  (1 << 20) + 8192,
                                  2 << 20,
                                  (2 << 20) + 65536,
                                  3 << 20,
                                  (3 << 20) + 4096,
                                  4 << 20,
                                  5 << 20,
                                  (2 << 20) + 0x10028,
                                  (1 << 20) + 12288};

static const uint8_t *damage(const uint8_t *data, const uint8_t *end)
{
    for (unsigned n = *data++; n > 0 && end - data >= 4; n--) {
        uint64_t at =
            places[data[0] % (sizeof(places) / sizeof(places[0]))] + data[1] + 256u * (data[2] % 16u);
        uint64_t length = data[3] % 16u + 1;
        data += 4;
        if ((uint64_t)(end - data) < length)
            break;
        access_bytes(&image, (uint8_t *)(uintptr_t)data, length, at, true);
        data += length;
    }
    return data;
}

/* ---- its use ---- */

static void read_some(struct vhdx *v)
{
    static uint8_t buffer[64 * 1024];
    replsvc_extent extents[32];
    uint64_t size = v->geometry.virtual_size;
    size_t n = 32;
    for (uint64_t b = 0; b < 24; b++) {
        uint64_t at = b * MIB + 60 * 1024;
        if (at < size)
            (void)vhdx_pread(v, buffer, vhdx_min(sizeof(buffer), size - at), at);
    }
    (void)vhdx_pread(v, buffer, 1, size - 1);
    (void)vhdx_extents(v, 0, vhdx_min(size, 64 * MIB), extents, &n);
}

static void write_some(struct vhdx *v, unsigned how)
{
    static uint8_t data[16 * 1024], got[sizeof(data)];
    uint64_t size = v->geometry.virtual_size;
    vhdx_pattern(data, sizeof(data), 99);
    for (uint64_t b = 0; b < 8; b++) {
        uint64_t at = (b * 5 % 24) * MIB + 4096 * (how % 8) + 7 * (how >> 6);
        if (at + sizeof(data) > size)
            continue;
        if (b % 4 == 3)
            (void)vhdx_discard(v, at - at % MIB, vhdx_min(2 * MIB, size - (at - at % MIB)));
        else if (vhdx_pwrite(v, data, sizeof(data), at) == 0 &&
                 (vhdx_pread(v, got, sizeof(got), at) != 0 || memcmp(data, got, sizeof(got)) != 0))
            abort(); /* what was written must read back */
    }
    (void)vhdx_flush(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    if (!ready)
        make_images();
    ready = true;
    if (size < 4)
        return 0;
    unsigned kind = data[0] % 4, checksums = data[0] >> 2, how = data[1];
    copy_image(&image, &saved[kind]);
    if (data[2] != 0)
        (void)memory_truncate(&image.base, data[2] * (MIB / 8));
    (void)damage(data + 3, data + size);
    fix_checksums(~checksums);
    for (int pass = 0; pass < 4; pass++) {
        struct vhdx_check c = {.repair = pass == 3, .no_parent = true};
        (void)vhdx_check(&store, "image", &c);
        if (pass == 3)
            break;
        struct vhdx_open_options o = {.writable = pass == 1, .no_parent = how & 32};
        struct vhdx *v;
        if (vhdx_open(&store, "image", &o, &v) != 0)
            continue;
        read_some(v);
        if (pass == 1)
            write_some(v, how);
        vhdx_close(v);
    }
    return 0;
}
