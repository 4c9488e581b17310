/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clones, snapshots and restores under kills and power cuts at every point. A scenario is a script; what it
 * has been told is done goes into the log as marks, from which a reference model learns what must be found
 * after a crash: for each block of each volume the value that was flushed or any later one (after a kill
 * the last acknowledged one), and for each replica its point in time, byte for byte.
 *
 * The check does what the service does at open: loads what is recorded, begins again what was intended,
 * lets writes go on; then it compares, finishes the background work, writes to everything, compares again.
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

#define BLOCKS 48u /* 192 KiB: 12 regions of 16 KiB */
#define SIZE (BLOCKS * EW_BLOCK)
#define REGION_SIZE 16384u
#define MAX_VALUES 24
#define REPLICAS 4

enum { SRC = 0, SRC2, T0, T1, T2, T3, VOLUMES }; /* the target of replica i is T0 + i */
static const char *const names[VOLUMES] = {"src", "src2", "t0", "t1", "t2", "t3"};

enum op {
    OP_END = 0,
    OP_WRITE,      /* volume, first block, n, value */
    OP_FLUSH,      /* volume */
    OP_CREATE,     /* replica, kind, source */
    OP_CUT,        /* bits of replicas */
    OP_FILL,       /* replica */
    OP_REMOVE,     /* replica */
    OP_RESET,      /* replica */
    OP_DETACH,     /* replica */
    OP_DEACTIVATE, /* replica */
    OP_RESTORE,    /* replica: begin */
    OP_RESTORE_FILL
};

struct step {
    enum op op;
    uint64_t a, b, c, d;
};

/* Marks: an operation is noted when it begins (what follows may be a part of it) and when it returned. */
enum { BEGUN = 0, DONE = 1 };

/* ---- the model ---- */

struct block {
    uint8_t values[MAX_VALUES]; /* [0]: what is durable at least; the last: what was written last */
    uint8_t n;
    uint8_t acknowledged; /* values before this index have been */
    uint8_t flushing;     /* index that a flush under way covers */
};

struct replica_model {
    bool exists, leaving, deactivating, resetting, restoring_intended, whole;
    enum replica_kind kind;
    unsigned source;
    enum replica_state state;
    uint64_t order;
    uint8_t image[BLOCKS];
};

static struct {
    struct block v[VOLUMES][BLOCKS];
    struct replica_model r[REPLICAS];
} model;

struct scenario {
    const char *name;
    const struct step *steps;
    uint64_t overlay_bytes;
    struct engine_world ew;
};

static void settle_block(struct block *b, uint8_t value)
{
    *b = (struct block){.values = {value}, .n = 1, .acknowledged = 1};
}

static void restart(void *user)
{
    (void)user;
    memset(&model, 0, sizeof model);
    for (unsigned v = 0; v < VOLUMES; v++)
        for (unsigned b = 0; b < BLOCKS; b++)
            settle_block(&model.v[v][b], v < T0 ? (uint8_t)(b / 4 + 1) : 0);
}

static uint8_t last(unsigned v, unsigned b)
{
    return model.v[v][b].values[model.v[v][b].n - 1];
}

static void mark_write(const struct step *s, unsigned when)
{
    for (uint64_t i = s->b; i < s->b + s->c; i++) {
        struct block *b = &model.v[s->a][i];
        if (when == BEGUN && b->n < MAX_VALUES)
            b->values[b->n++] = (uint8_t)s->d;
        else
            b->acknowledged = b->n;
    }
}

static void mark_flush(const struct step *s, unsigned when)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        struct block *b = &model.v[s->a][i];
        if (when == BEGUN) {
            b->flushing = (uint8_t)(b->n - 1);
        } else {
            memmove(b->values, b->values + b->flushing, (size_t)(b->n - b->flushing));
            b->n = (uint8_t)(b->n - b->flushing);
            b->acknowledged = b->n;
            b->flushing = 0;
        }
    }
}

static void show_image(unsigned v, const uint8_t image[])
{
    for (unsigned i = 0; i < BLOCKS; i++)
        settle_block(&model.v[v][i], image[i]);
}

