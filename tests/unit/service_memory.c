/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory runs out at the first allocation of a call, at the second, and so on: the call fails with Failed
 * (or does not need that memory), and the model is as it was, now and after a restart.
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
#include <sys/stat.h>

#include "support/service_world.h"
#include "support/tempdir.h"
#include "util/alloc.h"

#define N 6 /* disks; the last two are a pair */

/* ---- what the outside can see, as one text ---- */

static char *picture(replsvc_service *svc)
{
    char *text;
    size_t size, n, n_members;
    FILE *f = open_memstream(&text, &size);
    replsvc_element_ref *elements, *members;
    replsvc_group_ref *groups;
    replsvc_pool_ref *pools;
    assert_done(replsvc_element_list(svc, &elements, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_element_info info = {.size = sizeof info};
        assert_done(replsvc_element_get_info(svc, &elements[i], &info));
        fprintf(f, "element %s %s %s %s\n", info.id, info.name, info.locator, info.pool);
    }
    replsvc_free(elements);
    assert_done(replsvc_group_list(svc, &groups, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_group_info info = {.size = sizeof info};
        assert_done(replsvc_group_get_info(svc, &groups[i], &info));
        fprintf(f, "group %s %s %d%d%d%d %u:", info.id, info.name, info.persistent,
                info.delete_on_empty_element, info.delete_on_unassociated, info.consistent_point_in_time,
                info.reserved_as);
        assert_done(replsvc_group_get_members(svc, &groups[i], &members, &n_members));
        for (size_t k = 0; k < n_members; k++)
            fprintf(f, " %s", members[k].id);
        replsvc_free(members);
        fprintf(f, "\n");
    }
    replsvc_free(groups);
    assert_done(replsvc_pool_list(svc, &pools, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_pool_info info = {.size = sizeof info};
        assert_done(replsvc_pool_get_info(svc, &pools[i], &info));
        fprintf(f, "pool %s %s %s %llu\n", info.id, info.name, info.locator,
                (unsigned long long)info.element_count);
    }
    replsvc_free(pools);
    replsvc_sync_ref *syncs;
    assert_done(replsvc_sync_list(svc, &syncs, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof info};
        assert_done(replsvc_sync_get_info(svc, &syncs[i], &info));
        fprintf(f, "sync %s %s %s %s %s %u\n", info.id, info.name, info.system_element, info.synced_element,
                info.group_synchronization, info.copy_state);
    }
    replsvc_free(syncs);
    fclose(f);
    return text;
}

static void assert_same(struct service_world *w, const char *before)
{
    char *after = picture(w->svc);
    assert_string_equal(after, before);
    free(after);
}

/* ---- the calls ---- */

struct scene {
    struct service_world w;
    char dir[TEMPDIR_SIZE];
    char pool_locator[TEMPDIR_SIZE + 8];
    replsvc_pool_ref pool;
    replsvc_group_ref group, rule; /* members d0 d1; member d0, goes when empty */
    replsvc_element_ref made;
    replsvc_sync_ref pair;
};

static uint32_t call_create_group(struct scene *s)
{
    return replsvc_create_group(s->w.svc, "new", s->w.elements, 4, 0, 0, 0, NULL, NULL,
                                "instance of CIM_ReplicationSettingData { ConsistentPointInTime = TRUE; };");
}

static uint32_t call_create_group_unnamed(struct scene *s)
{
    return replsvc_create_group(s->w.svc, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL);
}

static uint32_t call_add_members(struct scene *s)
{
    return replsvc_add_members(s->w.svc, &s->w.elements[2], 2, &s->group, NULL, NULL);
}

static uint32_t call_remove_members(struct scene *s)
{
    return replsvc_remove_members(s->w.svc, s->w.elements, 1, 0, &s->group, NULL, NULL);
}

static uint32_t call_empty_group(struct scene *s)
{
    return replsvc_remove_members(s->w.svc, s->w.elements, 1, 0, &s->rule, NULL, NULL);
}

static uint32_t call_delete_group(struct scene *s)
{
    return replsvc_delete_group(s->w.svc, &s->group, NULL, 0, NULL);
}

static uint32_t call_register(struct scene *s)
{
    return replsvc_element_register(s->w.svc, NULL, "sim:spare", NULL, NULL);
}

static uint32_t call_unregister(struct scene *s)
{
    return replsvc_element_unregister(s->w.svc, &s->w.elements[3], false);
}

static uint32_t call_create_element(struct scene *s)
{
    return replsvc_element_create(s->w.svc, NULL, &s->pool, 4096, NULL, NULL);
}

static uint32_t call_remove_element(struct scene *s)
{
    return replsvc_element_unregister(s->w.svc, &s->made, true);
}

static uint32_t call_pool_register(struct scene *s)
{
    char locator[TEMPDIR_SIZE + 16];
    snprintf(locator, sizeof locator, "file:%s/other", s->dir);
    return replsvc_pool_register(s->w.svc, NULL, locator, NULL, NULL);
}

static uint32_t call_regroup(struct scene *s)
{
    return replsvc_create_group_replica_from_element_synchronizations(
        s->w.svc, NULL, &s->pair, 1, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, 0);
}

static uint32_t call_limit(struct scene *s)
{
    return replsvc_sync_set_limit(s->w.svc, &s->pair, 12345);
}

static uint32_t call_candidates(struct scene *s)
{
    replsvc_element_ref *list = NULL;
    size_t n;
    uint32_t ret = replsvc_get_available_target_elements(s->w.svc, s->w.elements, REPLSVC_SYNC_TYPE_CLONE, 0,
                                                         NULL, NULL, NULL, NULL, 0, NULL, &list, &n, 0);
    replsvc_free(list);
    return ret;
}

static uint32_t call_access_point(struct scene *s)
{
    return replsvc_add_service_access_point(
        s->w.svc, "instance of CIM_RemoteServiceAccessPoint { AccessInfo = \"nbd://h/\"; };", "root", NULL);
}

static uint32_t call_secret(struct scene *s)
{
    return replsvc_add_shared_secret(s->w.svc, "instance of CIM_SharedSecret { Secret = \"x\"; };", NULL,
                                     "root", NULL);
}

static uint32_t call_volume(struct scene *s)
{
    replsvc_volume *v;
    int r = replsvc_volume_open(s->w.svc, s->w.elements, REPLSVC_VOLUME_WRITABLE, &v);
    if (r == 0)
        return replsvc_volume_close(v) ? REPLSVC_UNKNOWN : REPLSVC_OK;
    return r == -ENOMEM ? REPLSVC_FAILED : REPLSVC_UNKNOWN;
}

static uint32_t call_lists(struct scene *s)
{
    replsvc_group_ref *groups = NULL;
    replsvc_element_ref *members = NULL;
    size_t n;
    uint32_t ret = replsvc_group_list(s->w.svc, &groups, &n);
    if (ret == REPLSVC_OK)
        ret = replsvc_group_get_members(s->w.svc, &s->group, &members, &n);
    replsvc_free(groups);
    replsvc_free(members);
    return ret;
}

static void scene_make(struct scene *s)
{
    char other[TEMPDIR_SIZE + 8];
    memset(s, 0, sizeof *s);
    tempdir_make(s->dir);
    snprintf(other, sizeof other, "%s/other", s->dir);
    tempdir_write(s->dir, "x", "", 0);
    assert_int_equal(mkdir(other, 0700), 0);
    snprintf(s->pool_locator, sizeof s->pool_locator, "file:%s", s->dir);
    service_world_make(&s->w, N, 4096);
    assert_int_equal(world_disk(s->w.world, "spare", 4096), 0);
    replsvc_service *svc = s->w.svc;
    assert_done(replsvc_pool_register(svc, "pool", s->pool_locator, NULL, &s->pool));
    assert_done(replsvc_element_create(svc, "made", &s->pool, 4096, NULL, &s->made));
    assert_done(replsvc_create_group(svc, "g", s->w.elements, 2, 0, 0, 0, NULL, &s->group, NULL));
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_create_element_replica(svc, "pair", REPLSVC_SYNC_TYPE_CLONE, 0, &s->w.elements[4],
                                                  NULL, &s->w.elements[5], NULL, NULL, &job, &s->pair, NULL,
                                                  NULL, 0, NULL, NULL, 0);
    assert_done(ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(svc, &job, -1) : ret);
    assert_done(
        replsvc_create_group(svc, "rule", s->w.elements, 1, 0, REPLSVC_BOOL_TRUE, 0, NULL, &s->rule, NULL));
}

static void scene_free(struct scene *s)
{
    service_world_free(&s->w);
    tempdir_remove(s->dir);
}

/* Makes each allocation of the call fail in turn. */
static void starve(uint32_t (*call)(struct scene *s))
{
    for (unsigned long n = 1;; n++) {
        struct scene s;
        scene_make(&s);
        char *before = picture(s.w.svc);
        unsigned long count = mem_count();
        mem_fail_at(n);
        uint32_t ret = call(&s);
        mem_fail_at(0);
        bool reached = mem_count() - count >= n;
        if (ret != REPLSVC_OK) {
            assert_int_equal(ret, REPLSVC_FAILED);
            assert_int_equal(replsvc_last_error()->code, REPLSVC_FAILED);
            assert_same(&s.w, before);
            service_world_reopen(&s.w);
            assert_same(&s.w, before);
            assert_done(call(&s)); /* nothing was left in the way */
        }
        free(before);
        scene_free(&s);
        if (!reached) {
            assert_done(ret);
            assert_true(n > 1);
            break;
        }
    }
}

#define STARVED(call)                                                                                        \
    static void memory_runs_out_in_##call(void **state)                                                      \
    {                                                                                                        \
        (void)state;                                                                                         \
        starve(call_##call);                                                                                 \
    }
STARVED(create_group)
STARVED(create_group_unnamed)
STARVED(add_members)
STARVED(remove_members)
STARVED(empty_group)
STARVED(delete_group)
STARVED(register)
STARVED(unregister)
STARVED(create_element)
STARVED(remove_element)
STARVED(pool_register)
STARVED(regroup)
STARVED(limit)
STARVED(candidates)
STARVED(access_point)
STARVED(secret)
STARVED(volume)
STARVED(lists)

static void memory_runs_out_while_a_service_is_opened(void **state)
{
    (void)state;
    struct scene s;
    scene_make(&s);
    char *before = picture(s.w.svc);
    replsvc_service_close(s.w.svc);
    for (unsigned long n = 1;; n++) {
        unsigned long count = mem_count();
        mem_fail_at(n);
        uint32_t ret = service_world_open(s.w.world, NULL, &s.w.svc);
        mem_fail_at(0);
        if (ret == REPLSVC_OK) {
            assert_same(&s.w, before);
            bool reached = mem_count() - count >= n;
            if (!reached)
                break;
            replsvc_service_close(s.w.svc);
        } else {
            assert_int_equal(ret, REPLSVC_FAILED);
        }
    }
    free(before);
    scene_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_runs_out_in_create_group),
        cmocka_unit_test(memory_runs_out_in_create_group_unnamed),
        cmocka_unit_test(memory_runs_out_in_add_members),
        cmocka_unit_test(memory_runs_out_in_remove_members),
        cmocka_unit_test(memory_runs_out_in_empty_group),
        cmocka_unit_test(memory_runs_out_in_delete_group),
        cmocka_unit_test(memory_runs_out_in_register),
        cmocka_unit_test(memory_runs_out_in_unregister),
        cmocka_unit_test(memory_runs_out_in_create_element),
        cmocka_unit_test(memory_runs_out_in_remove_element),
        cmocka_unit_test(memory_runs_out_in_pool_register),
        cmocka_unit_test(memory_runs_out_in_regroup),
        cmocka_unit_test(memory_runs_out_in_limit),
        cmocka_unit_test(memory_runs_out_in_candidates),
        cmocka_unit_test(memory_runs_out_in_access_point),
        cmocka_unit_test(memory_runs_out_in_secret),
        cmocka_unit_test(memory_runs_out_in_volume),
        cmocka_unit_test(memory_runs_out_in_lists),
        cmocka_unit_test(memory_runs_out_while_a_service_is_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
