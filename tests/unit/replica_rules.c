/* SPDX-License-Identifier: BSD-2-Clause */
/* The create methods' rules, one by one: what is refused names its parameter and changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/file_world.h"
#include "support/loopback.h"

#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define STATE(name) REPLSVC_COPY_STATE_##name
#define BLOCKS 16u

/* v0, v1, v2 in group "s"; v3, v4, v5 in group "t"; v6 alone; "large" of twice the size. */
static struct {
    struct file_world w;
    replsvc_group_ref s, t, empty;
    replsvc_element_ref large, small;
} x;

static int setup(void **state)
{
    (void)state;
    memset(&x, 0, sizeof(x));
    file_world_make(&x.w, 7, BLOCKS);
    x.large = file_world_element(&x.w, "large", 2 * BLOCKS);
    x.small = file_world_element(&x.w, "small", BLOCKS / 2);
    assert_done(replsvc_create_group(x.w.svc, "s", x.w.elements, 3, 0, 0, 0, NULL, &x.s, NULL));
    assert_done(replsvc_create_group(x.w.svc, "t", &x.w.elements[3], 3, 0, 0, 0, NULL, &x.t, NULL));
    assert_done(replsvc_create_group(x.w.svc, "empty", NULL, 0, 0, 0, 0, NULL, &x.empty, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    file_world_free(&x.w);
    return 0;
}

struct ask {
    const char *name;
    uint16_t sync_type, mode, consistency, wait;
    const replsvc_group_ref *source_group;
    const replsvc_element_ref *source;
    replsvc_group_ref *target_group;
    uint64_t count;
    const char *settings;
    const replsvc_setting_ref *goal;
    const replsvc_pool_ref *pool;
};

static uint32_t group_replica(const struct ask *a, replsvc_sync_ref *s)
{
    return replsvc_create_group_replica(x.w.svc, a->name, a->sync_type, a->mode, a->source_group, a->source,
                                        NULL, a->target_group, a->count, NULL, a->consistency, a->settings,
                                        NULL, s, a->goal, a->pool, a->wait);
}

static void refused(const struct ask *a, uint32_t code, const char *parameter)
{
    size_t elements = fw_count_elements(x.w.svc);
    replsvc_sync_ref s;
    assert_refused(group_replica(a, &s), code, parameter);
    assert_int_equal(fw_count_syncs(x.w.svc), 0);
    assert_int_equal(fw_count_elements(x.w.svc), elements);
    assert_int_equal(fw_count_images(&x.w), 0);
}

static void scalars_are_checked(void **state)
{
    (void)state;
    replsvc_group_ref t = {""};
    refused(&(struct ask){.source_group = &x.s, .target_group = &t}, REPLSVC_INVALID_PARAMETER, "SyncType");
    refused(&(struct ask){.sync_type = 5, .source_group = &x.s}, REPLSVC_INVALID_PARAMETER, "SyncType");
    refused(&(struct ask){.sync_type = 9, .mode = 2, .source_group = &x.s}, REPLSVC_NOT_SUPPORTED,
            "SyncType");
    refused(&(struct ask){.sync_type = CLONE, .mode = 9, .source_group = &x.s}, REPLSVC_INVALID_PARAMETER,
            "Mode");
    refused(&(struct ask){.sync_type = CLONE, .mode = 4, .source_group = &x.s}, REPLSVC_NOT_SUPPORTED,
            "SyncType");
    refused(&(struct ask){.sync_type = CLONE, .consistency = 7, .source_group = &x.s},
            REPLSVC_INVALID_PARAMETER, "Consistency");
    refused(&(struct ask){.sync_type = CLONE, .wait = STATE(BROKEN), .source_group = &x.s},
            REPLSVC_INVALID_PARAMETER, "WaitForCopyState");
    refused(&(struct ask){.sync_type = CLONE, .settings = "x", .source_group = &x.s},
            REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
}

static void exactly_one_source_is_required(void **state)
{
    (void)state;
    replsvc_group_ref t = {""}, none = {"grp-none"};
    replsvc_element_ref no_element = {"elem-none"};
    refused(&(struct ask){.sync_type = CLONE, .target_group = &t}, REPLSVC_INVALID_PARAMETER, "SourceGroup");
    refused(
        &(struct ask){
            .sync_type = CLONE, .source_group = &x.s, .source = &x.w.elements[6], .target_group = &t},
        REPLSVC_INVALID_PARAMETER, "SourceGroup");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &none, .target_group = &t},
            REPLSVC_INVALID_PARAMETER, "SourceGroup");
    refused(&(struct ask){.sync_type = CLONE, .source = &no_element, .target_group = &t},
            REPLSVC_INVALID_PARAMETER, "SourceElement");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.empty, .target_group = &t},
            REPLSVC_INVALID_PARAMETER, "SourceGroup");
}

