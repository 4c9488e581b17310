/* SPDX-License-Identifier: BSD-2-Clause */
/* Mirrors as relationships; see relationship_mirror.h. */
#include "service/relationship_mirror.h"

#include <errno.h>
#include <time.h>

#include "service/statistics.h"
#include "util/alloc.h"
#include "util/fail.h"

static struct relationship *owner_of(struct relationship *s)
{
    return s->parent != NULL ? s->parent : s;
}

void relationship_set_mirror(struct replsvc_service *svc, struct relationship *s, struct mirror *m)
{
    pthread_rwlock_wrlock(&svc->model);
    s->mirror = m;
    pthread_rwlock_unlock(&svc->model);
}

/* ---- life ---- */

#define DEFAULT_DELTA_US INT64_C(60000000)

static int64_t delta_interval_us(const struct relationship *s)
{
    const replsvc_replication_settings *w = &s->r.settings;
    if (s->r.copy_methodology != REPLSVC_COPY_METHODOLOGY_DELTA_UPDATE)
        return 0;
    return w->delta_update_interval_us > 0 || w->delta_update_blocks != 0 ? w->delta_update_interval_us
                                                                          : DEFAULT_DELTA_US;
}

/* Blocks as hosts see them. */
static uint64_t delta_bytes(const struct relationship *s)
{
    uint64_t block = s->source != NULL && s->source->r.block_size != 0 ? s->source->r.block_size : 512;
    uint64_t blocks = s->r.settings.delta_update_blocks;
    if (s->r.copy_methodology != REPLSVC_COPY_METHODOLOGY_DELTA_UPDATE)
        return 0;
    return blocks < UINT64_MAX / block ? blocks * block : UINT64_MAX;
}

/* o: that of s, or who is to be it. */
static int need_group(struct replsvc_service *svc, const struct relationship *s, struct relationship *o)
{
    if (o->mirrors != NULL)
        return 0;
    struct mirror_group_options options = {
        .engine = svc->engine,
        .id = o->o.id,
        .mode = (enum mirror_mode)s->r.mode,
        .desired_rpo_us = s->r.settings.desired_rpo_us,
        .delta_interval_us = delta_interval_us(s),
        .delta_bytes = delta_bytes(s),
        .maximum_skew = s->r.settings.maximum_skew,
        .stop_host_io = s->r.failed_copy_stops_host_io,
        .event = relationships_mirror_event,
    };
    return mirror_group_new(&options, &o->mirrors);
}

static struct mirror_spec spec_of(struct relationship *s, struct mirror_group *group, struct volume *source,
                                  struct volume *target)
{
    return (struct mirror_spec){
        .id = s->o.id,
        .group = group,
        .region_size = s->r.region_size,
        .source = source,
        .target = target,
        .target_zeroed = s->r.target_zeroed,
        .reversed = s->r.reversed,
        .user = s->token,
        .statistics = relationship_counters(s),
        .state = (enum mirror_state)s->r.replica_state,
    };
}

static void free_idle_group(struct relationship *o)
{
    if (o->mirrors != NULL && o->n_mirrors == 0) {
        mirror_group_free(o->mirrors);
        o->mirrors = NULL;
        o->mirrors_ready = false;
    }
}

int relationship_mirror_ready(struct relationship *s)
{
    struct relationship *o = owner_of(s);
    if (o->mirrors == NULL || o->mirrors_ready)
        return 0;
    int err = mirror_group_ready(o->mirrors);
    o->mirrors_ready = err == 0;
    return err;
}

int relationship_mirror_make(struct replsvc_service *svc, struct relationship *s, struct volume *source,
                             struct volume *target)
{
    struct relationship *o = owner_of(s);
    bool first = o->mirrors == NULL;
    int err = need_group(svc, s, o);
    if (err == 0 && first)
        err = relationship_mirror_ready(s);
    if (err == 0) {
        struct mirror_spec spec = spec_of(s, o->mirrors, source, target);
        struct mirror *m = NULL;
        err = mirror_create(&spec, &m);
        relationship_set_mirror(svc, s, m);
        o->n_mirrors += err == 0;
    }
    if (err != 0)
        free_idle_group(o);
    return err;
}

int relationship_mirror_load(struct replsvc_service *svc, struct relationship *s, uint32_t state,
                             struct volume *source, struct volume *target)
{
    struct relationship *o = owner_of(s);
    int err = need_group(svc, s, o);
    if (err == 0) {
        struct mirror_spec spec =
            s->r.reversed ? spec_of(s, o->mirrors, target, source) : spec_of(s, o->mirrors, source, target);
        spec.state = (enum mirror_state)state;
        struct mirror *m = NULL;
        err = mirror_load(&spec, &m);
        relationship_set_mirror(svc, s, m);
        s->closed_alike = false;
        o->n_mirrors += err == 0;
    }
    if (err == 0 && relationship_half_restored(s))
        err = mirrors_restore_resume(&s->mirror, 1);
    if (err != 0 && s->mirror == NULL)
        free_idle_group(o);
    return err;
}

