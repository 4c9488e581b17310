/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on clones and snapshots while several threads write to the sources, against a model.
 *
 * Content is made of 512-byte units. Each unit belongs to one writer, who stamps it with the number of his
 * write, so the writer's order is in the data. A point in time taken under running writes must show for
 * each writer exactly his first k writes, for one k on all sources of the cut, where k is not below what he
 * had been told is done before the cut and not above what he had begun after it. That image is then the
 * model of the replica for the rest of its life; readers compare it all the time.
 *
 * A seed gives the operations; the interleaving with the writers is the machine's. REPLSVC_SEED=n runs one.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/crash.h"
#include "support/engine_world.h"

#define UNIT 512u
#define UNITS 3000u /* not a whole number of regions */
#define SIZE (UNITS * UNIT)
#define SOURCES 2
#define WRITERS 3
#define TARGETS 7
#define STRIPE 37u /* units in a row that belong to one writer */
#define HISTORY 200000u
#define LONGEST 150u /* units of one write */

typedef uint32_t image[UNITS]; /* number of the write in each unit; 0 = zeroes */

struct record {
    uint16_t source, first, n;
    bool zero;
};

struct writer {
    pthread_t thread;
    unsigned id;
    struct record *history;    /* [number], since the last rebase */
    _Atomic uint32_t begun;    /* history up to this number may be read */
    _Atomic uint32_t finished; /* has been acknowledged */
    uint32_t base;             /* the number at which `base` holds */
    uint64_t random;
};

struct live {
    struct replica *r;
    enum replica_kind kind;
    unsigned source, target;
    image point;   /* as it was activated */
    image content; /* what the target shows now; lives_lock */
    bool complete;
};

static struct engine_world ew;
static struct writer writers[WRITERS];
static image base[SOURCES]; /* after each writer's first writer.base writes */
static struct live lives[TARGETS];
static size_t n_lives;
static unsigned next_id;
static pthread_rwlock_t lives_lock =
    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP; /* readers of lives against their changer */
static pthread_rwlock_t pause_lock =
    PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP; /* held for reading around each write */
static _Atomic bool stop, failed;
static uint64_t seed_random;

static uint64_t draw(uint64_t *x)
{
    *x ^= *x << 13, *x ^= *x >> 7, *x ^= *x << 17;
    return *x;
}

static unsigned pick(unsigned n)
{
    return (unsigned)(draw(&seed_random) % n);
}

static unsigned owner(unsigned unit)
{
    return unit / STRIPE % WRITERS;
}

static struct volume *source(unsigned i)
{
    return ew_volume(&ew, i ? "src1" : "src0");
}

static struct volume *target(unsigned i)
{
    char name[8];
    (void)snprintf(name, sizeof name, "t%u", i);
    return ew_volume(&ew, name);
}

static void stamp(unsigned char *buf, unsigned unit, uint32_t number)
{
    uint32_t words[UNIT / 4];
    for (unsigned i = 0; i < UNIT / 4; i++)
        words[i] = number ? (i % 2 ? unit : number) : 0;
    memcpy(buf, words, UNIT);
}

/* The number in a unit; UINT32_MAX if it is torn or another's. */
static uint32_t number_in(const unsigned char *buf, unsigned unit)
{
    uint32_t number;
    unsigned char whole[UNIT];
    memcpy(&number, buf, 4);
    stamp(whole, unit, number);
    return memcmp(whole, buf, UNIT) ? UINT32_MAX : number;
}

static int put(struct volume *v, unsigned first, unsigned n, uint32_t number, bool zero, uint64_t x)
{
    unsigned char buf[LONGEST * UNIT];
    if (zero && x & 1)
        return volume_write_zeroes(v, first * UNIT, n * UNIT, REPLSVC_IO_MAY_UNMAP);
    if (zero)
        return volume_discard(v, first * UNIT, n * UNIT, 0);
    for (unsigned i = 0; i < n; i++)
        stamp(buf + i * UNIT, first + i, number);
    size_t cut = x % (n * UNIT);
    struct iovec two[2] = {{buf, cut}, {buf + cut, n * UNIT - cut}};
    return volume_pwritev(v, two, 2, first * UNIT, x & 0x100 ? 0 : x & 0x200 ? REPLSVC_IO_FUA : 0);
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    while (!atomic_load(&stop)) {
        pthread_rwlock_rdlock(&pause_lock);
        uint32_t number = atomic_load(&w->begun) + 1;
        if (number < HISTORY) {
            struct record *h = &w->history[number];
            unsigned stripe = (unsigned)(draw(&w->random) % (UNITS / STRIPE / WRITERS)) * WRITERS + w->id;
            unsigned lead = (unsigned)(draw(&w->random) % STRIPE);
            h->first = (uint16_t)(stripe * STRIPE + lead);
            h->n = (uint16_t)(draw(&w->random) % (STRIPE - lead) + 1);
            h->source = (uint16_t)(draw(&w->random) % SOURCES);
            h->zero = draw(&w->random) % 16 == 0;
            atomic_store(&w->begun, number);
            int rc = put(source(h->source), h->first, h->n, number, h->zero, draw(&w->random));
            if (!rc && draw(&w->random) % 64 == 0)
                rc = volume_flush(source(h->source));
            if (rc) {
                printf("writer %u: write %u: %s\n", w->id, number, strerror(-rc));
                atomic_store(&failed, true);
            }
            atomic_store(&w->finished, number);
        }
        pthread_rwlock_unlock(&pause_lock);
    }
    return NULL;
}