static void targets_are_given_or_made(void **state)
{
    (void)state;
    replsvc_setting_ref goal;
    replsvc_setting_goal g = {.size = sizeof(g)};
    replsvc_group_ref none = {"grp-none"}, t = {""};
    assert_done(replsvc_setting_create(x.w.svc, &g, &goal));
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &x.t, .count = 3},
            REPLSVC_INVALID_PARAMETER, "TargetElementCount");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &t, .count = 2},
            REPLSVC_INVALID_PARAMETER, "TargetElementCount");
    refused(
        &(struct ask){.sync_type = CLONE, .source = &x.w.elements[6], .target_group = &t, .count = 100000},
        REPLSVC_INVALID_PARAMETER, "TargetElementCount");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &x.t, .pool = &x.w.pool},
            REPLSVC_INVALID_PARAMETER, "TargetPool");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &x.t, .goal = &goal},
            REPLSVC_INVALID_PARAMETER, "TargetSettingGoal");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &none},
            REPLSVC_INVALID_PARAMETER, "TargetGroup");
    refused(&(struct ask){.sync_type = CLONE, .source_group = &x.s, .target_group = &x.s},
            REPLSVC_INVALID_PARAMETER, "TargetGroup");
}

#define SETTINGS(text) "instance of CIM_ReplicationSettingData { " text " };"

static void unequal_groups_are_what_the_caller_says(void **state)
{
    (void)state;
    replsvc_group_ref two;
    replsvc_sync_ref s;
    assert_done(replsvc_create_group(x.w.svc, "two", &x.w.elements[5], 2, 0, 0, 0, NULL, &two, NULL));
    refused(&(struct ask){.sync_type = SNAPSHOT, .source_group = &x.s, .target_group = &two},
            REPLSVC_INVALID_PARAMETER, "TargetGroup");
    refused(&(struct ask){.sync_type = SNAPSHOT,
                          .source_group = &x.s,
                          .target_group = &two,
                          .settings = SETTINGS("UnequalGroupsAction = 4;")},
            REPLSVC_INVALID_PARAMETER, "TargetGroup");
    assert_done(group_replica(&(struct ask){.sync_type = SNAPSHOT,
                                            .source_group = &x.s,
                                            .target_group = &two,
                                            .settings = SETTINGS("UnequalGroupsAction = 3;")},
                              &s));
    assert_int_equal(fw_info(x.w.svc, &s).member_count, 2);
}

static void missing_targets_are_made_if_the_caller_says_so(void **state)
{
    (void)state;
    replsvc_group_ref one;
    replsvc_sync_ref s;
    replsvc_element_ref *members;
    size_t n;
    assert_done(replsvc_create_group(x.w.svc, "one", &x.w.elements[6], 1, 0, 0, 0, NULL, &one, NULL));
    refused(&(struct ask){.sync_type = SNAPSHOT,
                          .source_group = &x.s,
                          .target_group = &x.t,
                          .settings = SETTINGS("TargetElementSupplier = 2;")},
            REPLSVC_INVALID_PARAMETER, "TargetGroup");
    assert_done(group_replica(&(struct ask){.name = "r",
                                            .sync_type = SNAPSHOT,
                                            .source_group = &x.s,
                                            .target_group = &one,
                                            .settings = SETTINGS("TargetElementSupplier = 3;")},
                              &s));
    assert_int_equal(fw_info(x.w.svc, &s).member_count, 3);
    assert_int_equal(fw_count_images(&x.w), 2);
    assert_done(replsvc_group_get_members(x.w.svc, &one, &members, &n));
    assert_int_equal(n, 3);
    replsvc_free(members);
}

