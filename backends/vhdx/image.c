/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing: see image.h. */
#include "vhdx/image.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "vhdx/log_replay.h"
#include "vhdx/parent.h"

static const uint8_t signature[8] = {'v', 'h', 'd', 'x', 'f', 'i', 'l', 'e'};

static int load_header(struct vhdx *v)
{
    uint8_t id[sizeof(signature)];
    uint64_t size;
    int r = v->file->ops->size(v->file, &size);
    if (r != 0)
        return VHDX_FAIL(r, "its size cannot be read");
    atomic_store(&v->file_size, size);
    if (size < sizeof(id))
        return VHDX_FAIL(VHDX_CORRUPT, "file of %" PRIu64 " bytes: no VHDX image", size);
    r = vhdx_file_read(v->file, id, sizeof(id), 0);
    if (r != 0)
        return VHDX_FAIL(r, "file identifier at offset 0 cannot be read");
    if (memcmp(id, signature, sizeof(id)) != 0)
        return VHDX_FAIL(VHDX_CORRUPT, "file identifier at offset 0: no VHDX image");
    return vhdx_header_load(v->file, size, &v->header, &v->slot);
}

/* Brings the file, or our view of it, to the state that its log describes. */
static int replay(struct vhdx *v)
{
    if (vhdx_guid_is_zero(&v->header.log))
        return 0;
    uint64_t size = atomic_load(&v->file_size);
    int r;
    if (!v->writable) {
        struct vhdx_file *view;
        r = vhdx_log_replay_in_memory(v->file, &v->header, size, &view);
        if (r == 0)
            v->file = view;
    } else {
        r = vhdx_log_check(v->file, &v->header, size);
        if (r == 0)
            r = vhdx_guid_new(&v->header.file_write);
        if (r == 0)
            r = vhdx_header_update(v->file, &v->header, &v->slot);
        if (r == 0)
            r = vhdx_log_replay_to_file(v->file, &v->header, size);
        memset(&v->header.log, 0, sizeof(v->header.log));
        if (r == 0)
            r = vhdx_header_update(v->file, &v->header, &v->slot);
        v->file_write_done = r == 0;
    }
    if (r == 0)
        r = v->file->ops->size(v->file, &size);
    atomic_store(&v->file_size, size);
    return r;
}

static int load_regions(struct vhdx *v)
{
    struct vhdx_range log = {v->header.log_offset, v->header.log_length};
    uint8_t *table = mem_alloc(VHDX_TABLE_SIZE);
    int r = table != NULL ? VHDX_CORRUPT : -ENOMEM;
    for (unsigned copy = 0; copy < 2 && r == VHDX_CORRUPT; copy++) {
        r = vhdx_file_read(v->file, table, VHDX_TABLE_SIZE, VHDX_REGION_TABLE_OFFSET(copy));
        if (r != 0)
            r = VHDX_FAIL(r, "region table at offset %" PRIu64 " cannot be read",
                          VHDX_REGION_TABLE_OFFSET(copy));
        else
            r = vhdx_region_table_decode(table, copy, atomic_load(&v->file_size), log, &v->regions);
    }
    mem_free(table);
    return r;
}

static int load(struct vhdx *v, const struct vhdx_open_options *options)
{
    int r = load_header(v);
    if (r == 0)
        r = replay(v);
    v->pages.file = v->file;
    if (r == 0)
        r = load_regions(v);
    if (r == 0)
        r = vhdx_metadata_load(v->file, v->regions.metadata, &v->metadata);
    if (r != 0)
        return r;
    vhdx_geometry_of(&v->metadata, &v->geometry);
    atomic_store(&v->disk_size, v->geometry.virtual_size);
    r = vhdx_bat_init(v);
    if (r == 0 && v->metadata.has_parent && !options->no_parent)
        r = vhdx_parent_open(v, options, 0);
    return r;
}

