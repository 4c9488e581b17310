/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The n-th allocation, or the n-th I/O of one kind at one place, fails: once, or from then on. Whatever
 * fails, an operation says so and leaves things whole: the source holds what was acknowledged, a replica
 * shows its point in time or says that it is broken, and when the fault is over all can be removed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/crash.h"
#include "support/engine_world.h"
#include "support/powercut.h"
#include "util/alloc.h"

#define BLOCKS 32u
#define SIZE (BLOCKS * EW_BLOCK)
#define REPLICAS 3 /* s1, s2: snapshots; c: a clone */

struct shadow {            /* of a volume */
    uint8_t now[BLOCKS];   /* acknowledged */
    uint8_t maybe[BLOCKS]; /* of a write that failed, else the same */
};

struct state {
    struct engine_world ew;
    struct shadow src, target[REPLICAS];
    struct replica *r[REPLICAS];
    bool shows[REPLICAS]; /* has a point in time, as far as its operations said */
    char where[160];
};

static const char *const targets[] = {"t1", "t2", "t3"};
static const char *const ids[] = {"s1", "s2", "c"};

static int put(struct state *s, const char *disk, struct shadow *m, uint64_t first, uint64_t n, uint8_t byte)
{
    struct volume *v = ew_volume(&s->ew, disk);
    int rc = v ? ew_write(v, first, n, byte) : -ENODEV;
    for (uint64_t b = first; v && b < first + n; b++) {
        if (rc) { /* a part of it may have been written, on top of what may be there already */
            m->maybe[b] = byte;
        } else {
            m->now[b] = byte;
            m->maybe[b] = byte;
        }
    }
    return rc;
}

static void create(struct state *s, unsigned i)
{
    enum replica_kind kind = i == 2 ? REPLICA_CLONE : REPLICA_SNAPSHOT;
    if (ew_create(&s->ew, ids[i], kind, "src", targets[i], &s->r[i]))
        s->r[i] = NULL;
}

static void activate(struct state *s, unsigned i)
{
    if (!s->r[i])
        return;
    s->shows[i] = replicas_activate(&s->r[i], 1, NULL) == 0;
    s->target[i] = s->src;
}

static void remove_one(struct state *s, unsigned i)
{
    if (s->r[i]) {
        s->shows[i] = false;
        if (replica_remove(s->r[i], NULL) == 0)
            s->r[i] = NULL;
    }
}

static void scenario(struct state *s)
{
    create(s, 0);
    activate(s, 0);
    (void)put(s, "src", &s->src, 0, 6, 101);
    create(s, 1);
    activate(s, 1);
    (void)put(s, "src", &s->src, 4, 8, 102);
    create(s, 2);
    activate(s, 2);
    (void)put(s, "src", &s->src, 2, 4, 103);
    if (s->shows[0])
        (void)put(s, "t1", &s->target[0], 5, 2, 150);
    if (s->shows[2])
        (void)put(s, "t3", &s->target[2], 9, 2, 151);
    if (ew_volume(&s->ew, "src"))
        (void)volume_flush(ew_volume(&s->ew, "src"));
    remove_one(s, 1);
    (void)put(s, "src", &s->src, 16, 10, 104);
    if (s->r[2] && s->shows[2])
        (void)replica_fill(s->r[2], NULL);
    if (s->r[0] && s->shows[0] && replica_detach_begin(s->r[0]) == 0)
        (void)replica_fill(s->r[0], NULL);
    (void)put(s, "src", &s->src, 0, 3, 105);
}

static void check_volume(struct state *s, const char *disk, const struct shadow *m)
{
    for (uint64_t b = 0; b < BLOCKS; b++) {
        int is = ew_read(ew_volume(&s->ew, disk), b);
        /* Of a failed write, sectors may be of either kind. */
        if (is != m->now[b] && is != m->maybe[b] && !(is == -1 && m->now[b] != m->maybe[b]))
            fail_msg("%s: %s block %llu holds %d, not %u or %u", s->where, disk, (unsigned long long)b, is,
                     m->now[b], m->maybe[b]);
    }
}

