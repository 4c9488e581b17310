/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElements: groups made or completed, replicated, named; or nothing at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/service_world.h"
#include "support/tempdir.h"

#define N 6
#define SIZE (256u << 10)

struct scene {
    struct service_world w;
    char dir[TEMPDIR_SIZE];
    replsvc_pool_ref pool;
};

static int setup(void **state)
{
    static struct scene s;
    char locator[TEMPDIR_SIZE + 8];
    service_world_make(&s.w, N, SIZE);
    tempdir_make(s.dir);
    snprintf(locator, sizeof locator, "file:%s", s.dir);
    assert_done(replsvc_pool_register(s.w.svc, "pool", locator, NULL, &s.pool));
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    service_world_free(&s->w);
    tempdir_remove(s->dir);
    return 0;
}

/* What a test says of the call; the rest is absent. */
struct call {
    const char *name;
    replsvc_group_ref *source, *target;
    replsvc_name *source_name, *target_name;
    const replsvc_element_ref *sources, *targets;
    size_t n_sources, n_targets;
    const char *const *names;
    size_t n_names;
    const replsvc_pool_ref *pool, *pools;
    size_t n_pools;
    uint16_t sync_type;
    replsvc_sync_ref *sync;
};

static uint32_t make(struct scene *s, const struct call *c)
{
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_create_group_replica_from_elements(
        s->w.svc, c->name, c->sync_type ? c->sync_type : REPLSVC_SYNC_TYPE_CLONE, 0, c->source, c->sources,
        c->n_sources, c->source_name, NULL, c->target, c->target_name, c->targets, c->n_targets, c->names,
        c->n_names, NULL, 0, NULL, &job, c->sync, NULL, c->pool, c->pools, c->n_pools, 0, NULL, NULL, 0);
    return ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(s->w.svc, &job, -1) : ret;
}

static size_t count(struct scene *s, bool groups)
{
    void *list;
    size_t n;
    if (groups)
        assert_done(replsvc_group_list(s->w.svc, (replsvc_group_ref **)&list, &n));
    else
        assert_done(replsvc_element_list(s->w.svc, (replsvc_element_ref **)&list, &n));
    replsvc_free(list);
    return n;
}

static void assert_group(struct scene *s, const replsvc_group_ref *g, const char *name,
                         const replsvc_element_ref elements[], size_t n)
{
    replsvc_group_info info = {.size = sizeof info};
    replsvc_element_ref *members;
    size_t n_members;
    assert_done(replsvc_group_get_info(s->w.svc, g, &info));
    if (name)
        assert_string_equal(info.name, name);
    assert_true(info.persistent);
    assert_done(replsvc_group_get_members(s->w.svc, g, &members, &n_members));
    assert_int_equal(n_members, n);
    for (size_t i = 0; elements && i < n; i++)
        assert_string_equal(members[i].id, elements[i].id);
    replsvc_free(members);
}

