/* SPDX-License-Identifier: BSD-2-Clause */
/* The crash harness: see crash.h. */
#include "support/crash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/powercut.h"

#define SHOWN 10 /* failures printed in full */

static unsigned long total_points;

struct run {
    const struct crash_scenario *s;
    struct world *recorded;
    unsigned long points, failures;
    unsigned single, random;
    /* REPLSVC_CRASH: only this one. */
    bool only;
    size_t only_at;
    char only_policy[16];
    unsigned long long only_arg;
};

bool crash_long(void)
{
    const char *value = getenv("REPLSVC_LONG");
    return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

unsigned long crash_points(void)
{
    return total_points;
}

int crash_wrong(const struct crash_point *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "  %s%s, REPLSVC_CRASH=%zu:%s:%llu: ", p->scenario,
            p->in_recovery ? " (cut again in recovery)" : "", p->at, p->policy, (unsigned long long)p->arg);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n");
    va_end(args);
    return -1;
}

static void failed(struct run *r, struct world *log, const struct crash_point *p)
{
    char before[256], next[256];
    if (++r->failures > SHOWN)
        return;
    world_describe(log, p->at - 1, before, sizeof(before));
    world_describe(log, p->at, next, sizeof(next));
    fprintf(stderr, "FAILED %s%s at operation %zu (after: %s; next: %s): REPLSVC_CRASH=%zu:%s:%llu\n",
            r->s->name, p->in_recovery ? ", cut again in recovery" : "", p->at,
            p->at != 0 ? before : "the start", next, p->at, p->policy, (unsigned long long)p->arg);
}

/* Has the scenario check a world; the world stays. */
static bool check(struct run *r, struct world *w, const struct crash_point *p)
{
    r->points++;
    total_points++;
    world_bind(w, "");
    int wrong = r->s->check(r->s->user, w, p);
    world_bind(r->recorded, "");
    return wrong == 0;
}

/* Cuts the recovery that check() has recorded in w, at a place and in a way that the seed picks. */
static void cut_recovery(struct run *r, struct world *w, const struct crash_point *first, uint64_t seed)
{
    struct powercut *cut = powercut_new(w);
    const struct world_mark *mark;
    size_t length = 0;
    while (cut != NULL && powercut_step(cut, &mark) && (mark == NULL || mark->kind != CRASH_RECOVERED))
        length++;
    if (cut != NULL)
        powercut_free(cut);
    if (length == 0)
        return;
    size_t at = (size_t)(seed / 8 % (length + 1));
    struct crash_point p = *first;
    enum cut_policy policy = seed % 8 == 0 ? CUT_KILL : seed % 8 < 3 ? CUT_NONE : CUT_RANDOM;
    p.in_recovery = true;
    p.killed = first->killed && policy == CUT_KILL;
    struct world *again = world_crash(w, at, policy, seed);
    if (again == NULL || !check(r, again, &p)) {
        failed(r, r->recorded, &p);
        if (r->failures <= SHOWN)
            fprintf(stderr, "  the second crash: operation %zu of %zu of the recovery, %s, seed %llu\n", at,
                    length, cut_policy_name(policy), (unsigned long long)seed);
    }
    world_free(again);
}

static void try_point(struct run *r, struct powercut *cut, enum cut_policy policy, uint64_t arg)
{
    struct crash_point p = {.scenario = r->s->name,
                            .at = powercut_position(cut),
                            .killed = policy == CUT_KILL,
                            .policy = cut_policy_name(policy),
                            .arg = arg};
    if (r->only && (p.at != r->only_at || arg != r->only_arg || strcmp(p.policy, r->only_policy) != 0))
        return;
    struct world *w = powercut_build(cut, policy, arg);
    if (w == NULL || !check(r, w, &p)) {
        failed(r, r->recorded, &p);
    } else if (r->s->recovery) {
        /* One in eight of the checked recoveries is cut itself; all, several times, in the long form. */
        uint64_t seed = (p.at * 6 + policy) * 40503u + arg;
        unsigned times = crash_long() ? 4 : (seed >> 3) % 8 == 0;
        for (unsigned i = 0; i < times; i++)
            cut_recovery(r, w, &p, seed * 2654435761u + i * 7919u);
    }
    world_free(w);
}

/* All policies at one position. */
static void try_position(struct run *r, struct powercut *cut)
{
    size_t n = powercut_pending(cut);
    try_point(r, cut, CUT_KILL, 0);
    if (n == 0) /* nothing can be lost */
        return;
    try_point(r, cut, CUT_NONE, 0);
    /* The newest operation, and others spread over the pending ones, another set at each position. */
    size_t singles = n < r->single ? n : r->single;
    for (size_t i = 0; i < singles; i++) {
        uint64_t op = i == 0 ? n - 1 : (n - 1 - i * n / singles + powercut_position(cut)) % n;
        if (n > 1) { /* with one, these are the same as all and none */
            try_point(r, cut, CUT_ONLY, op);
            try_point(r, cut, CUT_WITHOUT, op);
        }
        try_point(r, cut, CUT_TORN, op + n * ((powercut_position(cut) + i) % 2));
    }
    for (unsigned i = 0; i < r->random && n > 1; i++)
        try_point(r, cut, CUT_RANDOM, powercut_position(cut) * 64 + i);
}

static void replay(struct run *r)
{
    struct powercut *cut = powercut_new(r->recorded);
    if (cut == NULL) {
        r->failures++;
        return;
    }
    if (r->s->restart != NULL)
        r->s->restart(r->s->user);
    const struct world_mark *mark = NULL;
    do {
        if (mark != NULL && r->s->mark != NULL)
            r->s->mark(r->s->user, mark);
        if (!powercut_before_mark(cut)) /* what it says is part of the checks behind it */
            try_position(r, cut);
    } while (powercut_step(cut, &mark));
    powercut_free(cut);
}

static bool record(struct run *r)
{
    const struct crash_scenario *s = r->s;
    int err = s->setup != NULL ? s->setup(s->user, r->recorded) : 0;
    if (err == 0)
        err = world_settle(r->recorded);
    if (err == 0)
        err = s->run(s->user, r->recorded);
    if (err != 0)
        fprintf(stderr, "FAILED %s: the scenario itself could not be run: %d\n", s->name, err);
    return err == 0;
}

int crash_run(const struct crash_scenario *s)
{
    struct run r = {.s = s, .recorded = world_new(s->sector != 0 ? s->sector : 512)};
    r.single = crash_long() ? 64 : s->single != 0 ? s->single : 2;
    r.random = crash_long() ? 40 : s->random != 0 ? s->random : 2;
    const char *only = getenv("REPLSVC_CRASH");
    if (only != NULL)
        r.only = sscanf(only, "%zu:%15[a-z]:%llu", &r.only_at, r.only_policy, &r.only_arg) == 3;
    if (r.recorded == NULL || world_bind(r.recorded, "") != 0)
        return 1;
    if (record(&r))
        replay(&r);
    else
        r.failures++;
    world_unbind("");
    world_free(r.recorded);
    printf("%s: %lu crash points, %lu failures\n", s->name, r.points, r.failures);
    fflush(stdout);
    return r.failures > INT32_MAX ? INT32_MAX : (int)r.failures;
}
