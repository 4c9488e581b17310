/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random calls on groups and elements against a plain model that knows the rules: every return code is
 * foretold, and after every call the service shows what the model has. Among the calls are restarts, and
 * calls during which the state directory or memory fails: then both or neither have changed.
 *
 * The seed is printed; REPLSVC_SEED=n runs that one alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/crash.h"
#include "support/service_world.h"
#include "util/alloc.h"

#define DISKS 8u
#define GROUPS 6u
#define CALLS 300u

struct model_group {
    bool there, goes_when_empty;
    replsvc_group_ref ref; /* also of one that is gone: stale */
    unsigned members[DISKS];
    unsigned n;
};

struct model {
    struct service_world w;
    uint64_t random;
    bool element_there[DISKS];
    replsvc_element_ref stale[DISKS]; /* its last reference when it is not there */
    struct model_group groups[GROUPS];
};

static unsigned pick(struct model *m, unsigned below)
{
    m->random = m->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((m->random >> 33) % below);
}

/* ---- the rules ---- */

static bool is_member(const struct model_group *g, unsigned e)
{
    for (unsigned i = 0; i < g->n; i++)
        if (g->members[i] == e)
            return true;
    return false;
}

static bool grouped(const struct model *m, unsigned e)
{
    for (unsigned i = 0; i < GROUPS; i++)
        if (m->groups[i].there && is_member(&m->groups[i], e))
            return true;
    return false;
}

/* What the first wrong one of a list of members makes of a call. */
static uint32_t judge_members(const struct model *m, const unsigned list[], unsigned n,
                              const struct model_group *g, bool removing)
{
    for (unsigned i = 0; i < n; i++) {
        if (!m->element_there[list[i]])
            return REPLSVC_INVALID_PARAMETER;
        if (removing && !is_member(g, list[i]))
            return REPLSVC_MEMBERS_NOT_A_MEMBER;
        if (!removing && g && is_member(g, list[i]))
            return REPLSVC_INVALID_PARAMETER;
        for (unsigned k = 0; k < i; k++)
            if (list[k] == list[i])
                return REPLSVC_INVALID_PARAMETER;
    }
    return REPLSVC_OK;
}

/* ---- calls: each does one on the service and on the model, and returns whether they agree on the code ----
 */

static unsigned some_members(struct model *m, unsigned list[DISKS], replsvc_element_ref refs[DISKS])
{
    unsigned n = pick(m, 5);
    for (unsigned i = 0; i < n; i++) {
        list[i] = pick(m, DISKS);
        refs[i] = m->element_there[list[i]] ? m->w.elements[list[i]] : m->stale[list[i]];
    }
    return n;
}

struct outcome {
    uint32_t got, expected;
};

static struct outcome call_create(struct model *m)
{
    unsigned list[DISKS], n, slot = pick(m, GROUPS);
    replsvc_element_ref refs[DISKS];
    struct model_group *g = &m->groups[slot];
    char name[16];
    bool goes = pick(m, 2);
    n = some_members(m, list, refs);
    snprintf(name, sizeof name, "g%u", slot);
    uint32_t expected = judge_members(m, list, n, NULL, false);
    if (expected == REPLSVC_OK && g->there)
        expected = REPLSVC_INVALID_PARAMETER; /* the name is taken */
    replsvc_group_ref ref;
    uint32_t got =
        replsvc_create_group(m->w.svc, name, refs, n, 0, goes ? REPLSVC_BOOL_TRUE : 0, 0, NULL, &ref, NULL);
    if (got == REPLSVC_OK) {
        *g = (struct model_group){.there = true, .goes_when_empty = goes, .ref = ref, .n = n};
        memcpy(g->members, list, sizeof list);
    }
    return (struct outcome){got, expected};
}

static struct outcome call_delete(struct model *m)
{
    struct model_group *g = &m->groups[pick(m, GROUPS)];
    replsvc_opt_bool remove = (replsvc_opt_bool)pick(m, 3);
    uint32_t expected = !g->there                                   ? REPLSVC_INVALID_PARAMETER
                        : remove == REPLSVC_BOOL_FALSE && g->n != 0 ? REPLSVC_IN_USE
                                                                    : REPLSVC_OK;
    uint32_t got = replsvc_delete_group(m->w.svc, &g->ref, NULL, remove, NULL);
    if (got == REPLSVC_OK)
        g->there = false;
    return (struct outcome){got, expected};
}

static struct outcome call_add(struct model *m)
{
    unsigned list[DISKS], n;
    replsvc_element_ref refs[DISKS];
    struct model_group *g = &m->groups[pick(m, GROUPS)];
    n = some_members(m, list, refs);
    uint32_t expected = n == 0                 ? REPLSVC_INVALID_PARAMETER
                        : g->ref.id[0] == '\0' ? REPLSVC_INVALID_PARAMETER
                        : !g->there            ? REPLSVC_MEMBERS_NO_SUCH_GROUP
                                               : judge_members(m, list, n, g, false);
    uint32_t got = replsvc_add_members(m->w.svc, refs, n, &g->ref, NULL, NULL);
    for (unsigned i = 0; i < n && got == REPLSVC_OK; i++)
        g->members[g->n++] = list[i];
    return (struct outcome){got, expected};
}

