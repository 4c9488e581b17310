/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store against hostile files. The first byte says what the rest is:
 *   0  changes to a whole store's journal: pairs of an offset (u16) and a byte to XOR there
 *   1  the same to its checkpoint
 *   2  the frames of a journal: type, sequence number less the right one, length (u16), payload; sealed here
 *      with right checksums, so that what is behind them is reached
 *   3  the same for a checkpoint
 *   4  the journal's frames as they are, behind a right header
 * Whatever is there: the store opens or says why not, and if it opens it has the same records again after a
 * commit and another open.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/store.h"
#include "state/store_format.h"
#include "support/simvfs.h"
#include "util/bytes.h"
#include "util/crc32c.h"

enum { FILE_MAX = 1 << 17 };

struct image {
    uint8_t bytes[FILE_MAX];
    size_t len;
};

/* A small whole store, made once: its two files. */
static struct image images[2]; /* checkpoint, journal */

#define must(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            abort();                                                                                         \
    } while (0)

static const char *name_of(int file)
{
    static char name[STORE_NAME_SIZE];
    store_file_name(file ? STORE_JOURNAL : STORE_CHECKPOINT, 2, name);
    return name;
}

static void put(struct store *s, const char *id, const char *blob)
{
    struct store_txn *t = store_begin(s);
    must(store_put(t, 1, id, blob, strlen(blob)) == 0 && store_put(t, 2, id, blob, 1) == 0);
    must(store_delete(t, 2, "b") == 0 && store_commit(t) == 0);
}

static void make_images(void)
{
    struct world *w = world_new(512);
    struct vfs *v;
    struct store *s;
    must(simvfs_open(w, "state", true, &v) == 0 && store_open(v, &s, NULL, 0) == 0);
    put(s, "a", "first");
    must(store_checkpoint(s) == 0);
    put(s, "b", "second");
    put(s, "c", "third");
    store_close(s);
    for (int file = 0; file < 2; file++) {
        struct vfs_file *f;
        uint64_t size;
        must(v->ops->open(v, name_of(file), 0, &f) == 0 && f->ops->size(f, &size) == 0 && size <= FILE_MAX);
        images[file].len = (size_t)size;
        must(f->ops->pread(f, images[file].bytes, (size_t)size, 0) == 0);
        f->ops->close(f);
    }
    v->ops->close(v);
    world_free(w);
}

static void change(struct image *m, const uint8_t *data, size_t size)
{
    for (; size >= 3; data += 3, size -= 3)
        m->bytes[get_le16(data) % m->len] ^= data[2];
}

static void seal_frames(struct image *m, uint64_t sequence, const uint8_t *data, size_t size)
{
    uint32_t salt = store_header_salt(m->bytes);
    m->len = STORE_HEADER_SIZE;
    for (; size >= 4 && m->len < FILE_MAX / 2; sequence++) {
        size_t len = get_le16(data + 2);
        len = len < size - 4 ? len : size - 4;
        memcpy(m->bytes + m->len + FRAME_HEADER_SIZE, data + 4, len);
        frame_seal(m->bytes + m->len, data[0], sequence + (uint64_t)(int64_t)(int8_t)data[1], (uint32_t)len,
                   salt);
        m->len += FRAME_HEADER_SIZE + len;
        data += 4 + len;
        size -= 4 + len;
    }
}

static int add_up(void *user, uint8_t kind, const char *id, const void *blob, size_t len)
{
    uint32_t *sum = user;
    *sum = crc32c(*sum, &kind, 1);
    *sum = crc32c(*sum, id, strlen(id) + 1);
    *sum = crc32c(*sum, blob, len);
    return 0;
}

static uint32_t sum_of(struct store *s)
{
    uint32_t sum = 0;
    must(store_each(s, 0, add_up, &sum) == 0);
    return sum;
}

static void open_and_use(struct vfs *v)
{
    struct store *s;
    char text[256];
    int r = store_open(v, &s, text, sizeof text);
    if (r) {
        must(text[0] != '\0');
        return;
    }
    struct store_txn *t = store_begin(s);
    must(store_put(t, 9, "mine", "x", 1) == 0 && store_commit(t) == 0);
    uint32_t sum = sum_of(s);
    store_close(s);
    must(store_open(v, &s, NULL, 0) == 0 && sum_of(s) == sum);
    must(store_checkpoint(s) == 0);
    store_close(s);
    must(store_open(v, &s, NULL, 0) == 0 && sum_of(s) == sum);
    store_close(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct image files[2];
    if (images[0].len == 0)
        make_images();
    if (size == 0 || size > FILE_MAX / 8)
        return 0;
    memcpy(files, images, sizeof files);
    switch (data[0]) {
    case 0:
    case 1:
        change(&files[!data[0]], data + 1, size - 1);
        break;
    case 2:
        seal_frames(&files[1], get_le64(files[1].bytes + 40) + 1, data + 1, size - 1);
        break;
    case 3:
        seal_frames(&files[0], 1, data + 1, size - 1);
        break;
    case 4:
        memcpy(files[1].bytes + STORE_HEADER_SIZE, data + 1, size - 1);
        files[1].len = STORE_HEADER_SIZE + size - 1;
        break;
    default:
        return 0;
    }
    struct world *w = world_new(512);
    struct vfs *v;
    must(w && simvfs_open(w, "state", true, &v) == 0);
    for (int file = 0; file < 2; file++) {
        struct vfs_file *f;
        must(v->ops->open(v, name_of(file), VFS_CREATE, &f) == 0);
        must(f->ops->pwrite(f, files[file].bytes, files[file].len, 0) == 0);
        f->ops->close(f);
    }
    open_and_use(v);
    v->ops->close(v);
    world_free(w);
    return 0;
}