/* Things that may be tried again when the fault is over; then everything is looked at. */
static void aftermath(struct state *s, bool medium_lost)
{
    if (!medium_lost)
        check_volume(s, "src", &s->src);
    for (unsigned i = 0; i < REPLICAS; i++) {
        struct replica_info info;
        if (!s->r[i])
            continue;
        replica_get_info(s->r[i], &info);
        if (s->shows[i] && info.state != REPLICA_BROKEN && !medium_lost)
            check_volume(s, targets[i], &s->target[i]);
    }
    engine_events_drain(s->ew.engine);
    for (unsigned i = 0; i < REPLICAS; i++)
        remove_one(s, i);
    for (unsigned i = 0; i < REPLICAS; i++) /* what could not be removed (a poisoned file) is let go of */
        replica_put(s->r[i]);
}

/* What a service would have recorded when the process died. */
struct recorded {
    struct replica_info info[REPLICAS];
    bool exists[REPLICAS];
    size_t ops;
};

static void record(struct state *s, struct recorded *k)
{
    memset(k, 0, sizeof *k);
    for (unsigned i = 0; i < REPLICAS; i++) {
        k->exists[i] = s->r[i] != NULL;
        if (s->r[i])
            replica_get_info(s->r[i], &k->info[i]);
    }
    k->ops = world_ops(s->ew.world);
}

/* The process was killed where that was recorded, and the service is opened again. A replica that had
 * broken must not come back as whole, unless the state directory could not be told. */
static void reopen(struct state *s, const struct recorded *k, bool state_failed)
{
    struct world *w = world_kill(s->ew.world, k->ops);
    assert_non_null(w);
    assert_int_equal(world_bind(w, ""), 0);
    struct state now = *s;
    assert_int_equal(ew_start(&now.ew, w), 0);
    for (unsigned i = 0; i < REPLICAS; i++) {
        enum replica_kind kind = i == 2 ? REPLICA_CLONE : REPLICA_SNAPSHOT;
        enum replica_state state = k->info[i].state == REPLICA_BROKEN ? REPLICA_ACTIVE : k->info[i].state;
        now.r[i] = NULL;
        if (!k->exists[i])
            continue;
        if (!s->shows[i] && state != REPLICA_INACTIVE) /* its removal was begun, or its activation undone */
            state = REPLICA_LEAVING;
        assert_int_equal(
            ew_load(&now.ew, ids[i], kind, "src", targets[i], state, k->info[i].order, &now.r[i]), 0);
        struct replica_info info;
        replica_get_info(now.r[i], &info);
        if (k->info[i].state == REPLICA_BROKEN && info.state != REPLICA_BROKEN && !state_failed)
            fail_msg("%s: %s was broken and is not any more", s->where, ids[i]);
    }
    assert_int_equal(volume_ready(ew_volume(&now.ew, "src")), 0);
    check_volume(&now, "src", &now.src);
    for (unsigned i = 0; i < REPLICAS; i++) {
        struct replica_info info;
        if (!now.r[i])
            continue;
        replica_get_info(now.r[i], &info);
        if (now.shows[i] && info.state != REPLICA_BROKEN && info.state != REPLICA_INACTIVE &&
            k->info[i].state != REPLICA_BROKEN)
            check_volume(&now, targets[i], &now.target[i]);
    }
    for (unsigned i = 0; i < REPLICAS; i++)
        replica_put(now.r[i]);
    ew_stop(&now.ew);
    world_free(w);
}

