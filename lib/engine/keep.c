/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes copied regions count: first the store is flushed, then the bits are set, then the map is made
 * durable. Everybody who arrives while one such round runs waits for the next, which one of them leads
 * for all: one flush and one commit, however many writers.
 *
 * Bits are set after the flush and not before, for another round's commit would write them out too.
 * When the commit fails the bits are taken back: on disk they may be set or not, and either is true (the
 * data is there), but older snapshots must not rely on them.
 */
#include <errno.h>

#include "engine/replica.h"

int keeper_init(struct keeper *k)
{
    k->waiting = NULL;
    k->leading = false;
    int rc = pthread_mutex_init(&k->lock, NULL);
    if (rc)
        return -rc;
    rc = pthread_cond_init(&k->done, NULL);
    if (rc)
        pthread_mutex_destroy(&k->lock);
    return -rc;
}

void keeper_destroy(struct keeper *k)
{
    pthread_cond_destroy(&k->done);
    pthread_mutex_destroy(&k->lock);
}

static void take_back(struct replica *r, struct keep_request *batch, const struct keep_request *until)
{
    for (struct keep_request *q = batch; q != until; q = q->next)
        (void)map_clear(r->kept, q->first, q->count); /* needs memory only where map_set_all was used */
}

/* No lock held. The batch is ours until it is marked done. */
static int round_of(struct replica *r, struct keep_request *batch)
{
    if (atomic_load(&r->broken))
        return -EIO;
    int rc = medium_flush(&r->target->medium);
    if (rc)
        return rc;
    for (struct keep_request *q = batch; q; q = q->next) {
        rc = map_set(r->kept, q->first, q->count);
        if (rc) {
            take_back(r, batch, q);
            return rc;
        }
    }
    rc = map_commit(r->kept);
    if (rc)
        take_back(r, batch, NULL);
    return rc;
}

int keep_commit_all(struct replica *r, struct keep_request *list)
{
    struct keeper *k = &r->keeper;
    struct keep_request *last = list;
    while (last->next)
        last = last->next;
    pthread_mutex_lock(&k->lock);
    last->next = k->waiting;
    k->waiting = list;
    /* They are taken together, so when the first is done all are. */
    while (!list->done && k->leading)
        pthread_cond_wait(&k->done, &k->lock);
    if (!list->done) {
        struct keep_request *batch = k->waiting;
        k->waiting = NULL;
        k->leading = true;
        pthread_mutex_unlock(&k->lock);
        int rc = round_of(r, batch);
        pthread_mutex_lock(&k->lock);
        k->leading = false;
        for (struct keep_request *q = batch, *next; q; q = next) {
            next = q->next; /* its owner may leave as soon as the lock is dropped */
            q->result = rc;
            q->done = true;
        }
        pthread_cond_broadcast(&k->done);
    }
    pthread_mutex_unlock(&k->lock);
    return list->result;
}

int keep_commit(struct replica *r, uint64_t first, uint64_t count)
{
    struct keep_request mine = {.first = first, .count = count};
    return keep_commit_all(r, &mine);
}