void relationship_mirror_put(struct replsvc_service *svc, struct relationship *s)
{
    struct relationship *o = owner_of(s);
    struct change c;
    change_begin(&c, svc);
    struct mirror *m = s->mirror;
    relationship_set_mirror(svc, s, NULL);
    change_end(&c);
    if (m == NULL)
        return;
    s->closed_alike = mirror_put(m);
    o->n_mirrors--;
    free_idle_group(o);
}

int relationship_mirror_remove(struct replsvc_service *svc, struct relationship *s, struct mirror *m)
{
    (void)svc;
    struct relationship *o = owner_of(s);
    int err = mirror_remove(m);
    if (err != 0)
        return err;
    if (--o->n_mirrors == 0) {
        if (mirror_group_remove(o->mirrors) != 0) /* its files hold nothing by now */
            mirror_group_free(o->mirrors);
        o->mirrors = NULL;
        o->mirrors_ready = false;
    }
    return 0;
}

/* ---- from one group to another ---- */

int relationship_move_begin(struct replsvc_service *svc, struct relationship *s, struct relationship *to,
                            struct relationship_move *move)
{
    *move = (struct relationship_move){.s = s, .from = owner_of(s), .to = to};
    if (!is_mirror(s) || s->mirror == NULL || move->from == to)
        return 0;
    bool first = to->mirrors == NULL;
    int err = need_group(svc, s, to);
    if (err == 0 && first) {
        move->made = to->mirrors;
        err = mirror_group_ready(to->mirrors);
    }
    if (err == 0)
        err = mirrors_move_begin(&s->mirror, 1, to->mirrors, &move->move);
    return err;
}

void relationship_move_do(struct replsvc_service *svc, struct relationship_move *move)
{
    if (move->move == NULL)
        return;
    pthread_rwlock_wrlock(&svc->model); /* who looks at it finds its old group or its new one */
    mirrors_move(move->move);
    pthread_rwlock_unlock(&svc->model);
    move->from->n_mirrors--;
    move->to->n_mirrors++;
    move->to->mirrors_ready = true;
}

void relationship_moves_end(struct relationship_move moves[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (moves[i].move != NULL)
            mirrors_move_end(moves[i].move);
    for (size_t i = 0; i < n; i++) { /* nobody holds them any more */
        if (moves[i].from != NULL)
            free_idle_group(moves[i].from);
        if (moves[i].to != NULL)
            free_idle_group(moves[i].to);
        else if (moves[i].made != NULL)
            mirror_group_free(moves[i].made);
    }
}

/* ---- all of one group at one instant ---- */

struct call {
    int (*fn)(struct mirror *const mirrors[], size_t n, const struct call *call);
    enum mirror_state skip[2]; /* those in one of these are left out; 0: none */
    enum { ANY, NOT_RESTORING } only;
    bool settled;
};

static bool wanted(const struct relationship *s, const struct call *call)
{
    struct mirror_info info;
    if (s->mirror == NULL)
        return false;
    mirror_get_info(s->mirror, &info);
    return info.state != call->skip[0] && info.state != call->skip[1] &&
           (call->only == ANY || !info.restoring);
}

/* Hands the mirrors of each owner to the function together. */
static int for_groups(struct relationship *const s[], size_t n, const struct call *call)
{
    struct mirror **list = mem_array(n, sizeof(struct mirror *));
    int err = list != NULL ? 0 : -ENOMEM;
    for (size_t i = 0; i < n && err == 0;) {
        struct relationship *o = owner_of(s[i]);
        size_t k = 0;
        for (; i < n && owner_of(s[i]) == o; i++)
            if (wanted(s[i], call))
                list[k++] = s[i]->mirror;
        if (k != 0)
            err = call->fn(list, k, call);
    }
    mem_free(list);
    return err;
}

static int call_start(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    int64_t pause = 0;
    (void)call;
    return mirrors_start(mirrors, n, &pause);
}

static int call_part(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    int64_t pause = 0;
    return mirrors_part(mirrors, n, call->settled, NULL, &pause);
}

static int call_deactivate(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    (void)call;
    return mirrors_deactivate(mirrors, n);
}

static int call_reverse(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    (void)call;
    return mirrors_reverse(mirrors, n);
}

static int call_restore(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    (void)call;
    return mirrors_restore_begin(mirrors, n);
}

static int call_settle(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    return mirrors_restore_settle(mirrors, n, call->settled);
}

static int call_restored(struct mirror *const mirrors[], size_t n, const struct call *call)
{
    (void)call;
    return mirrors_restore_end(mirrors, n);
}

int relationship_mirrors_start(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                               int64_t *pause_us)
{
    struct call call = {.fn = call_start, .skip = {MIRROR_COPYING, MIRROR_IN_SYNC}};
    *pause_us = 0;
    int err = relationship_mirrors_reach(svc, s, n);
    return err != 0 ? err : for_groups(s, n, &call);
}

int relationship_mirrors_part(struct relationship *const s[], size_t n, bool settled)
{
    struct call call = {
        .fn = call_part, .skip = {MIRROR_IDLE, MIRROR_APART}, .only = NOT_RESTORING, .settled = settled};
    return for_groups(s, n, &call);
}

int relationship_mirrors_deactivate(struct relationship *const s[], size_t n)
{
    struct call call = {.fn = call_deactivate, .skip = {MIRROR_IDLE}};
    return for_groups(s, n, &call);
}

int relationship_mirrors_reverse(struct relationship *const s[], size_t n)
{
    struct call call = {.fn = call_reverse, .skip = {MIRROR_COPYING, MIRROR_IN_SYNC}};
    return for_groups(s, n, &call);
}

int relationship_mirrors_restore(struct relationship *const s[], size_t n)
{
    struct call call = {.fn = call_restore, .only = NOT_RESTORING};
    return for_groups(s, n, &call);
}

int relationship_mirrors_settle(struct relationship *const s[], size_t n, bool settled)
{
    struct call call = {.fn = call_settle, .settled = settled};
    return for_groups(s, n, &call);
}

int relationship_mirrors_restored(struct relationship *const s[], size_t n)
{
    struct call call = {.fn = call_restored};
    return for_groups(s, n, &call);
}

int relationship_mirrors_set_mode(struct relationship *const s[], size_t n, uint16_t mode)
{
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        struct relationship *o = owner_of(s[i]);
        if (o->mirrors != NULL && (i == 0 || o != owner_of(s[i - 1])))
            err = mirror_group_set_mode(o->mirrors, (enum mirror_mode)mode, s[i]->r.settings.desired_rpo_us,
                                        s[i]->r.settings.maximum_skew);
    }
    return err;
}

