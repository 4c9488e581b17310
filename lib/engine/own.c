/* SPDX-License-Identifier: BSD-2-Clause */
/* Life of the store of a snapshot's own writes. It exists when its map exists. See own.h. */
#include "engine/own.h"

#include <errno.h>
#include <stdio.h>

#include "util/alloc.h"

static void data_name(const struct replica *r, char name[REPLICA_NAME_SIZE])
{
    (void)snprintf(name, REPLICA_NAME_SIZE, "overlay/%s.own", r->id);
}

static void note_damage(void *user, uint64_t first, uint64_t count)
{
    (void)first;
    (void)count;
    *(bool *)user = true;
}

int own_open(struct replica *r)
{
    struct vfs *vfs = r->engine->options.vfs;
    char name[REPLICA_NAME_SIZE];
    bool damaged = false;
    struct own *own = mem_zalloc(sizeof *own);
    if (!own)
        return -ENOMEM;
    replica_file(r, "own", name);
    int rc = map_open(vfs, name, false, note_damage, &damaged, &own->map);
    if (rc == -ENOENT) {
        mem_free(own);
        return 0;
    }
    if (!rc) {
        data_name(r, name);
        rc = vfs->ops->open(vfs, name, 0, &own->file);
    }
    if (rc == -ENOMEM) {
        map_close(own->map);
        mem_free(own);
        return rc;
    }
    if (rc || damaged) {
        replica_break(r, rc ? rc : -EUCLEAN, "%s: what hosts wrote to it is lost or damaged",
                      volume_id(r->target));
        if (own->file)
            own->file->ops->close(own->file);
        map_close(own->map);
        mem_free(own);
        return 0;
    }
    atomic_store(&r->own, own);
    atomic_store(&r->skewed, map_count(own->map) > 0);
    return 0;
}

static int make_files(struct replica *r, struct own *own)
{
    struct vfs *vfs = r->engine->options.vfs;
    char name[REPLICA_NAME_SIZE];
    data_name(r, name);
    int rc = vfs->ops->open(vfs, name, VFS_CREATE | VFS_TRUNC, &own->file);
    if (!rc)
        rc = own->file->ops->sync(own->file);
    if (!rc)
        rc = vfs->ops->sync_dir(vfs, "overlay");
    if (!rc)
        rc = replica_empty_map(r, "own-new", &own->map);
    if (rc)
        return rc;
    char made[REPLICA_NAME_SIZE];
    replica_file(r, "own-new", made);
    replica_file(r, "own", name);
    rc = vfs->ops->rename(vfs, made, name); /* whole, or not there */
    return rc ? rc : vfs->ops->sync_dir(vfs, "maps");
}

int own_make(struct replica *r)
{
    int rc = 0;
    pthread_mutex_lock(&r->own_lock);
    if (!atomic_load(&r->own)) {
        struct own *own = mem_zalloc(sizeof *own);
        rc = own ? make_files(r, own) : -ENOMEM;
        if (!rc) {
            atomic_store(&r->own, own);
        } else if (own) {
            if (own->file)
                own->file->ops->close(own->file);
            map_close(own->map);
            mem_free(own);
        }
    }
    pthread_mutex_unlock(&r->own_lock);
    return rc;
}

void own_close(struct replica *r)
{
    pthread_mutex_lock(&r->own_lock);
    struct own *own = atomic_exchange(&r->own, NULL);
    if (own) {
        own->file->ops->close(own->file);
        map_close(own->map);
        mem_free(own);
    }
    pthread_mutex_unlock(&r->own_lock);
}

int own_remove(struct replica *r)
{
    struct vfs *vfs = r->engine->options.vfs;
    char name[REPLICA_NAME_SIZE];
    own_close(r);
    replica_file(r, "own", name);
    int rc = map_remove(vfs, name);
    if (rc == -ENOENT)
        rc = 0;
    if (!rc)
        rc = vfs->ops->sync_dir(vfs, "maps");
    if (rc)
        return rc;
    atomic_store(&r->skewed, false);
    data_name(r, name);
    rc = vfs->ops->unlink(vfs, name);
    return rc == -ENOENT ? 0 : rc;
}

void own_get_info(struct replica *r, struct replica_info *info)
{
    pthread_mutex_lock(&r->own_lock);
    struct own *own = atomic_load(&r->own);
    if (own) {
        info->bytes_skewed = map_count(own->map) << r->shift;
        if (info->bytes_skewed > info->bytes_total)
            info->bytes_skewed = info->bytes_total;
        info->map_memory += map_memory_bytes(own->map);
    }
    pthread_mutex_unlock(&r->own_lock);
}