static void mark_cut(uint64_t bits, uint64_t orders)
{
    for (unsigned i = 0; i < REPLICAS; i++) {
        if (!(bits & (1u << i)))
            continue;
        struct replica_model *r = &model.r[i];
        r->state = REPLICA_ACTIVE;
        r->order = orders >> (i * 8) & 0xff;
        for (unsigned b = 0; b < BLOCKS; b++)
            r->image[b] = last(r->source, b);
        show_image(T0 + i, r->image);
    }
}

static void mark(void *user, const struct world_mark *m)
{
    const struct scenario *sc = user;
    const struct step *s = &sc->steps[m->kind];
    unsigned when = (unsigned)m->a;
    struct replica_model *r = &model.r[s->op == OP_CUT ? 0 : s->a % REPLICAS];
    switch (s->op) {
    case OP_WRITE:
        mark_write(s, when);
        break;
    case OP_FLUSH:
        mark_flush(s, when);
        break;
    case OP_CREATE:
        if (when == DONE)
            *r = (struct replica_model){.exists = true,
                                        .kind = (enum replica_kind)s->b,
                                        .source = (unsigned)s->c,
                                        .state = REPLICA_INACTIVE};
        break;
    case OP_CUT:
        if (when == DONE)
            mark_cut(s->a, m->b);
        break;
    case OP_FILL:
        if (when == DONE) {
            r->state = REPLICA_COMPLETE;
            r->whole = true;
        }
        break;
    case OP_REMOVE:
        r->leaving = true;
        r->exists = when == BEGUN;
        break;
    case OP_RESET:
        r->resetting = when == BEGUN;
        if (when == DONE)
            show_image(T0 + (unsigned)s->a, r->image);
        break;
    case OP_DETACH:
        r->state = REPLICA_DETACHING;
        break;
    case OP_DEACTIVATE:
        r->deactivating = when == BEGUN;
        r->whole = false;
        if (when == DONE)
            r->state = REPLICA_INACTIVE;
        break;
    case OP_RESTORE:
        r->restoring_intended = when == BEGUN;
        if (when == DONE) {
            r->state = REPLICA_RESTORING;
            for (unsigned b = 0; b < BLOCKS; b++)
                settle_block(&model.v[r->source][b], last(T0 + (unsigned)s->a, b));
        }
        break;
    case OP_RESTORE_FILL:
        if (when == DONE)
            r->state = r->whole ? REPLICA_COMPLETE : REPLICA_ACTIVE;
        break;
    case OP_END:
        break;
    }
}

/* ---- the run ---- */

static int setup(void *user, struct world *w)
{
    (void)user;
    for (unsigned v = 0; v < VOLUMES; v++) {
        int rc = world_disk(w, names[v], SIZE);
        if (rc)
            return rc;
    }
    for (unsigned v = 0; v < T0; v++) {
        struct world_file *f;
        char path[32];
        (void)snprintf(path, sizeof path, "disks/%s", names[v]);
        int rc = world_open(w, path, 0, &f);
        for (unsigned b = 0; !rc && b < BLOCKS; b++) {
            char buf[EW_BLOCK];
            memset(buf, (int)(b / 4 + 1), sizeof buf);
            rc = world_write(f, buf, sizeof buf, b * EW_BLOCK, false);
        }
        if (!rc)
            rc = world_sync(f);
        if (rc)
            return rc;
        world_close(f);
    }
    return 0;
}

static int do_cut(struct replica *const all[], uint64_t bits, uint64_t *orders)
{
    struct replica *r[REPLICAS];
    size_t n = 0;
    for (unsigned i = 0; i < REPLICAS; i++)
        if (bits & (1u << i))
            r[n++] = all[i];
    int rc = replicas_activate(r, n, NULL);
    *orders = 0;
    for (unsigned i = 0; i < REPLICAS; i++) {
        struct replica_info info;
        if (!(bits & (1u << i)))
            continue;
        replica_get_info(all[i], &info);
        *orders |= info.order << (i * 8);
    }
    return rc;
}