static void destroy(struct vhdx *v)
{
    if (v->parent != NULL)
        vhdx_close(v->parent);
    vhdx_log_destroy(v);
    vhdx_pages_destroy(&v->pages);
    vhdx_space_destroy(v);
    vhdx_bat_destroy(v);
    vhdx_regions_free(&v->regions);
    pthread_mutex_destroy(&v->bat.lock);
    pthread_mutex_destroy(&v->session_lock);
    pthread_mutex_destroy(&v->bitmap_lock);
    pthread_mutex_destroy(&v->sync.lock);
    pthread_cond_destroy(&v->sync.changed);
    for (int i = 0; i < VHDX_STRIPES; i++)
        pthread_rwlock_destroy(&v->stripes[i]);
    v->file->ops->close(v->file);
    mem_free(v->path);
    mem_free(v);
}

/* Always by rising number: those of the blocks behind the last stripe begin at the first again. */
void vhdx_stripes_lock(struct vhdx *v, uint64_t block, uint64_t n)
{
    uint64_t first = block % VHDX_STRIPES, end = first + vhdx_min(n, VHDX_STRIPES);
    for (uint64_t i = 0; i + VHDX_STRIPES < end; i++)
        pthread_rwlock_wrlock(&v->stripes[i]);
    for (uint64_t i = first; i < vhdx_min(end, VHDX_STRIPES); i++)
        pthread_rwlock_wrlock(&v->stripes[i]);
}

void vhdx_stripes_unlock(struct vhdx *v, uint64_t block, uint64_t n)
{
    for (uint64_t i = 0; i < vhdx_min(n, VHDX_STRIPES); i++)
        pthread_rwlock_unlock(vhdx_stripe(v, block + i));
}

static void init_stripes(struct vhdx *v)
{
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
#ifdef __GLIBC__
    /* An allocation must not wait for ever behind reads that keep coming. */
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
#endif
    for (int i = 0; i < VHDX_STRIPES; i++)
        pthread_rwlock_init(&v->stripes[i], &attr);
    pthread_rwlockattr_destroy(&attr);
}

int vhdx_open_file(struct vhdx_store *store, struct vhdx_file *file, const char *path,
                   const struct vhdx_open_options *options, struct vhdx *child, struct vhdx **out)
{
    struct vhdx *v = mem_zalloc(sizeof(*v));
    char *copy = mem_strdup(path);
    if (v == NULL || copy == NULL) {
        mem_free(v);
        mem_free(copy);
        file->ops->close(file);
        return -ENOMEM;
    }
    v->file = file;
    v->store = store;
    v->path = copy;
    v->child = child;
    v->writable = options->writable;
    vhdx_pages_init(&v->pages, file);
    vhdx_log_init(v);
    pthread_mutex_init(&v->bat.lock, NULL);
    pthread_mutex_init(&v->space.lock, NULL);
    pthread_mutex_init(&v->session_lock, NULL);
    pthread_mutex_init(&v->bitmap_lock, NULL);
    pthread_mutex_init(&v->sync.lock, NULL);
    pthread_cond_init(&v->sync.changed, NULL);
    init_stripes(v);
    int r = load(v, options);
    v->child = NULL; /* only for the way up */
    if (r != 0) {
        destroy(v);
        return r;
    }
    *out = v;
    return 0;
}

int vhdx_open(struct vhdx_store *store, const char *path, const struct vhdx_open_options *options,
              struct vhdx **out)
{
    struct vhdx_file *file;
    unsigned flags = (options->writable ? VHDX_FILE_WRITE : 0) | (options->direct ? VHDX_FILE_DIRECT : 0) |
                     (options->unlocked && !options->writable ? VHDX_FILE_UNLOCKED : 0);
    int r = store->ops->open(store, path, flags, &file);
    if (r != 0)
        return VHDX_FAIL(r, r == -EBUSY ? "%s is in use" : "%s cannot be opened", path);
    return vhdx_open_file(store, file, path, options, NULL, out);
}

int vhdx_close(struct vhdx *v)
{
    int r = v->writable ? vhdx_session_end(v) : 0;
    destroy(v);
    return r;
}