/* ---- trailing ---- */

static void trails(const struct relationship *s, uint64_t *skew, int64_t *rpo_us)
{
    struct mirror_info info;
    if (s->mirror == NULL)
        return;
    switch (s->r.copy_state) {
    case REPLSVC_COPY_STATE_SYNCHRONIZED:
    case REPLSVC_COPY_STATE_UNSYNCHRONIZED:
    case REPLSVC_COPY_STATE_SUSPENDED:
    case REPLSVC_COPY_STATE_BROKEN:
        break;
    default:
        return; /* at rest, or each side goes its own way */
    }
    mirror_get_info(s->mirror, &info);
    *skew += info.skew;
    if (info.rpo_us > *rpo_us)
        *rpo_us = info.rpo_us;
}

void relationship_trails(struct replsvc_service *svc, const struct relationship *s, uint64_t *skew,
                         int64_t *rpo_us)
{
    *skew = 0;
    *rpo_us = 0;
    if (!is_mirror(s))
        return;
    trails(s, skew, rpo_us);
    for (size_t i = 0; s->r.is_group && i < s->r.n_pairs; i++) {
        const struct relationship *p = sync_pair(svc, s, i);
        if (p != NULL)
            trails(p, skew, rpo_us);
    }
}

/* ---- catching up ---- */

#define CYCLE_POLL_NS 5000000L

/* An asynchronous mirror is alike when a cycle has been applied, which its own thread does. */
static int await_cycle(struct mirror *m, const struct engine_control *control)
{
    struct mirror_info info;
    for (;;) {
        mirror_get_info(m, &info);
        if (info.state != MIRROR_COPYING)
            return info.state == MIRROR_IN_SYNC ? 0 : info.error != 0 ? info.error : -ESTALE;
        int err =
            control != NULL && control->check != NULL
                ? control->check(control->user, info.bytes_total - info.bytes_differing, info.bytes_total)
                : 0;
        if (err != 0)
            return err;
        nanosleep(&(struct timespec){.tv_nsec = CYCLE_POLL_NS}, NULL);
    }
}

int relationship_mirror_fill(struct relationship *s, const struct engine_control *control)
{
    struct mirror_info info;
    int64_t pause;
    mirror_get_info(s->mirror, &info);
    int err = 0;
    if (info.state == MIRROR_IDLE || info.state == MIRROR_APART)
        err = mirrors_start(&s->mirror, 1, &pause);
    if (err == 0)
        err = mirror_resync(s->mirror, control);
    return err == 0 ? await_cycle(s->mirror, control) : err;
}