static int do_step(struct engine_world *ew, const struct step *s, struct replica *r[], uint64_t *told)
{
    char id[8];
    struct volume *v = s->op == OP_WRITE || s->op == OP_FLUSH ? ew_volume(ew, names[s->a]) : NULL;
    switch (s->op) {
    case OP_WRITE:
        return ew_write(v, s->b, s->c, (unsigned char)s->d);
    case OP_FLUSH:
        return volume_flush(v);
    case OP_CREATE:
        (void)snprintf(id, sizeof id, "r%u", (unsigned)s->a);
        return ew_create(ew, id, (enum replica_kind)s->b, names[s->c], names[T0 + s->a], &r[s->a]);
    case OP_CUT:
        return do_cut(r, s->a, told);
    case OP_FILL:
        return replica_fill(r[s->a], NULL);
    case OP_REMOVE: {
        int rc = replica_remove(r[s->a], NULL);
        if (!rc)
            r[s->a] = NULL;
        return rc;
    }
    case OP_RESET:
        return replica_reset(r[s->a]);
    case OP_DETACH:
        return replica_detach_begin(r[s->a]);
    case OP_DEACTIVATE:
        return replica_deactivate(r[s->a], NULL);
    case OP_RESTORE:
        return replica_restore_begin(r[s->a]);
    case OP_RESTORE_FILL:
        return replica_restore_fill(r[s->a], NULL);
    case OP_END:
        break;
    }
    return 0;
}

static int run(void *user, struct world *w)
{
    struct scenario *sc = user;
    struct replica *r[REPLICAS] = {NULL};
    sc->ew.overlay_bytes = sc->overlay_bytes;
    sc->ew.region_size = REGION_SIZE;
    int rc = ew_start(&sc->ew, w);
    if (rc)
        return rc;
    for (uint32_t i = 0; !rc && sc->steps[i].op; i++) {
        uint64_t told = 0;
        (void)world_mark(w, i, BEGUN, 0, 0);
        rc = do_step(&sc->ew, &sc->steps[i], r, &told);
        if (rc)
            printf("%s: step %u: %s\n", sc->name, i, strerror(-rc));
        (void)world_mark(w, i, DONE, told, 0);
    }
    for (unsigned i = 0; i < REPLICAS; i++)
        replica_put(r[i]);
    ew_stop(&sc->ew);
    return rc;
}

/* ---- the check ---- */

static bool may_hold(const struct block *b, bool killed, uint8_t value)
{
    /* After a kill: the last acknowledged one, or what was being written. */
    for (unsigned i = killed ? b->acknowledged - 1u : 0; i < b->n; i++)
        if (b->values[i] == value)
            return true;
    return false;
}

static int compare(struct engine_world *ew, const struct crash_point *p, unsigned v, const char *when)
{
    static unsigned char buf[SIZE];
    struct iovec one = {buf, SIZE};
    int rc = volume_preadv(ew_volume(ew, names[v]), &one, 1, 0, 0);
    if (rc)
        return crash_wrong(p, "%s %s: cannot be read: %s", names[v], when, strerror(-rc));
    for (unsigned at = 0; at < SIZE; at += 512) {
        const struct block *b = &model.v[v][at / EW_BLOCK];
        if (buf[at] != buf[at + 511] || memcmp(buf + at, buf + at + 1, 511) ||
            !may_hold(b, p->killed, buf[at]))
            return crash_wrong(p, "%s %s: sector %u (block %u) holds %u, not one of %u..%u (%u)", names[v],
                               when, at / 512, at / EW_BLOCK, buf[at], b->values[0], b->values[b->n - 1],
                               b->n);
    }
    return 0;
}

static bool shown(unsigned i)
{
    const struct replica_model *r = &model.r[i];
    return r->exists && !r->leaving && !r->deactivating && r->state != REPLICA_INACTIVE;
}

static int compare_all(struct engine_world *ew, const struct crash_point *p, const char *when)
{
    int wrong = 0;
    for (unsigned v = 0; v < T0 && !wrong; v++)
        wrong = compare(ew, p, v, when);
    for (unsigned i = 0; i < REPLICAS && !wrong; i++)
        if (shown(i))
            wrong = compare(ew, p, T0 + i, when);
    return wrong;
}