static bool attempt(struct state *s, const struct world_fault *fault, unsigned long allocation)
{
    static const char *const disks[] = {"src", "t1", "t2", "t3"};
    struct world *w = world_new(512);
    assert_non_null(w);
    assert_int_equal(world_bind(w, ""), 0);
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++)
        assert_int_equal(world_disk(w, disks[i], SIZE), 0);
    uint64_t overlay = s->ew.overlay_bytes;
    char where[sizeof s->where];
    memcpy(where, s->where, sizeof where);
    memset(s, 0, sizeof *s);
    memcpy(s->where, where, sizeof where);
    s->ew.overlay_bytes = overlay;
    s->ew.region_size = 16384;
    assert_int_equal(ew_start(&s->ew, w), 0);
    assert_non_null(ew_volume(&s->ew, "src"));
    for (uint64_t b = 0; b < BLOCKS; b += 4)
        assert_int_equal(put(s, "src", &s->src, b, 4, (uint8_t)(b / 4 + 1)), 0);

    assert_int_equal(world_settle(w), 0); /* kills are recorded from here on */
    unsigned long before = mem_count();
    if (fault)
        assert_int_equal(world_fault_add(w, fault), 0);
    if (allocation)
        mem_fail_at(allocation);
    scenario(s);
    mem_fail_at(0);
    bool struck = allocation ? mem_count() - before >= allocation : world_faults_struck(w) > 0;
    world_faults_clear(w);
    /* After a failed flush nothing that was written since the one before it is sure to be there. */
    bool lost = fault && struck && fault->path && strcmp(fault->path, "disks/src") == 0 &&
                fault->kinds != 1u << WORLD_OP_WRITE;
    struct recorded recorded;
    record(s, &recorded);
    struct state at_kill = *s;
    aftermath(s, lost);
    ew_stop(&s->ew);
    if (!lost)
        reopen(&at_kill, &recorded, fault && fault->path && strcmp(fault->path, "state") == 0);
    world_unbind("");
    world_free(w);
    return struck;
}

static void any_allocation_may_fail(void **unused)
{
    (void)unused;
    static struct state s;
    for (int overlay = 0; overlay < 2; overlay++) {
        bool struck = true;
        unsigned long n = 0;
        for (unsigned long step = crash_long() ? 1 : 3; struck; n += step) {
            s.ew.overlay_bytes = overlay ? 128 * 1024 : 0;
            (void)snprintf(s.where, sizeof s.where, "allocation %lu, overlay %d", n + 1, overlay);
            struck = attempt(&s, NULL, n + 1);
        }
        printf("allocations, overlay %d: %lu failed\n", overlay, n);
        assert_true(n > 50);
    }
}

static void fail_each(const char *path, uint32_t kinds, int err, bool forever)
{
    static struct state s;
    for (int overlay = 0; overlay < 2; overlay++) {
        bool struck = true;
        for (unsigned long n = 1; struck; n++) {
            struct world_fault fault = {
                .kinds = kinds, .path = path, .nth = n, .forever = forever, .err = err};
            s.ew.overlay_bytes = overlay ? 128 * 1024 : 0;
            (void)snprintf(s.where, sizeof s.where, "operation %lu of kinds %x on %s%s, overlay %d", n, kinds,
                           path, forever ? " for ever" : "", overlay);
            struck = attempt(&s, &fault, 0);
            if (!struck)
                printf("%s, kinds %x, overlay %d: %lu failed\n", path, kinds, overlay, n - 1);
        }
    }
}

#define KIND(k) (1u << WORLD_OP_##k)

static void any_io_on_a_target_may_fail(void **unused)
{
    (void)unused;
    fail_each("disks/t", KIND(WRITE) | KIND(ZERO), -EIO, false);
    fail_each("disks/t", KIND(WRITE) | KIND(ZERO), -ENOSPC, true);
    fail_each("disks/t", KIND(READ), -EIO, false);
    fail_each("disks/t", KIND(SYNC), -EIO, true);
}

static void any_io_on_the_source_may_fail(void **unused)
{
    (void)unused;
    fail_each("disks/src", KIND(WRITE), -EIO, false);
    fail_each("disks/src", KIND(READ), -EIO, false);
    fail_each("disks/src", KIND(SYNC), -EIO, false);
}

static void any_io_in_the_state_directory_may_fail(void **unused)
{
    (void)unused;
    fail_each("state", KIND(WRITE), -ENOSPC, false);
    fail_each("state", KIND(WRITE), -ENOSPC, true);
    fail_each("state", KIND(SYNC), -EIO, false);
    fail_each("state", KIND(CREATE) | KIND(UNLINK) | KIND(RENAME) | KIND(SYNC_DIR), -EIO, false);
    fail_each("state", KIND(READ), -EIO, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(any_io_on_a_target_may_fail),
        cmocka_unit_test(any_io_on_the_source_may_fail),
        cmocka_unit_test(any_io_in_the_state_directory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