static void groups_are_made_of_the_elements_and_named(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref *e = s->w.elements;
    replsvc_group_ref source = {""}, target = {""};
    replsvc_name source_name = {"from"}, target_name = {""};
    replsvc_sync_ref sync = {""};
    replsvc_sync_info info = {.size = sizeof info};
    const struct call c = {.name = "r",
                           .source = &source,
                           .target = &target,
                           .source_name = &source_name,
                           .target_name = &target_name,
                           .sources = e,
                           .n_sources = 3,
                           .targets = &e[3],
                           .n_targets = 3,
                           .sync = &sync};
    assert_done(make(s, &c));
    assert_true(target_name.text[0] != '\0');
    for (int round = 0; round < 2; round++) {
        assert_group(s, &source, "from", e, 3);
        assert_group(s, &target, target_name.text, &e[3], 3);
        assert_done(replsvc_sync_get_info(s->w.svc, &sync, &info));
        assert_string_equal(info.system_element, source.id);
        assert_string_equal(info.synced_element, target.id);
        assert_int_equal(info.copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
        service_world_reopen(&s->w);
    }
}

static void targets_are_made_and_named_as_asked(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref *e = s->w.elements, found;
    replsvc_group_ref target = {""};
    replsvc_name target_name = {"to"};
    const char *names[] = {"copy of 0", "copy of 1"};
    const struct call c = {.target = &target,
                           .target_name = &target_name,
                           .sources = e,
                           .n_sources = 2,
                           .names = names,
                           .n_names = 2,
                           .pools = &s->pool,
                           .n_pools = 1};
    assert_done(make(s, &c));
    service_world_reopen(&s->w);
    assert_group(s, &target, "to", NULL, 2);
    for (size_t i = 0; i < 2; i++)
        assert_done(replsvc_element_find(s->w.svc, names[i], &found));
    assert_int_equal(count(s, false), N + 2);
}

static void elements_join_a_group_that_is_given(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref *e = s->w.elements;
    replsvc_group_ref source, target;
    assert_done(replsvc_create_group(s->w.svc, "s", e, 1, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(s->w.svc, "t", NULL, 0, 0, 0, 0, NULL, &target, NULL));
    struct call c = {.source = &source,
                     .target = &target,
                     .sources = &e[1],
                     .n_sources = 2,
                     .targets = &e[3],
                     .n_targets = 2};
    assert_refused(make(s, &c), REPLSVC_INVALID_PARAMETER, "SourceElements"); /* they don't begin with e[0] */
    assert_group(s, &source, "s", e, 1);
    assert_group(s, &target, "t", NULL, 0);
    c.sources = e;
    assert_done(make(s, &c));
    assert_group(s, &source, "s", e, 2);
    assert_group(s, &target, "t", &e[3], 2);
}

static void a_failure_leaves_no_group_and_no_member(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref *e = s->w.elements, small;
    replsvc_group_ref source;
    replsvc_name name = {"n"};
    assert_int_equal(world_disk(s->w.world, "small", SIZE / 2), 0);
    assert_done(replsvc_element_register(s->w.svc, "small", "sim:small", NULL, &small));
    assert_done(replsvc_create_group(s->w.svc, "s", e, 1, 0, 0, 0, NULL, &source, NULL));
    replsvc_element_ref targets[] = {e[3], small};
    struct call c = {.source = &source,
                     .source_name = NULL,
                     .target_name = &name,
                     .sources = e,
                     .n_sources = 2,
                     .targets = targets,
                     .n_targets = 2};
    for (int round = 0; round < 2; round++) {
        assert_refused(make(s, &c), REPLSVC_INVALID_PARAMETER, "TargetElements");
        assert_group(s, &source, "s", e, 1);
        assert_int_equal(count(s, true), 1);
        service_world_reopen(&s->w);
    }
    c.source = NULL;
    c.source_name = &name;
    c.target_name = NULL;
    assert_refused(make(s, &c), REPLSVC_INVALID_PARAMETER, "TargetElements");
    assert_int_equal(count(s, true), 1);
    assert_string_equal(name.text, "n");
}

static void wrong_parameters_are_refused(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref *e = s->w.elements, twice[] = {e[0], e[0]};
    replsvc_group_ref unknown = {"grp-1"};
    replsvc_name taken = {"taken"}, endless;
    replsvc_pool_ref pools[] = {s->pool, {"pool-1"}};
    const char *names[] = {"x", "x"};
    memset(&endless, 'x', sizeof endless);
    assert_done(replsvc_create_group(s->w.svc, "taken", NULL, 0, 0, 0, 0, NULL, NULL, NULL));
    const struct {
        struct call c;
        uint32_t code;
        const char *parameter;
    } cases[] = {
        {{.sources = NULL}, REPLSVC_INVALID_PARAMETER, "SourceElements"},
        {{.sources = twice, .n_sources = 2}, REPLSVC_INVALID_PARAMETER, "SourceElements"},
        {{.sources = e, .n_sources = 2, .n_targets = 2}, REPLSVC_INVALID_PARAMETER, "TargetElements"},
        {{.sources = e, .n_sources = 2, .targets = twice, .n_targets = 2},
         REPLSVC_INVALID_PARAMETER,
         "TargetElements"},
        {{.sources = e, .n_sources = 2, .targets = &e[2], .n_targets = 3},
         REPLSVC_INVALID_PARAMETER,
         "TargetElements"},
        {{.sources = e, .n_sources = 2, .source = &unknown}, REPLSVC_INVALID_PARAMETER, "SourceGroup"},
        {{.sources = e, .n_sources = 2, .target = &unknown}, REPLSVC_INVALID_PARAMETER, "TargetGroup"},
        {{.sources = e, .n_sources = 2, .source_name = &taken}, REPLSVC_INVALID_PARAMETER, "SourceGroupName"},
        {{.sources = e, .n_sources = 2, .target_name = &endless},
         REPLSVC_INVALID_PARAMETER,
         "TargetGroupName"},
        {{.sources = e, .n_sources = 2, .names = names, .n_names = 2},
         REPLSVC_INVALID_PARAMETER,
         "TargetElementNames"},
        {{.sources = e, .n_sources = 2, .names = names, .n_names = 1},
         REPLSVC_INVALID_PARAMETER,
         "TargetElementNames"},
        {{.sources = e, .n_sources = 2, .pools = pools, .n_pools = 2}, REPLSVC_NOT_SUPPORTED, "TargetPools"},
        {{.sources = e, .n_sources = 2, .pool = pools, .pools = pools, .n_pools = 1},
         REPLSVC_INVALID_PARAMETER,
         "TargetPools"},
        {{.sources = e, .n_sources = 2, .sync_type = 99}, REPLSVC_INVALID_PARAMETER, "SyncType"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(make(s, &cases[i].c), cases[i].code, cases[i].parameter);
        assert_int_equal(count(s, true), 1);
        assert_int_equal(count(s, false), N);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(groups_are_made_of_the_elements_and_named),
        TEST(targets_are_made_and_named_as_asked),
        TEST(elements_join_a_group_that_is_given),
        TEST(a_failure_leaves_no_group_and_no_member),
        TEST(wrong_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