static int load_all(struct engine_world *ew, struct replica *r[])
{
    for (unsigned i = 0; i < REPLICAS; i++) {
        const struct replica_model *m = &model.r[i];
        char id[8];
        if (!m->exists)
            continue;
        (void)snprintf(id, sizeof id, "r%u", i);
        int rc = ew_load(ew, id, m->kind, names[m->source], names[T0 + i],
                         m->leaving || m->deactivating ? REPLICA_LEAVING : m->state, m->order, &r[i]);
        if (rc)
            return rc;
        struct replica_info info;
        replica_get_info(r[i], &info);
        if (info.state == REPLICA_BROKEN)
            return -EIO;
    }
    for (unsigned v = 0; v < T0; v++) {
        int rc = volume_ready(ew_volume(ew, names[v]));
        if (rc)
            return rc;
    }
    return 0;
}

/* What the service begins again after a crash. */
static int begin_again(struct replica *r[])
{
    int rc = 0;
    for (unsigned i = 0; i < REPLICAS && !rc; i++) {
        const struct replica_model *m = &model.r[i];
        if (!r[i])
            continue;
        if (m->leaving) {
            rc = replica_remove(r[i], NULL);
            if (!rc)
                r[i] = NULL;
        } else if (m->deactivating) {
            rc = replica_deactivate(r[i], NULL);
        } else if (m->resetting) {
            rc = replica_reset(r[i]);
        } else if (m->restoring_intended) {
            rc = replica_restore_begin(r[i]);
        }
    }
    return rc;
}

/* A model of what begin_again has changed; the caller keeps the old one. */
static void model_begun_again(void)
{
    for (unsigned i = 0; i < REPLICAS; i++) {
        struct replica_model *m = &model.r[i];
        if (m->exists && !m->leaving && m->resetting)
            show_image(T0 + i, m->image);
        if (m->exists && !m->leaving && m->restoring_intended)
            for (unsigned b = 0; b < BLOCKS; b++)
                model.v[m->source][b] = model.v[T0 + i][b];
    }
}

static int go_on(struct engine_world *ew, const struct crash_point *p, struct replica *r[])
{
    int rc = ew_write(ew_volume(ew, "src"), 7, 9, 0xee);
    for (unsigned b = 7; b < 16; b++)
        settle_block(&model.v[SRC][b], 0xee);
    if (!rc)
        rc = compare_all(ew, p, "after a write") ? 1 : 0;
    for (unsigned i = 0; i < REPLICAS && !rc; i++) {
        if (!r[i])
            continue;
        struct replica_info info;
        replica_get_info(r[i], &info);
        if (info.state == REPLICA_RESTORING)
            rc = replica_restore_fill(r[i], NULL);
        else if (info.state == REPLICA_DETACHING ||
                 (info.state == REPLICA_ACTIVE && model.r[i].kind == REPLICA_CLONE))
            rc = replica_fill(r[i], NULL);
    }
    if (!rc)
        rc = ew_write(ew_volume(ew, "src"), 0, BLOCKS, 0xef);
    for (unsigned b = 0; b < BLOCKS; b++)
        settle_block(&model.v[SRC][b], 0xef);
    if (!rc)
        rc = compare_all(ew, p, "when all was finished") ? 1 : 0;
    return rc < 0 ? crash_wrong(p, "going on: %s", strerror(-rc)) : rc;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct scenario *sc = user;
    struct engine_world *ew = &sc->ew;
    struct replica *r[REPLICAS] = {NULL};
    __typeof__(model) before = model;
    int rc = ew_start(ew, w);
    if (rc)
        return crash_wrong(p, "start: %s", strerror(-rc));
    rc = load_all(ew, r);
    if (rc)
        rc = crash_wrong(p, "load: %s", strerror(-rc));
    else
        rc = begin_again(r);
    model_begun_again();
    if (!rc)
        rc = compare_all(ew, p, "at once");
    (void)world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    if (!rc)
        rc = go_on(ew, p, r);
    for (unsigned i = 0; i < REPLICAS; i++)
        replica_put(r[i]);
    ew_stop(ew);
    model = before;
    return rc;
}