/* Reads a whole volume into numbers, in requests of odd sizes. */
static bool read_image(struct volume *v, image out, uint64_t *x)
{
    unsigned char buf[LONGEST * UNIT];
    for (unsigned at = 0; at < UNITS;) {
        unsigned n = (unsigned)(draw(x) % LONGEST) + 1;
        if (n > UNITS - at)
            n = UNITS - at;
        struct iovec one = {buf, n * UNIT};
        int rc = volume_preadv(v, &one, 1, at * UNIT, 0);
        if (rc) {
            printf("%s: read at unit %u: %s\n", volume_id(v), at, strerror(-rc));
            return false;
        }
        for (unsigned i = 0; i < n; i++)
            out[at + i] = number_in(buf + i * UNIT, at + i);
        at += n;
    }
    return true;
}

static bool compare(const char *what, const image is, const image should)
{
    for (unsigned u = 0; u < UNITS; u++)
        if (is[u] != should[u]) {
            printf("%s: unit %u (region %u) holds write %u instead of %u of writer %u\n", what, u,
                   u * UNIT / 65536, is[u], should[u], owner(u));
            atomic_store(&failed, true);
            return false;
        }
    return true;
}

static void *read_on(void *arg)
{
    uint64_t x = (uint64_t)(uintptr_t)arg;
    static _Thread_local image now;
    while (!atomic_load(&stop)) {
        pthread_rwlock_rdlock(&lives_lock);
        if (n_lives) {
            struct live *l = &lives[draw(&x) % n_lives];
            if (!read_image(target(l->target), now, &x))
                atomic_store(&failed, true);
            else
                (void)compare(volume_id(target(l->target)), now, l->content);
        }
        pthread_rwlock_unlock(&lives_lock);
    }
    return NULL;
}

/* ---- the model ---- */

/* What a writer's units of a source hold after his first k writes. */
static void replay(unsigned s, const struct writer *w, uint32_t k, image out)
{
    for (unsigned u = 0; u < UNITS; u++)
        if (owner(u) == w->id)
            out[u] = base[s][u];
    for (uint32_t i = w->base + 1; i <= k; i++)
        if (w->history[i].source == s)
            for (unsigned u = 0; u < w->history[i].n; u++)
                out[w->history[i].first + u] = w->history[i].zero ? 0 : i;
}

static bool same_for(const struct writer *w, const image a, const image b)
{
    for (unsigned u = 0; u < UNITS; u++)
        if (owner(u) == w->id && a[u] != b[u])
            return false;
    return true;
}

/* Whether all these images show one and the same prefix of each writer. */
static bool is_one_instant(const struct live *const l[], size_t n, const uint32_t low[],
                           const uint32_t high[])
{
    static image expected;
    for (unsigned i = 0; i < WRITERS; i++) {
        bool found = false;
        for (uint32_t k = low[i]; k <= high[i] && !found; k++) {
            found = true;
            for (size_t j = 0; found && j < n; j++) {
                replay(l[j]->source, &writers[i], k, expected);
                found = same_for(&writers[i], expected, l[j]->content);
            }
        }
        if (!found) {
            printf("no prefix of writer %u between %u and %u is what the %zu replicas show\n", i, low[i],
                   high[i], n);
            replay(l[0]->source, &writers[i], high[i], expected);
            for (unsigned u = 0; u < UNITS; u++)
                if (owner(u) == i && expected[u] != l[0]->content[u]) {
                    printf("first: unit %u holds %u, at the end %u\n", u, l[0]->content[u], expected[u]);
                    break;
                }
            return false;
        }
    }
    return true;
}

