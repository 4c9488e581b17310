/* SPDX-License-Identifier: BSD-2-Clause */
/* Flushing the file, once for all who wait for it, and what follows from it. */
#include "vhdx/image.h"

int vhdx_poison(struct vhdx *v, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&v->error, &none, error);
    return error;
}

static int sync_now(struct vhdx *v)
{
    struct vhdx_log_mark mark = vhdx_log_mark(v);
    uint64_t size = atomic_load(&v->file_size);
    vhdx_space_before_sync(v);
    int r = v->file->ops->sync(v->file);
    if (r != 0) {
        vhdx_poison(v, VHDX_FAIL(r, "%s: flush failed", v->path));
        vhdx_log_wake(v);
        return r;
    }
    vhdx_log_is_durable(v, mark);
    atomic_store(&v->durable_size, size); /* one flush at a time, and the file never shrinks meanwhile */
    vhdx_space_after_sync(v, mark.sequence);
    return 0;
}

int vhdx_sync(struct vhdx *v)
{
    struct vhdx_sync *s = &v->sync;
    int r;
    pthread_mutex_lock(&s->lock);
    uint64_t wanted = s->begun + 1; /* the first that begins after now */
    while ((r = atomic_load(&v->error)) == 0 && s->done < wanted) {
        if (s->running) {
            pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        s->running = true;
        uint64_t number = ++s->begun;
        pthread_mutex_unlock(&s->lock);
        int failed = sync_now(v);
        pthread_mutex_lock(&s->lock);
        s->running = false;
        if (failed == 0)
            s->done = number;
        pthread_cond_broadcast(&s->changed);
    }
    if (r != 0 && s->done >= wanted)
        r = 0;
    pthread_mutex_unlock(&s->lock);
    return r == 0 ? 0 : VHDX_FAIL(r, "%s: an earlier I/O error has ended writing", v->path);
}
