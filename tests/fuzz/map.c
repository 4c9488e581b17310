/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region map against hostile files. The first byte says what the rest is:
 *   0  changes to a whole map: triples of a page (of those in use), an offset (u16) and a byte to XOR there
 *   1  the same, and the checksums are set right afterwards, leaves first, so that what they guard is reached
 *   2  the file as it is
 * Whatever is there: the map opens or is refused; every function keeps within it; and if damage counts as
 * set, what a commit made durable is there after another open, without damage.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "state/map.h"
#include "support/simvfs.h"
#include "util/bytes.h"
#include "util/crc32c.h"

#define PAGE 4096u
#define LEAF 32512u
#define NAME "m"

enum { REGIONS = 3 * LEAF, FILE_PAGES = 2 + 2 + 6, USED = 6 };

/* A small whole map, made once: two headers, a table, three leaves with their slots. */
static uint8_t whole[FILE_PAGES * PAGE];
static const uint8_t used[USED] = {0, 1, 2, 4, 6, 8};

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            abort();                                                                                         \
    } while (0)

static void make_whole(void)
{
    struct world *w = world_new(512);
    struct vfs *v;
    struct map *m;
    struct vfs_file *f;
    must(simvfs_open(w, "state", true, &v) == 0 && map_create(v, NAME, REGIONS, 65536, &m) == 0);
    must(map_set(m, 5, 100) == 0 && map_set(m, LEAF + 7, 1) == 0 && map_set(m, 2 * LEAF, 9) == 0);
    must(map_commit(m) == 0);
    map_close(m);
    must(v->ops->open(v, NAME, 0, &f) == 0);
    uint64_t size;
    must(f->ops->size(f, &size) == 0 && size <= sizeof whole &&
         f->ops->pread(f, whole, (size_t)size, 0) == 0);
    f->ops->close(f);
    v->ops->close(v);
    world_free(w);
}

static void seal_entry(uint8_t *entry, const uint8_t *page)
{
    put_le32(entry, crc32c(0, page, PAGE));
}

/* Leaves into their table, that into the headers, those into themselves. */
static void seal(uint8_t *file)
{
    for (unsigned leaf = 0; leaf < 3; leaf++)
        seal_entry(file + 2 * PAGE + 32 + 8 * leaf, file + (4 + 2 * leaf) * PAGE);
    for (unsigned header = 0; header < 2; header++) {
        uint8_t *page = file + header * PAGE;
        seal_entry(page + 128, file + 2 * PAGE);
        put_le32(page + 12, 0);
        put_le32(page + 12, crc32c(0, page, PAGE));
    }
}

static void note_damage(void *user, uint64_t first, uint64_t count)
{
    must(count > 0 && first + count > first);
    ++*(unsigned *)user;
}

static void walk(const struct map *m)
{
    uint64_t regions = map_regions(m), steps = 0;
    must(map_count(m) <= regions && !map_test(m, regions) && !map_test(m, UINT64_MAX));
    for (uint64_t at = 0; at < regions && steps < 1000; steps++) {
        uint64_t set = map_next(m, at, true);
        must(set >= at && set <= regions && (set == regions || map_test(m, set)));
        at = map_next(m, set, false);
        must(at >= set && at <= regions && (at == regions || !map_test(m, at)));
    }
}

static void open_and_use(struct vfs *v, bool on_damage_set)
{
    struct map *m;
    unsigned damaged = 0;
    int r = map_open(v, NAME, on_damage_set, note_damage, &damaged, &m);
    if (r)
        return;
    walk(m);
    uint64_t last = map_regions(m) - 1;
    must(map_set(m, last, 1) == 0 && map_test(m, last));
    r = map_commit(m);
    must(r == (damaged && !on_damage_set ? -EUCLEAN : 0));
    uint64_t count = map_count(m);
    map_close(m);
    if (r)
        return;
    damaged = 0;
    must(map_open(v, NAME, on_damage_set, note_damage, &damaged, &m) == 0 && damaged == 0);
    must(map_count(m) == count && map_test(m, last));
    must(map_resize(m, 40) == 0 && map_commit(m) == 0);
    walk(m);
    map_close(m);
}

static void try_file(const uint8_t *bytes, size_t len)
{
    for (int on_damage_set = 0; on_damage_set < 2; on_damage_set++) {
        struct world *w = world_new(512);
        struct vfs *v;
        struct vfs_file *f;
        must(w && simvfs_open(w, "state", true, &v) == 0);
        must(v->ops->open(v, NAME, VFS_CREATE, &f) == 0 && f->ops->pwrite(f, bytes, len, 0) == 0);
        f->ops->close(f);
        open_and_use(v, on_damage_set);
        v->ops->close(v);
        world_free(w);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[sizeof whole];
    if (whole[0] == 0)
        make_whole();
    if (size == 0 || data[0] > 2)
        return 0;
    if (data[0] == 2) {
        try_file(data + 1, size - 1);
        return 0;
    }
    memcpy(file, whole, sizeof file);
    for (const uint8_t *p = data + 1; size > 4; p += 4, size -= 4)
        file[used[p[0] % USED] * PAGE + get_le16(p + 1) % PAGE] ^= p[3];
    if (data[0] == 1)
        seal(file);
    try_file(file, sizeof file);
    return 0;
}
