/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store on a disk that crashes and fails: after every crash point each acknowledged transaction is
 * there whole, each that failed is not, one that was under way is there whole or not at all.
 *
 * Writer w's transaction i puts the records w/a/i and w/b/i and deletes those of transaction i - KEPT. So
 * what must be there follows from which of a writer's transactions took place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/store.h"
#include "support/crash.h"
#include "support/simvfs.h"

enum { STARTED = 1, DONE, FAILED, UNSURE };
enum { WRITERS = 4, MOST = 64, KEPT = 6 };

struct model {
    /* By writer and transaction. */
    enum { NEVER, ABSENT, PRESENT, EITHER } state[WRITERS][MOST];
};

/* ---- running ---- */

static size_t blob_of(unsigned writer, unsigned i, char part, char *blob)
{
    size_t len = i % 5 == 4 ? 3000 : 40 + i;
    memset(blob, 'A' + (int)((writer * 7 + i + (part == 'b')) % 26), len);
    return len;
}

static int transact(struct store *s, unsigned writer, unsigned i)
{
    char id[32], blob[4096];
    struct store_txn *t = store_begin(s);
    if (!t)
        return -ENOMEM;
    int r = 0;
    for (char part = 'a'; r == 0 && part <= 'b'; part++) {
        (void)snprintf(id, sizeof id, "%u/%c/%u", writer, part, i);
        r = store_put(t, 1, id, blob, blob_of(writer, i, part, blob));
        (void)snprintf(id, sizeof id, "%u/%c/%u", writer, part, i - KEPT);
        if (r == 0 && i >= KEPT)
            r = store_delete(t, 1, id);
    }
    if (r) {
        store_abort(t);
        return r;
    }
    return store_commit(t);
}

/* One transaction and its marks. */
static int marked(struct world *w, struct store *s, unsigned writer, unsigned i)
{
    world_mark(w, STARTED, writer, i, 0);
    int r = transact(s, writer, i);
    /* A store that was poisoned says so from then on, and what was under way then may be there. */
    if (r == 0)
        world_mark(w, DONE, writer, i, 0);
    else
        world_mark(w, store_checkpoint(s) == 0 ? FAILED : UNSURE, writer, i, 0);
    return r;
}

static int open_store(struct world *w, struct vfs **vfs, struct store **s, char *text, size_t size)
{
    int r = simvfs_open(w, "state", true, vfs);
    if (r)
        return r;
    r = store_open(*vfs, s, text, size);
    if (r)
        (*vfs)->ops->close(*vfs);
    return r;
}

static void close_store(struct vfs *vfs, struct store *s)
{
    store_close(s);
    vfs->ops->close(vfs);
}

/* ---- the model ---- */

static void model_restart(void *user)
{
    memset(user, 0, sizeof(struct model));
}

static void model_mark(void *user, const struct world_mark *mark)
{
    struct model *m = user;
    m->state[mark->a][mark->b] = mark->kind == DONE ? PRESENT : mark->kind == FAILED ? ABSENT : EITHER;
}

struct found {
    bool part[WRITERS][MOST][2];
    bool wrong;
};

static int note_record(void *user, uint8_t kind, const char *id, const void *blob, size_t len)
{
    struct found *f = user;
    unsigned writer, i;
    char part, expected[4096];
    if (kind != 1 || sscanf(id, "%u/%c/%u", &writer, &part, &i) != 3 || writer >= WRITERS || i >= MOST ||
        len != blob_of(writer, i, part, expected) || memcmp(blob, expected, len) != 0)
        f->wrong = true;
    else
        f->part[writer][i][part == 'b'] = true;
    return 0;
}

/* Transactions that surely or perhaps took place against the records of one writer. */
static const char *compare(const struct model *m, const struct found *f, unsigned writer)
{
    for (unsigned i = 0; i < MOST; i++) {
        unsigned there = f->part[writer][i][0] + f->part[writer][i][1];
        unsigned later = i + KEPT < MOST ? m->state[writer][i + KEPT] : NEVER;
        if (there == 1)
            return "half a transaction is there";
        if (there && (m->state[writer][i] == NEVER || m->state[writer][i] == ABSENT))
            return "a transaction is there that failed or never was";
        if (there && later == PRESENT)
            return "a deleted record is there";
        if (!there && m->state[writer][i] == PRESENT && later != PRESENT && later != EITHER)
            return "an acknowledged transaction is lost";
        /* One that may or may not be there put its own and deleted older ones in one. */
        if (i >= KEPT && m->state[writer][i] == EITHER && m->state[writer][i - KEPT] == PRESENT && there &&
            f->part[writer][i - KEPT][0])
            return "half a transaction took place";
        if (i >= KEPT && m->state[writer][i] == EITHER && later != PRESENT && later != EITHER &&
            m->state[writer][i - KEPT] == PRESENT && !there && !f->part[writer][i - KEPT][0])
            return "the other half of a transaction took place";
    }
    return NULL;
}