static void optimum_pairs_by_size(void **state)
{
    (void)state;
    replsvc_element_ref sources[2] = {x.w.elements[0], x.large}, targets[2];
    replsvc_group_ref from, to;
    replsvc_sync_ref s, *pairs;
    size_t n;
    targets[0] = file_world_element(&x.w, "target-large", 3 * BLOCKS);
    targets[1] = x.w.elements[6];
    assert_done(replsvc_create_group(x.w.svc, "from", sources, 2, 0, 0, 0, NULL, &from, NULL));
    assert_done(replsvc_create_group(x.w.svc, "to", targets, 2, 0, 0, 0, NULL, &to, NULL));
    refused(&(struct ask){.sync_type = SNAPSHOT, .source_group = &from, .target_group = &to},
            REPLSVC_INVALID_PARAMETER, "TargetGroup"); /* in order the second does not fit */
    assert_done(group_replica(&(struct ask){.sync_type = SNAPSHOT,
                                            .source_group = &from,
                                            .target_group = &to,
                                            .settings = SETTINGS("Pairing = 4;")},
                              &s));
    assert_done(replsvc_sync_get_pairs(x.w.svc, &s, &pairs, &n));
    assert_string_equal(fw_info(x.w.svc, &pairs[0]).synced_element, targets[1].id);
    assert_string_equal(fw_info(x.w.svc, &pairs[1]).synced_element, targets[0].id);
    replsvc_free(pairs);
}

static uint32_t element_replica(uint16_t type, const replsvc_element_ref *source, replsvc_element_ref *target,
                                const char *name)
{
    return replsvc_create_element_replica(x.w.svc, name, type, 0, source, NULL, target, NULL, NULL, NULL,
                                          NULL, NULL, NULL, STATE(INACTIVE), NULL, NULL, 0);
}

static void roles_exclude_each_other(void **state)
{
    (void)state;
    replsvc_element_ref *e = x.w.elements;
    replsvc_volume *v;
    assert_refused(element_replica(CLONE, &e[0], &e[0], NULL), REPLSVC_INVALID_PARAMETER, "TargetElement");
    assert_refused(element_replica(CLONE, &e[0], &x.small, NULL), REPLSVC_INVALID_PARAMETER, "TargetElement");
    assert_int_equal(replsvc_volume_open(loopback_opened(x.w.svc), &e[1], 0, &v), 0);
    assert_refused(element_replica(CLONE, &e[0], &e[1], NULL), REPLSVC_IN_USE, "TargetElement");
    replsvc_volume_close(v);
    assert_done(element_replica(SNAPSHOT, &e[0], &e[1], NULL));
    assert_refused(element_replica(CLONE, &e[2], &e[1], NULL), REPLSVC_IN_USE, "TargetElement");
    assert_refused(element_replica(CLONE, &e[2], &e[0], NULL), REPLSVC_IN_USE, "TargetElement");
    assert_refused(element_replica(CLONE, &e[1], &e[2], NULL), REPLSVC_IN_USE, "SourceElement");
    assert_done(element_replica(SNAPSHOT, &e[0], &e[2], NULL)); /* a source may have many */
    assert_int_equal(fw_count_syncs(x.w.svc), 2);
    assert_refused(replsvc_element_unregister(x.w.svc, &e[0], false), REPLSVC_IN_USE, "Element");
}

static void a_whole_clone_is_a_source(void **state)
{
    (void)state;
    replsvc_element_ref *e = x.w.elements;
    assert_int_equal(fw_write(x.w.svc, &e[0], 0, 4, 0x21), 0);
    for (size_t i = 0; i < 3; i++)
        assert_done(replsvc_create_element_replica(x.w.svc, NULL, CLONE, 0, &e[i], NULL, &e[i + 1], NULL,
                                                   NULL, NULL, NULL, NULL, NULL, STATE(SYNCHRONIZED), NULL,
                                                   NULL, 0));
    assert_int_equal(fw_read(x.w.svc, &e[3], 2), 0x21);
    file_world_reopen(&x.w);
    assert_int_equal(fw_write(x.w.svc, &e[0], 0, 4, 0x22), 0);
    assert_int_equal(fw_read(x.w.svc, &e[3], 2), 0x21);
}

