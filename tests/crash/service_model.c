/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model under power cuts and kills: whatever the point of the crash, the service opens again and shows
 * exactly what the last acknowledged call left, or what the one that was running would have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/crash.h"
#include "support/service_world.h"

#define DISKS 6
#define MAX_STEPS 64

enum { STARTED = 1, DONE };

struct model {
    char *pictures[MAX_STEPS + 1]; /* after each step; 0: before the first */
    size_t started, done;
    replsvc_element_ref elements[DISKS];
};

/* What the outside sees, without what the clock or the medium would change. */
static char *picture(replsvc_service *svc)
{
    char *text = NULL;
    size_t size, n = 0, n_members;
    FILE *f = open_memstream(&text, &size);
    replsvc_element_ref *elements = NULL, *members;
    replsvc_group_ref *groups = NULL;
    (void)replsvc_element_list(svc, &elements, &n);
    for (size_t i = 0; i < n; i++) {
        replsvc_element_info info = {.size = sizeof info};
        uint32_t ret = replsvc_element_get_info(svc, &elements[i], &info);
        fprintf(f, "element %u %s %s %s %d\n", ret, info.id, info.name, info.locator, info.read_only);
    }
    (void)replsvc_group_list(svc, &groups, &n);
    for (size_t i = 0; i < n; i++) {
        replsvc_group_info info = {.size = sizeof info};
        uint32_t ret = replsvc_group_get_info(svc, &groups[i], &info);
        fprintf(f, "group %u %s %s %d%d%d %u:", ret, info.id, info.name, info.persistent,
                info.delete_on_empty_element, info.delete_on_unassociated, info.reserved_as);
        if (replsvc_group_get_members(svc, &groups[i], &members, &n_members) == REPLSVC_OK) {
            for (size_t k = 0; k < n_members; k++)
                fprintf(f, " %s", members[k].id);
            replsvc_free(members);
        }
        fprintf(f, "\n");
    }
    replsvc_free(elements);
    replsvc_free(groups);
    fclose(f);
    return text;
}

static int setup(void *user, struct world *w)
{
    struct model *m = user;
    replsvc_service *svc;
    int r = 0;
    if (service_world_open(w, NULL, &svc))
        return -1;
    for (int i = 0; i < DISKS && r == 0; i++) {
        char locator[32];
        snprintf(locator, sizeof locator, "sim:d%d", i);
        r = world_disk(w, locator + 4, 4096);
        if (r == 0 && i < DISKS - 1)
            r = (int)replsvc_element_register(svc, NULL, locator, NULL, &m->elements[i]);
    }
    m->pictures[0] = picture(svc);
    replsvc_service_close(svc);
    return r;
}

/* ---- the calls ---- */

struct run {
    struct model *m;
    struct world *w;
    replsvc_service *svc;
    size_t step;
    int failed;
    replsvc_group_ref a, b;
};

static void begin(struct run *r)
{
    world_mark(r->w, STARTED, ++r->step, 0, 0);
}

static void end(struct run *r, uint32_t ret)
{
    world_mark(r->w, DONE, r->step, 0, 0);
    if (ret) {
        print_error("step %zu: %u %s\n", r->step, ret, replsvc_last_error()->message);
        r->failed = -1;
    }
    r->m->pictures[r->step] = picture(r->svc);
}

#define STEP(call) (begin(r), end(r, (call)))

static void calls(struct run *r)
{
    const replsvc_element_ref *e = r->m->elements;
    replsvc_element_ref last;
    STEP(
        replsvc_create_group(r->svc, "a", e, 3, REPLSVC_BOOL_FALSE, 0, REPLSVC_BOOL_TRUE, NULL, &r->a, NULL));
    STEP(replsvc_create_group(r->svc, NULL, &e[1], 2, 0, REPLSVC_BOOL_TRUE, 0, NULL, &r->b, NULL));
    STEP(replsvc_add_members(r->svc, &e[3], 2, &r->a, NULL, NULL));
    STEP(replsvc_element_register(r->svc, "late", "sim:d5", NULL, &last));
    STEP(replsvc_add_members(r->svc, &last, 1, &r->b, NULL, NULL));
    STEP(replsvc_remove_members(r->svc, &e[1], 3, 0, &r->a, NULL, NULL));
    STEP(replsvc_remove_members(r->svc, &e[1], 2, 0, &r->b, NULL, NULL));
    STEP(replsvc_remove_members(r->svc, &last, 1, 0, &r->b, NULL, NULL)); /* the group goes */
    STEP(replsvc_element_unregister(r->svc, &last, false));
    STEP(store_checkpoint(r->svc->store) ? REPLSVC_FAILED : REPLSVC_OK);
    STEP(replsvc_delete_group(r->svc, &r->a, NULL, 0, NULL));
    STEP(replsvc_create_group(r->svc, "a", e, 5, 0, 0, 0, NULL, &r->a, NULL));
}

static int run(void *user, struct world *w)
{
    struct run r = {.m = user, .w = w};
    if (service_world_open(w, NULL, &r.svc))
        return -1;
    calls(&r);
    replsvc_service_close(r.svc);
    if (service_world_open(w, NULL, &r.svc))
        return -1;
    for (int i = 0; i < 3; i++) {
        begin(&r);
        end(&r, replsvc_create_group(r.svc, NULL, r.m->elements, 2, 0, 0, 0, NULL, NULL, NULL));
    }
    replsvc_service_close(r.svc);
    return r.failed;
}

/* ---- after the crash ---- */

static void restart(void *user)
{
    struct model *m = user;
    m->started = m->done = 0;
}

static void mark(void *user, const struct world_mark *k)
{
    struct model *m = user;
    if (k->kind == STARTED)
        m->started = (size_t)k->a;
    else if (k->kind == DONE)
        m->done = (size_t)k->a;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct model *m = user;
    replsvc_service *svc;
    uint32_t ret = service_world_open(w, NULL, &svc);
    if (ret)
        return crash_wrong(p, "open: %u %s", ret, replsvc_last_error()->message);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    char *seen = picture(svc);
    bool as_done = strcmp(seen, m->pictures[m->done]) == 0;
    bool as_started = strcmp(seen, m->pictures[m->started]) == 0;
    int r = 0;
    if (!as_done && !as_started)
        r = crash_wrong(p, "step %zu is done, %zu was begun; seen:\n%swas to be:\n%s", m->done, m->started,
                        seen, m->pictures[m->done]);
    /* And it goes on working. */
    ret = replsvc_create_group(svc, "after", m->elements, 2, 0, 0, 0, NULL, NULL, NULL);
    if (r == 0 && ret)
        r = crash_wrong(p, "create_group afterwards: %u %s", ret, replsvc_last_error()->message);
    free(seen);
    replsvc_service_close(svc);
    return r;
}

static void the_model_survives_every_crash(void **state)
{
    (void)state;
    static struct model m;
    struct crash_scenario s = {.name = "service model",
                               .recovery = true,
                               .setup = setup,
                               .run = run,
                               .restart = restart,
                               .mark = mark,
                               .check = check,
                               .user = &m};
    assert_int_equal(crash_run(&s), 0);
    for (size_t i = 0; i <= MAX_STEPS; i++)
        free(m.pictures[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_survives_every_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