static void run_script(const char *name, const struct step *steps)
{
    /* Without and with an overlay, here one that is soon full. */
    for (unsigned i = 0; i < 2; i++) {
        char full[96];
        (void)snprintf(full, sizeof full, "%s%s", name, i ? ", overlay" : "");
        struct scenario sc = {.name = full, .steps = steps, .overlay_bytes = i ? 128 * 1024 : 0};
        struct crash_scenario cs = {.name = full,
                                    .recovery = true,
                                    .setup = setup,
                                    .run = run,
                                    .restart = restart,
                                    .mark = mark,
                                    .check = check,
                                    .user = &sc};
        assert_int_equal(crash_run(&cs), 0);
    }
}

#define SNAPSHOT REPLICA_SNAPSHOT
#define CLONE REPLICA_CLONE
#define SCENARIO(name, ...)                                                                                  \
    static void name(void **unused)                                                                          \
    {                                                                                                        \
        (void)unused;                                                                                        \
        static const struct step steps[] = {__VA_ARGS__, {OP_END, 0, 0, 0, 0}};                              \
        run_script(#name, steps);                                                                            \
    }

SCENARIO(writes_under_a_snapshot, {OP_CREATE, 0, SNAPSHOT, SRC, 0}, {OP_WRITE, SRC, 20, 3, 99},
         {OP_CUT, 1, 0, 0, 0}, {OP_WRITE, SRC, 0, 2, 101}, {OP_WRITE, SRC, 3, 10, 102},
         {OP_FLUSH, SRC, 0, 0, 0}, {OP_WRITE, SRC, 1, 3, 103}, {OP_WRITE, SRC, 21, 1, 104},
         {OP_WRITE, SRC, 40, 8, 105})

SCENARIO(several_snapshots_and_one_deleted_in_the_middle, {OP_CREATE, 0, SNAPSHOT, SRC, 0},
         {OP_CREATE, 1, SNAPSHOT, SRC, 0}, {OP_CREATE, 2, SNAPSHOT, SRC, 0}, {OP_CUT, 1, 0, 0, 0},
         {OP_WRITE, SRC, 0, 6, 101}, {OP_CUT, 2, 0, 0, 0}, {OP_WRITE, SRC, 2, 20, 102}, {OP_CUT, 4, 0, 0, 0},
         {OP_WRITE, SRC, 5, 25, 103}, {OP_REMOVE, 1, 0, 0, 0}, {OP_WRITE, SRC, 28, 10, 104},
         {OP_REMOVE, 2, 0, 0, 0}, {OP_WRITE, SRC, 0, 48, 105}, {OP_FLUSH, SRC, 0, 0, 0},
         {OP_REMOVE, 0, 0, 0, 0})

SCENARIO(a_clone_that_is_filled_while_hosts_write_to_both_sides, {OP_CREATE, 0, CLONE, SRC, 0},
         {OP_CUT, 1, 0, 0, 0}, {OP_WRITE, SRC, 2, 9, 101}, {OP_WRITE, T0, 6, 1, 150},
         {OP_WRITE, T0, 20, 10, 151}, {OP_FLUSH, T0, 0, 0, 0}, {OP_WRITE, T0, 22, 1, 152},
         {OP_WRITE, SRC, 20, 4, 102}, {OP_FILL, 0, 0, 0, 0}, {OP_WRITE, SRC, 0, 48, 103},
         {OP_WRITE, T0, 1, 1, 153}, {OP_FLUSH, T0, 0, 0, 0}, {OP_REMOVE, 0, 0, 0, 0})

SCENARIO(a_group_cut, {OP_CREATE, 0, SNAPSHOT, SRC, 0}, {OP_CREATE, 1, CLONE, SRC2, 0},
         {OP_WRITE, SRC, 0, 9, 101}, {OP_WRITE, SRC2, 4, 9, 102}, {OP_CUT, 3, 0, 0, 0},
         {OP_WRITE, SRC2, 0, 9, 103}, {OP_WRITE, SRC, 7, 9, 104}, {OP_FLUSH, SRC2, 0, 0, 0},
         {OP_FILL, 1, 0, 0, 0})

SCENARIO(a_snapshot_that_is_written_to_and_reset, {OP_CREATE, 0, SNAPSHOT, SRC, 0},
         {OP_CREATE, 1, SNAPSHOT, SRC, 0}, {OP_CUT, 1, 0, 0, 0}, {OP_CUT, 2, 0, 0, 0},
         {OP_WRITE, T1, 3, 6, 150}, {OP_WRITE, SRC, 2, 6, 101}, {OP_WRITE, T1, 4, 1, 151},
         {OP_FLUSH, T1, 0, 0, 0}, {OP_WRITE, T1, 5, 1, 152}, {OP_RESET, 1, 0, 0, 0},
         {OP_WRITE, T1, 30, 1, 153}, {OP_REMOVE, 1, 0, 0, 0})

SCENARIO(a_snapshot_that_is_detached, {OP_CREATE, 0, SNAPSHOT, SRC, 0}, {OP_CREATE, 1, SNAPSHOT, SRC, 0},
         {OP_CREATE, 2, SNAPSHOT, SRC, 0}, {OP_CUT, 1, 0, 0, 0}, {OP_WRITE, SRC, 0, 5, 101},
         {OP_CUT, 2, 0, 0, 0}, {OP_WRITE, SRC, 8, 5, 102}, {OP_WRITE, T1, 3, 6, 150}, {OP_CUT, 4, 0, 0, 0},
         {OP_DETACH, 1, 0, 0, 0}, {OP_WRITE, SRC, 14, 5, 103}, {OP_FILL, 1, 0, 0, 0},
         {OP_WRITE, SRC, 0, 48, 104}, {OP_REMOVE, 1, 0, 0, 0})

SCENARIO(a_restore, {OP_CREATE, 0, SNAPSHOT, SRC, 0}, {OP_CREATE, 1, SNAPSHOT, SRC, 0}, {OP_CUT, 1, 0, 0, 0},
         {OP_WRITE, SRC, 0, 9, 101}, {OP_WRITE, T0, 30, 2, 150}, {OP_CUT, 2, 0, 0, 0},
         {OP_WRITE, SRC, 6, 9, 102}, {OP_RESTORE, 0, 0, 0, 0}, {OP_WRITE, SRC, 5, 2, 103},
         {OP_WRITE, SRC, 20, 2, 104}, {OP_FLUSH, SRC, 0, 0, 0}, {OP_WRITE, SRC, 6, 2, 105},
         {OP_RESTORE_FILL, 0, 0, 0, 0}, {OP_WRITE, SRC, 1, 2, 106}, {OP_FLUSH, SRC, 0, 0, 0})

SCENARIO(a_complete_clone_that_is_restored_and_taken_again, {OP_CREATE, 0, CLONE, SRC, 0},
         {OP_CUT, 1, 0, 0, 0}, {OP_WRITE, SRC, 2, 2, 101}, {OP_FILL, 0, 0, 0, 0}, {OP_WRITE, SRC, 9, 1, 102},
         {OP_WRITE, T0, 30, 1, 150}, {OP_RESTORE, 0, 0, 0, 0}, {OP_WRITE, SRC, 8, 2, 103},
         {OP_RESTORE_FILL, 0, 0, 0, 0}, {OP_WRITE, SRC, 40, 1, 104}, {OP_DEACTIVATE, 0, 0, 0, 0},
         {OP_WRITE, SRC, 17, 1, 105}, {OP_CUT, 1, 0, 0, 0}, {OP_WRITE, SRC, 16, 3, 106},
         {OP_WRITE, SRC, 0, 2, 107}, {OP_FLUSH, SRC, 0, 0, 0}, {OP_FILL, 0, 0, 0, 0},
         {OP_WRITE, T0, 1, 1, 151}, {OP_WRITE, SRC, 45, 1, 108}, {OP_FLUSH, T0, 0, 0, 0})

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_under_a_snapshot),
        cmocka_unit_test(several_snapshots_and_one_deleted_in_the_middle),
        cmocka_unit_test(a_clone_that_is_filled_while_hosts_write_to_both_sides),
        cmocka_unit_test(a_group_cut),
        cmocka_unit_test(a_snapshot_that_is_written_to_and_reset),
        cmocka_unit_test(a_snapshot_that_is_detached),
        cmocka_unit_test(a_restore),
        cmocka_unit_test(a_complete_clone_that_is_restored_and_taken_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