static void names_are_unique(void **state)
{
    (void)state;
    replsvc_element_ref *e = x.w.elements, made = {""};
    char name[REPLSVC_NAME_SIZE + 8];
    assert_done(element_replica(SNAPSHOT, &e[0], &e[1], "one"));
    assert_refused(element_replica(SNAPSHOT, &e[0], &e[2], "one"), REPLSVC_INVALID_PARAMETER, "ElementName");
    assert_refused(element_replica(SNAPSHOT, &e[0], &made, "v1"), REPLSVC_INVALID_PARAMETER, "ElementName");
    assert_refused(element_replica(SNAPSHOT, &e[0], &e[2], ""), REPLSVC_INVALID_PARAMETER, "ElementName");
    memset(name, 'a', sizeof(name));
    name[sizeof(name) - 1] = '\0';
    assert_refused(element_replica(SNAPSHOT, &e[0], &e[2], name), REPLSVC_INVALID_PARAMETER, "ElementName");
    replsvc_group_ref t = {""};
    replsvc_sync_ref s;
    assert_refused(
        group_replica(&(struct ask){.name = name, .sync_type = SNAPSHOT, .source = &e[0], .target_group = &t},
                      &s),
        REPLSVC_INVALID_PARAMETER, "RelationshipName");
    assert_done(element_replica(SNAPSHOT, &e[0], &made, NULL));
    assert_int_equal(fw_count_syncs(x.w.svc), 2);
}

static void elsewhere_is_not_supported(void **state)
{
    (void)state;
    replsvc_access_point_ref ap = {"ap-1"};
    assert_refused(replsvc_create_element_replica(x.w.svc, NULL, CLONE, 0, &x.w.elements[0], NULL,
                                                  &x.w.elements[1], &ap, NULL, NULL, NULL, NULL, NULL, 0,
                                                  NULL, NULL, 0),
                   REPLSVC_NOT_SUPPORTED, "TargetAccessPoint");
}

static void lists_are_checked(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "a"};
    replsvc_element_ref *e = x.w.elements, half[2] = {e[3], {""}};
#define LIST(names, n_names, sources, n_sources, targets, n_targets)                                         \
    replsvc_create_list_replica(x.w.svc, names, n_names, SNAPSHOT, 0, sources, n_sources, NULL, targets,     \
                                n_targets, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0, NULL, 0)
    assert_refused(LIST(NULL, 0, NULL, 0, NULL, 0), REPLSVC_INVALID_PARAMETER, "SourceElements");
    assert_refused(LIST(names, 2, e, 2, &e[3], 2), REPLSVC_INVALID_PARAMETER, "ElementNames");
    assert_refused(LIST(names, 1, e, 2, &e[3], 2), REPLSVC_INVALID_PARAMETER, "ElementNames");
    assert_refused(LIST(NULL, 0, e, 2, &e[3], 1), REPLSVC_INVALID_PARAMETER, "TargetElements");
    assert_refused(LIST(NULL, 0, e, 2, half, 2), REPLSVC_INVALID_PARAMETER, "TargetElements");
    assert_refused(LIST(NULL, 0, e, 2, &e[1], 2), REPLSVC_IN_USE,
                   "TargetElements"); /* e[1] is a source, too */
    half[1] = half[0];
    assert_refused(LIST(NULL, 0, e, 2, half, 2), REPLSVC_IN_USE, "TargetElements");
    assert_int_equal(fw_count_syncs(x.w.svc), 0);
    assert_done(LIST(NULL, 0, e, 2, &e[3], 2));
}

static void a_read_only_replica_cannot_be_written(void **state)
{
    (void)state;
    replsvc_element_ref *e = x.w.elements;
    assert_done(replsvc_create_element_replica(x.w.svc, NULL, SNAPSHOT, 0, &e[0], NULL, &e[1], NULL,
                                               SETTINGS("ReadOnly = 3;"), NULL, NULL, NULL, NULL, 0, NULL,
                                               NULL, 0));
    assert_false(fw_writable(x.w.svc, &e[1]));
    assert_true(fw_writable(x.w.svc, &e[0]));
    assert_int_equal(fw_read(x.w.svc, &e[1], 0), 0);
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RULE(scalars_are_checked),
        RULE(exactly_one_source_is_required),
        RULE(targets_are_given_or_made),
        RULE(unequal_groups_are_what_the_caller_says),
        RULE(missing_targets_are_made_if_the_caller_says_so),
        RULE(optimum_pairs_by_size),
        RULE(roles_exclude_each_other),
        RULE(a_whole_clone_is_a_source),
        RULE(names_are_unique),
        RULE(elsewhere_is_not_supported),
        RULE(lists_are_checked),
        RULE(a_read_only_replica_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