static struct outcome call_remove(struct model *m)
{
    unsigned list[DISKS], n, kept = 0;
    replsvc_element_ref refs[DISKS];
    struct model_group *g = &m->groups[pick(m, GROUPS)];
    replsvc_opt_bool goes = (replsvc_opt_bool)pick(m, 3);
    n = some_members(m, list, refs);
    if (pick(m, 3) && g->there && g->n) { /* more often one that is a member */
        n = 1;
        list[0] = g->members[pick(m, g->n)];
        refs[0] = m->w.elements[list[0]];
    }
    uint32_t expected = n == 0                 ? REPLSVC_INVALID_PARAMETER
                        : g->ref.id[0] == '\0' ? REPLSVC_INVALID_PARAMETER
                        : !g->there            ? REPLSVC_MEMBERS_NO_SUCH_GROUP
                                               : judge_members(m, list, n, g, true);
    uint32_t got = replsvc_remove_members(m->w.svc, refs, n, goes, &g->ref, NULL, NULL);
    if (got == REPLSVC_OK) {
        for (unsigned i = 0; i < g->n; i++) {
            bool leaves = false;
            for (unsigned k = 0; k < n; k++)
                leaves |= list[k] == g->members[i];
            if (!leaves)
                g->members[kept++] = g->members[i];
        }
        g->n = kept;
        if (kept == 0 && (goes ? goes == REPLSVC_BOOL_TRUE : g->goes_when_empty))
            g->there = false;
    }
    return (struct outcome){got, expected};
}

static struct outcome call_element(struct model *m)
{
    unsigned e = pick(m, DISKS);
    char locator[16];
    snprintf(locator, sizeof locator, "sim:d%u", e);
    if (pick(m, 2)) {
        replsvc_element_ref ref;
        uint32_t expected = m->element_there[e] ? REPLSVC_IN_USE : REPLSVC_OK;
        uint32_t got = replsvc_element_register(m->w.svc, NULL, locator, NULL, &ref);
        if (got == REPLSVC_OK) {
            m->w.elements[e] = ref;
            m->element_there[e] = true;
        }
        return (struct outcome){got, expected};
    }
    uint32_t expected = !m->element_there[e] ? REPLSVC_INVALID_PARAMETER
                        : grouped(m, e)      ? REPLSVC_IN_USE
                                             : REPLSVC_OK;
    uint32_t got = replsvc_element_unregister(m->w.svc, &m->w.elements[e], false);
    if (got == REPLSVC_OK) {
        m->stale[e] = m->w.elements[e];
        m->element_there[e] = false;
    }
    return (struct outcome){got, expected};
}

/* ---- comparing ---- */

static void compare(struct model *m)
{
    unsigned there = 0;
    for (unsigned i = 0; i < GROUPS; i++) {
        const struct model_group *g = &m->groups[i];
        replsvc_group_info info = {.size = sizeof info};
        replsvc_element_ref *members;
        size_t n;
        uint32_t ret = replsvc_group_get_info(m->w.svc, &g->ref, &info);
        assert_int_equal(ret, g->there ? REPLSVC_OK : REPLSVC_INVALID_PARAMETER);
        if (!g->there)
            continue;
        there++;
        assert_int_equal(info.delete_on_empty_element, g->goes_when_empty);
        assert_done(replsvc_group_get_members(m->w.svc, &g->ref, &members, &n));
        assert_int_equal(n, g->n);
        for (unsigned k = 0; k < g->n; k++)
            assert_string_equal(members[k].id, m->w.elements[g->members[k]].id);
        replsvc_free(members);
    }
    replsvc_group_ref *groups;
    replsvc_element_ref *elements;
    size_t n, elements_there = 0;
    assert_done(replsvc_group_list(m->w.svc, &groups, &n));
    assert_int_equal(n, there);
    replsvc_free(groups);
    for (unsigned e = 0; e < DISKS; e++)
        elements_there += m->element_there[e];
    assert_done(replsvc_element_list(m->w.svc, &elements, &n));
    assert_int_equal(n, elements_there);
    replsvc_free(elements);
}

static void one_call(struct model *m)
{
    static struct outcome (*const calls[])(struct model * m) = {call_create, call_delete, call_add,
                                                                call_remove, call_element};
    unsigned fault = pick(m, 12), which = pick(m, sizeof calls / sizeof calls[0]);
    if (pick(m, 25) == 0)
        service_world_reopen(&m->w);
    if (fault == 0) {
        struct world_fault f = {.path = "state/",
                                .nth = 1,
                                .forever = true,
                                .err = -EIO,
                                .kinds = 1u << WORLD_OP_WRITE | 1u << WORLD_OP_CREATE};
        assert_int_equal(world_fault_add(m->w.world, &f), 0);
    } else if (fault == 1) {
        mem_fail_at(1 + pick(m, 20));
    }
    struct outcome o = calls[which](m);
    mem_fail_at(0);
    world_faults_clear(m->w.world);
    if (fault <= 1 && o.got == REPLSVC_FAILED)
        return;
    if (o.got != o.expected)
        print_error("call %u: %u instead of %u: %s\n", which, o.got, o.expected,
                    replsvc_last_error()->message);
    assert_int_equal(o.got, o.expected);
}

static void run(uint64_t seed)
{
    static struct model m;
    memset(&m, 0, sizeof m);
    m.random = seed;
    service_world_make(&m.w, DISKS, 4096);
    for (unsigned e = 0; e < DISKS; e++)
        m.element_there[e] = true;
    for (unsigned i = 0; i < CALLS; i++) {
        one_call(&m);
        compare(&m);
    }
    service_world_reopen(&m.w);
    compare(&m);
    service_world_free(&m.w);
}

static void the_service_does_what_the_model_foretells(void **state)
{
    (void)state;
    const char *given = getenv("REPLSVC_SEED");
    uint64_t seeds = given ? 1 : crash_long() ? 3000 : 30;
    for (uint64_t i = 0; i < seeds; i++) {
        uint64_t seed = given ? strtoull(given, NULL, 10) : i + 1;
        print_message("seed %llu\n", (unsigned long long)seed);
        run(seed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_does_what_the_model_foretells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