/* No writer is under way. */
static void rebase(void)
{
    for (unsigned i = 0; i < WRITERS; i++) {
        struct writer *w = &writers[i];
        uint32_t k = atomic_load(&w->begun);
        for (unsigned s = 0; s < SOURCES; s++)
            for (uint32_t h = w->base + 1; h <= k; h++)
                if (w->history[h].source == s)
                    for (unsigned u = 0; u < w->history[h].n; u++)
                        base[s][w->history[h].first + u] = w->history[h].zero ? 0 : h;
        w->base = k;
    }
}

/* Numbers go on rising, so that an old one is never taken for a new one. */
static void check_sources(void)
{
    static image now;
    rebase();
    for (unsigned s = 0; s < SOURCES; s++)
        if (read_image(source(s), now, &seed_random))
            (void)compare(s ? "src1" : "src0", now, base[s]);
        else
            atomic_store(&failed, true);
}

/* ---- operations ---- */

static bool target_in_use(unsigned t)
{
    for (size_t i = 0; i < n_lives; i++)
        if (lives[i].target == t)
            return true;
    return false;
}

static void op_activate(void)
{
    unsigned n = pick(3) + 1;
    struct replica *r[3];
    uint32_t low[WRITERS], high[WRITERS];
    const struct live *l[3];
    if (n_lives + n > TARGETS)
        return;
    pthread_rwlock_wrlock(&lives_lock);
    size_t first = n_lives;
    for (unsigned i = 0; i < n; i++) {
        struct live *new = &lives[n_lives];
        char id[16], name[8];
        unsigned t = pick(TARGETS);
        while (target_in_use(t))
            t = (t + 1) % TARGETS;
        *new = (struct live){
            .kind = pick(3) ? REPLICA_SNAPSHOT : REPLICA_CLONE, .source = pick(SOURCES), .target = t};
        (void)snprintf(id, sizeof id, "r%u", next_id++);
        (void)snprintf(name, sizeof name, "t%u", t);
        struct replica_spec spec = {.id = id,
                                    .kind = new->kind,
                                    .region_size = pick(4) ? 65536 : 4096u << pick(6),
                                    .source = source(new->source),
                                    .target = target(t),
                                    .user = NULL};
        assert_int_equal(replica_create(&spec, &new->r), 0);
        r[i] = new->r;
        l[i] = new;
        n_lives++;
    }
    pthread_rwlock_wrlock(&pause_lock);
    rebase();
    pthread_rwlock_unlock(&pause_lock);
    for (unsigned i = 0; i < WRITERS; i++)
        low[i] = atomic_load(&writers[i].finished);
    assert_int_equal(replicas_activate(r, n, NULL), 0);
    for (unsigned i = 0; i < WRITERS; i++)
        high[i] = atomic_load(&writers[i].begun);
    for (size_t i = first; i < n_lives; i++)
        if (!read_image(target(lives[i].target), lives[i].content, &seed_random))
            atomic_store(&failed, true);
        else
            memcpy(lives[i].point, lives[i].content, sizeof(image));
    if (!is_one_instant(l, n, low, high))
        atomic_store(&failed, true);
    pthread_rwlock_unlock(&lives_lock);
}

static void forget(struct live *l)
{
    *l = lives[--n_lives];
}

static void op_remove(struct live *l)
{
    pthread_rwlock_wrlock(&lives_lock);
    if (pick(2))
        assert_int_equal(replica_deactivate(l->r, NULL), 0);
    assert_int_equal(replica_remove(l->r, NULL), 0);
    forget(l);
    pthread_rwlock_unlock(&lives_lock);
}

static void op_skew(struct live *l)
{
    unsigned first = pick(UNITS - LONGEST), n = pick(LONGEST) + 1;
    uint32_t number = 0x40000000 + pick(1000000);
    bool zero = pick(5) == 0;
    pthread_rwlock_wrlock(&lives_lock);
    assert_int_equal(put(target(l->target), first, n, number, zero, draw(&seed_random)), 0);
    for (unsigned u = first; u < first + n; u++)
        l->content[u] = zero ? 0 : number;
    pthread_rwlock_unlock(&lives_lock);
}

/* Readers go on while it is filled. */
static void op_fill(struct live *l)
{
    if (l->kind == REPLICA_SNAPSHOT && !l->complete)
        assert_int_equal(replica_detach_begin(l->r), 0);
    assert_int_equal(replica_fill(l->r, NULL), 0);
    l->complete = true;
}

static void op_restore(struct live *l)
{
    pthread_rwlock_wrlock(&pause_lock);
    check_sources();
    assert_int_equal(replica_restore_begin(l->r), 0);
    memcpy(base[l->source], l->content, sizeof(image));
    check_sources();
    pthread_rwlock_unlock(&pause_lock);
    assert_int_equal(replica_restore_fill(l->r, NULL), 0);
}

