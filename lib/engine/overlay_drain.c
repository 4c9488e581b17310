/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The thread that carries out a volume's overlay, generation by generation: old data is kept for all of
 * its writes (a few flushes for thousands of regions), the writes go to the medium in their order, the
 * medium is flushed, the generation is retired. Only then may anybody write there directly again.
 *
 * The generation is retired after the medium's flush, not before: the retirement may become durable at any
 * time, and a write that a host had flushed must not be lost between the two.
 *
 * What cannot be carried out stays pending and is tried again; who waits for it is told the error. When
 * the log itself has failed, everything is carried out at once and its files are removed, which needs no
 * space; from then on old data is kept before each write, as without an overlay.
 */
#include <errno.h>
#include <time.h>

#include "engine/overlay.h"
#include "engine/points.h"
#include "util/alloc.h"

#define GATHER_MS 10 /* so long a lonely write waits for company */
#define RETRY_MS 100 /* after a failure */

/* Under the lock. */
static void doze(struct overlay *o, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000L;
    }
    pthread_cond_timedwait(&o->work, &o->lock, &until);
}

/* The source's old data cannot be read, and the host has been told that its write is done: the points that
 * need that data are lost. */
static void give_up(const struct points *p, const struct keep_range *k, int rc)
{
    for (size_t i = 0; i < p->n; i++) {
        struct replica *r = p->r[i];
        if (r->order <= k->epoch && !atomic_load(&r->broken) && points_needs(p, r, k->offset, k->length))
            replica_break(r, rc, "%s: old data of %s could not be read", volume_id(r->target),
                          volume_id(r->source));
    }
}

static int keep(struct volume *v, const struct keep_range ranges[], size_t n)
{
    unsigned parity;
    struct points *p = points_get_keeping(v, &parity);
    int rc = p ? points_keep_all(v, p, ranges, n) : 0;
    /* Which of them it was is found by going through them one by one. */
    for (size_t i = 0; rc && rc != -ENOMEM && i < n; i++) {
        int one = points_keep_all(v, p, &ranges[i], 1);
        if (one == -ENOMEM) {
            rc = one;
            break;
        }
        if (one)
            give_up(p, &ranges[i], one);
        if (i + 1 == n)
            rc = 0;
    }
    points_put_keeping(v, p, parity);
    return rc;
}

/* Records are at the head of the list, in order; only this thread takes any away. Up to `most` of them. */
static size_t gather(struct overlay *o, uint64_t generation, bool all, struct overlay_record **records,
                     struct keep_range ranges[], size_t most)
{
    size_t n = 0;
    pthread_mutex_lock(&o->lock);
    for (struct overlay_record *r = o->head; r && n < most && (all || r->generation == generation);
         r = r->next) {
        records[n] = r;
        ranges[n++] = (struct keep_range){.epoch = r->epoch, .offset = r->offset, .length = r->length};
    }
    pthread_mutex_unlock(&o->lock);
    return n;
}

static size_t count(struct overlay *o, uint64_t generation, bool all)
{
    size_t n = 0;
    pthread_mutex_lock(&o->lock);
    for (struct overlay_record *r = o->head; r && (all || r->generation == generation); r = r->next)
        n++;
    pthread_mutex_unlock(&o->lock);
    return n;
}

static int to_medium(struct overlay *o, uint64_t generation, bool all)
{
    struct volume *v = o->v;
    size_t most = count(o, generation, all);
    if (!most)
        return 0;
    struct overlay_record **records = mem_array(most, sizeof(*records));
    struct keep_range *ranges = mem_array(most, sizeof *ranges);
    int rc = records && ranges ? 0 : -ENOMEM;
    if (!rc) {
        size_t n = gather(o, generation, all, records, ranges, most);
        rc = keep(v, ranges, n);
        for (size_t i = 0; !rc && i < n; i++)
            rc = medium_write(&v->medium, records[i]->bytes + OVERLAY_HEADER, (size_t)records[i]->length,
                              records[i]->offset);
    }
    if (!rc)
        rc = medium_flush(&v->medium);
    mem_free(records);
    mem_free(ranges);
    return rc;
}

/* The log takes nothing more. New writes stopped coming with the first that failed. */
static int carry_out_without_log(struct overlay *o)
{
    atomic_store(&o->bound, 0);
    int rc = to_medium(o, 0, true);
    if (!rc)
        rc = overlay_log_remove(&o->log);
    while (!rc && !overlay_is_empty(o->v))
        overlay_forget(o, o->head->generation);
    return rc;
}

static int carry_out(struct overlay *o)
{
    if (overlay_log_failed(&o->log))
        return carry_out_without_log(o);
    uint64_t generation = overlay_log_older(&o->log);
    int rc = generation ? 0 : overlay_log_switch(&o->log, &generation);
    if (!rc)
        rc = to_medium(o, generation, false);
    if (!rc)
        rc = overlay_log_retire(&o->log, generation);
    if (!rc)
        overlay_forget(o, generation);
    return rc;
}

void *overlay_work(void *arg)
{
    struct overlay *o = arg;
    pthread_mutex_lock(&o->lock);
    while (!o->stop) {
        if (!o->go || !o->head) {
            pthread_cond_wait(&o->work, &o->lock);
            continue;
        }
        if (!o->hurry && overlay_log_bytes(&o->log) < atomic_load(&o->bound) / 2)
            doze(o, GATHER_MS);
        o->draining = true;
        pthread_mutex_unlock(&o->lock);
        int rc = carry_out(o);
        pthread_mutex_lock(&o->lock);
        o->draining = false;
        o->rounds++;
        o->error = rc;
        pthread_cond_broadcast(&o->changed);
        if (rc && !o->stop)
            doze(o, RETRY_MS);
    }
    pthread_mutex_unlock(&o->lock);
    return NULL;
}