static const char *verify(const struct model *m, struct store *s)
{
    struct found f;
    memset(&f, 0, sizeof f);
    if (store_each(s, 0, note_record, &f) != 0)
        return "the records cannot be read";
    if (f.wrong)
        return "a record is there that nobody made";
    for (unsigned writer = 0; writer < WRITERS; writer++) {
        const char *wrong = compare(m, &f, writer);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct vfs *vfs;
    struct store *s;
    char text[256];
    int r = open_store(w, &vfs, &s, text, sizeof text);
    if (r)
        return crash_wrong(p, "the store does not open: %d, %s", r, text);
    const char *wrong = verify(user, s);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    /* And it goes on from there, also over the next open. */
    if (!wrong && transact(s, 0, MOST - 1) != 0)
        wrong = "it takes no transaction any more";
    close_store(vfs, s);
    if (!wrong && open_store(w, &vfs, &s, text, sizeof text) == 0) {
        struct model then = *(struct model *)user;
        then.state[0][MOST - 1] = PRESENT;
        wrong = verify(&then, s);
        close_store(vfs, s);
    }
    return wrong ? crash_wrong(p, "%s", wrong) : 0;
}

/* ---- scenarios ---- */

static int run_commits(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    struct store *s;
    int r = open_store(w, &vfs, &s, NULL, 0);
    if (r)
        return r;
    for (unsigned i = 0; r == 0 && i < 30; i++) {
        r = marked(w, s, 0, i);
        if (r == 0 && i % 8 == 5)
            r = store_checkpoint(s);
        if (r == 0 && i % 12 == 9) {
            close_store(vfs, s);
            r = open_store(w, &vfs, &s, NULL, 0);
            if (r)
                return r;
        }
    }
    close_store(vfs, s);
    return r;
}

static void commits_and_checkpoints_survive_every_crash(void **state)
{
    (void)state;
    struct model m;
    struct crash_scenario c = {.name = "store: commits, checkpoints, restarts",
                               .recovery = true,
                               .run = run_commits,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check,
                               .user = &m};
    assert_int_equal(crash_run(&c), 0);
}

struct writer {
    struct world *world;
    struct store *store;
    unsigned number;
    int result;
};

static void *write_many(void *arg)
{
    struct writer *k = arg;
    for (unsigned i = 0; i < 12 && k->result == 0; i++)
        k->result = marked(k->world, k->store, k->number, i);
    return NULL;
}

static int run_threads(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    struct store *s;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    int r = open_store(w, &vfs, &s, NULL, 0);
    if (r)
        return r;
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){w, s, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (unsigned i = 0; i < WRITERS; i++) {
        (void)pthread_join(threads[i], NULL);
        r = r ? r : writers[i].result;
    }
    close_store(vfs, s);
    return r;
}

static void commits_of_several_threads_survive_every_crash(void **state)
{
    (void)state;
    struct model m;
    struct crash_scenario c = {.name = "store: commits of several threads",
                               .run = run_threads,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check,
                               .user = &m};
    assert_int_equal(crash_run(&c), 0);
}

/* What befalls the store before transaction `at`. */
static const struct {
    unsigned at;
    struct world_fault fault;
} faults[] = {
    {2, {.kinds = 1u << WORLD_OP_WRITE, .path = "journal", .nth = 1, .partial = true, .err = -ENOSPC}},
    {5, {.kinds = 1u << WORLD_OP_SYNC, .path = "journal", .nth = 1, .err = -EIO}},
    {8, {.kinds = 1u << WORLD_OP_WRITE, .path = "journal", .nth = 1, .err = -EIO}},
    {8, {.kinds = 1u << WORLD_OP_SYNC, .path = "journal", .nth = 1, .err = -EIO}},
    {11, {.kinds = 1u << WORLD_OP_WRITE, .path = "checkpoint", .nth = 1, .partial = true, .err = -ENOSPC}},
    {13, {.kinds = 1u << WORLD_OP_RENAME, .nth = 1, .err = -EIO}},
    {17, {.kinds = 1u << WORLD_OP_SYNC_DIR, .nth = 1, .err = -EIO}},
    {21, {.kinds = 1u << WORLD_OP_SYNC_DIR, .nth = 2, .err = -EIO}}, /* after the rename */
    {15, {.kinds = 1u << WORLD_OP_SYNC, .path = "checkpoint", .nth = 1, .err = -EIO}},
    {19, {.kinds = 1u << WORLD_OP_SYNC, .nth = 1, .forever = true, .err = -EIO}},
};

static int run_faults(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    struct store *s;
    int r = open_store(w, &vfs, &s, NULL, 0);
    if (r)
        return r;
    for (unsigned i = 0; i < 26; i++) {
        for (size_t k = 0; k < sizeof faults / sizeof *faults; k++)
            if (faults[k].at == i)
                (void)world_fault_add(w, &faults[k].fault);
        if (i % 2)
            (void)store_checkpoint(s);
        bool failed = marked(w, s, 0, i) != 0;
        world_faults_clear(w);
        if (failed && store_checkpoint(s) != 0) { /* poisoned; the next open tells what is there */
            close_store(vfs, s);
            r = open_store(w, &vfs, &s, NULL, 0);
            if (r)
                return r;
        }
    }
    r = transact(s, 1, 0);
    close_store(vfs, s);
    return r;
}

static int check_faults(void *user, struct world *w, const struct crash_point *p)
{
    struct model m = *(struct model *)user;
    if (m.state[1][0] == NEVER)
        m.state[1][0] = EITHER;
    return check(&m, w, p);
}

static void failed_transactions_are_gone_after_every_crash(void **state)
{
    (void)state;
    struct model m;
    struct crash_scenario c = {.name = "store: failing writes, syncs and renames",
                               .run = run_faults,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check_faults,
                               .user = &m};
    assert_int_equal(crash_run(&c), 0);
}

/* ---- each operation fails once, no crash ---- */

static void note(struct model *m, struct store *s, unsigned i, int r)
{
    m->state[0][i] = r == 0 ? PRESENT : store_checkpoint(s) == 0 ? ABSENT : EITHER;
}

/* Returns whether the nth operation was reached. */
static bool run_with_fault(unsigned long nth, int err, bool partial)
{
    struct world *w = world_new(512);
    struct model m;
    struct vfs *vfs;
    struct store *s;
    memset(&m, 0, sizeof m);
    assert_non_null(w);
    struct world_fault fault = {.nth = nth, .err = err, .partial = partial};
    assert_int_equal(world_fault_add(w, &fault), 0);
    int r = open_store(w, &vfs, &s, NULL, 0);
    for (unsigned i = 0; r == 0 && i < 12; i++) {
        note(&m, s, i, transact(s, 0, i));
        assert_null(verify(&m, s)); /* in memory too */
        if (i == 4)
            (void)store_checkpoint(s);
        if (i == 8) {
            close_store(vfs, s);
            r = open_store(w, &vfs, &s, NULL, 0);
        }
    }
    if (r == 0)
        close_store(vfs, s);
    bool struck = world_faults_struck(w) > 0;
    world_faults_clear(w);
    assert_true(r == 0 || struck);
    assert_int_equal(open_store(w, &vfs, &s, NULL, 0), 0);
    assert_null(verify(&m, s));
    assert_int_equal(transact(s, 0, MOST - 1), 0);
    close_store(vfs, s);
    world_free(w);
    return struck;
}

static void any_one_operation_may_fail(void **state)
{
    (void)state;
    static const int errors[] = {-EIO, -ENOSPC};
    for (int e = 0; e < 2; e++)
        for (int partial = 0; partial < 2; partial++) {
            unsigned long nth = 1;
            while (run_with_fault(nth, errors[e], partial))
                nth++;
            assert_true(nth > 50);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_and_checkpoints_survive_every_crash),
        cmocka_unit_test(commits_of_several_threads_survive_every_crash),
        cmocka_unit_test(failed_transactions_are_gone_after_every_crash),
        cmocka_unit_test(any_one_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