static void op_check(void)
{
    pthread_rwlock_wrlock(&pause_lock);
    check_sources();
    pthread_rwlock_unlock(&pause_lock);
}

/* Deactivated and activated again: a new point in time in the same target. */
static void op_again(struct live *l)
{
    uint32_t low[WRITERS], high[WRITERS];
    const struct live *one = l;
    pthread_rwlock_wrlock(&lives_lock);
    assert_int_equal(replica_deactivate(l->r, NULL), 0);
    l->complete = false;
    pthread_rwlock_wrlock(&pause_lock);
    rebase();
    pthread_rwlock_unlock(&pause_lock);
    for (unsigned i = 0; i < WRITERS; i++)
        low[i] = atomic_load(&writers[i].finished);
    assert_int_equal(replicas_activate(&l->r, 1, NULL), 0);
    for (unsigned i = 0; i < WRITERS; i++)
        high[i] = atomic_load(&writers[i].begun);
    if (!read_image(target(l->target), l->content, &seed_random) || !is_one_instant(&one, 1, low, high))
        atomic_store(&failed, true);
    memcpy(l->point, l->content, sizeof(image));
    pthread_rwlock_unlock(&lives_lock);
}

static void operate(void)
{
    unsigned what = pick(20);
    struct live *l = n_lives ? &lives[pick((unsigned)n_lives)] : NULL;
    if (getenv("REPLSVC_VERBOSE"))
        printf("operation %u on t%u (kind %d, source %u, %s)\n", what, l ? l->target : 0,
               l ? (int)l->kind : 0, l ? l->source : 0, l && l->complete ? "complete" : "shares");
    if (!l || what < 6) {
        op_activate();
    } else if (what < 9) {
        op_remove(l);
    } else if (what < 13) {
        op_skew(l);
    } else if (what < 14) {
        if (l->kind == REPLICA_SNAPSHOT && !l->complete) {
            pthread_rwlock_wrlock(&lives_lock);
            assert_int_equal(replica_reset(l->r), 0);
            memcpy(l->content, l->point, sizeof(image));
            pthread_rwlock_unlock(&lives_lock);
        }
    } else if (what < 16) {
        op_fill(l);
    } else if (what < 18) {
        op_restore(l);
    } else if (what < 19) {
        op_again(l);
    } else {
        op_check();
    }
}

static void run_seed(uint64_t seed, unsigned rounds)
{
    static const char *const names[] = {"src0", "src1", "t0", "t1", "t2", "t3", "t4", "t5", "t6"};
    struct world *w = world_new(512);
    pthread_t readers[2];
    seed_random = seed * 0x9e3779b97f4a7c15u + 1;
    atomic_store(&stop, false);
    n_lives = 0;
    memset(base, 0, sizeof base);
    assert_non_null(w);
    assert_int_equal(world_bind(w, ""), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(world_disk(w, names[i], SIZE), 0);
    ew.overlay_bytes = seed % 2 ? 256 * 1024 : 0;
    assert_int_equal(ew_start(&ew, w), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(ew_volume(&ew, names[i]));
    for (unsigned i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.id = i, .random = seed + i * 7919 + 1};
        writers[i].history = calloc(HISTORY, sizeof(struct record));
        assert_non_null(writers[i].history);
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
    for (uintptr_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_on, (void *)(i + 77)), 0);

    for (unsigned i = 0; i < rounds && !atomic_load(&failed); i++)
        operate();

    atomic_store(&stop, true);
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(readers[i], NULL);
    check_sources();
    while (n_lives)
        op_remove(&lives[0]);
    unsigned long n = 0;
    for (unsigned i = 0; i < WRITERS; i++) {
        n += atomic_load(&writers[i].begun);
        free(writers[i].history);
    }
    printf("seed %llu: %u operations, %lu writes%s\n", (unsigned long long)seed, rounds, n,
           atomic_load(&failed) ? ", FAILED" : "");
    ew_stop(&ew);
    world_unbind("");
    world_free(w);
    assert_false(atomic_load(&failed));
}

static void replicas_show_one_instant_under_running_writes(void **unused)
{
    (void)unused;
    const char *one = getenv("REPLSVC_SEED");
    if (one) {
        run_seed(strtoull(one, NULL, 10), 60);
        return;
    }
    for (uint64_t seed = 1; seed <= (crash_long() ? 500 : 6); seed++)
        run_seed(seed, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replicas_show_one_instant_under_running_writes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
