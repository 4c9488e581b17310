/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroup, DeleteGroup, AddMembers and RemoveMembers: each rule of their parameters and return codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/service_world.h"

#define N 6
#define ABSENT REPLSVC_BOOL_ABSENT
#define YES REPLSVC_BOOL_TRUE
#define NO REPLSVC_BOOL_FALSE

static int setup(void **state)
{
    static struct service_world w;
    service_world_make(&w, N, 1 << 20);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(*state);
    return 0;
}

static replsvc_group_ref make(struct service_world *w, const char *name, size_t n)
{
    replsvc_group_ref g = {""};
    assert_done(replsvc_create_group(w->svc, name, w->elements, n, ABSENT, ABSENT, ABSENT, NULL, &g, NULL));
    assert_true(strncmp(g.id, "grp-", 4) == 0);
    return g;
}

static replsvc_group_info info_of(struct service_world *w, const replsvc_group_ref *g)
{
    replsvc_group_info info = {.size = sizeof info};
    assert_done(replsvc_group_get_info(w->svc, g, &info));
    return info;
}

static void assert_members(struct service_world *w, const replsvc_group_ref *g, const size_t expected[],
                           size_t n)
{
    replsvc_element_ref *members;
    size_t count;
    assert_done(replsvc_group_get_members(w->svc, g, &members, &count));
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(members[i].id, w->elements[expected[i]].id);
    replsvc_free(members);
}

static void assert_no_group(struct service_world *w, const replsvc_group_ref *g)
{
    replsvc_group_info info = {.size = sizeof info};
    assert_refused(replsvc_group_get_info(w->svc, g, &info), REPLSVC_INVALID_PARAMETER, "ReplicationGroup");
}

static size_t count_groups(struct service_world *w)
{
    replsvc_group_ref *groups;
    size_t n;
    assert_done(replsvc_group_list(w->svc, &groups, &n));
    replsvc_free(groups);
    return n;
}

/* ---- CreateGroup ---- */

static void the_order_of_members_is_kept_also_after_a_restart(void **state)
{
    struct service_world *w = *state;
    static const size_t order[] = {3, 0, 5, 1};
    replsvc_element_ref members[4];
    replsvc_group_ref g;
    for (size_t i = 0; i < 4; i++)
        members[i] = w->elements[order[i]];
    assert_done(replsvc_create_group(w->svc, "g", members, 4, ABSENT, ABSENT, ABSENT, NULL, &g, NULL));
    assert_members(w, &g, order, 4);
    service_world_reopen(w);
    assert_members(w, &g, order, 4);
    assert_string_equal(info_of(w, &g).name, "g");
}

static void a_group_without_members_is_allowed(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g;
    assert_done(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, NULL, &g, NULL));
    assert_int_equal(info_of(w, &g).member_count, 0);
    replsvc_element_ref *members = (void *)1;
    size_t n = 7;
    assert_done(replsvc_group_get_members(w->svc, &g, &members, &n));
    assert_null(members);
    assert_int_equal(n, 0);
}

static void a_group_without_a_name_gets_one_that_nobody_has(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref a = make(w, "group-1", 1), b = make(w, NULL, 1), c = make(w, NULL, 1);
    char first[REPLSVC_NAME_SIZE];
    memcpy(first, info_of(w, &b).name, sizeof first);
    assert_true(first[0] != '\0');
    assert_string_not_equal(first, "group-1");
    assert_string_not_equal(first, info_of(w, &c).name);
    /* A generated name is not given again, not even when it is free again and after a restart. */
    assert_done(replsvc_delete_group(w->svc, &b, NULL, ABSENT, NULL));
    service_world_reopen(w);
    replsvc_group_ref d = make(w, NULL, 1);
    assert_string_not_equal(info_of(w, &d).name, first);
    assert_string_equal(info_of(w, &a).name, "group-1");
}

static void a_name_that_is_taken_is_refused(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref a = make(w, "g", 1), b = {"untouched"};
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, NULL, &b, NULL),
                   REPLSVC_INVALID_PARAMETER, "GroupName");
    assert_non_null(strstr(replsvc_last_error()->message, a.id));
    assert_string_equal(b.id, "untouched");
    assert_refused(replsvc_create_group(w->svc, a.id, NULL, 0, ABSENT, ABSENT, ABSENT, NULL, &b, NULL),
                   REPLSVC_INVALID_PARAMETER, "GroupName"); /* an id is found like a name */
    assert_int_equal(count_groups(w), 1);
    assert_done(replsvc_delete_group(w->svc, &a, NULL, ABSENT, NULL));
    make(w, "g", 1);
}

static void names_that_are_no_names_are_refused(void **state)
{
    struct service_world *w = *state;
    char long_name[300];
    memset(long_name, 'x', sizeof long_name);
    long_name[256] = '\0';
    const char *bad[] = {"", long_name, "a\nb", "\xff", "a\xc0\x80", "tail\xe2\x82", "\xed\xa0\x80", "\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(
            replsvc_create_group(w->svc, bad[i], NULL, 0, ABSENT, ABSENT, ABSENT, NULL, NULL, NULL),
            REPLSVC_INVALID_PARAMETER, "GroupName");
    assert_int_equal(count_groups(w), 0);
    long_name[255] = '\0';
    make(w, long_name, 0);
    make(w, "Größe \xf0\x9f\x92\xbe", 0);
}

static void the_three_flags_are_tri_state(void **state)
{
    struct service_world *w = *state;
    static const replsvc_opt_bool values[] = {ABSENT, YES, NO};
    replsvc_group_ref g[3];
    for (int i = 0; i < 3; i++)
        assert_done(replsvc_create_group(w->svc, NULL, w->elements, 1, values[i], values[i], values[i], NULL,
                                         &g[i], NULL));
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 3; i++) {
            replsvc_group_info info = info_of(w, &g[i]);
            assert_int_equal(info.persistent, values[i] != NO); /* absent: it persists */
            assert_int_equal(info.delete_on_empty_element, values[i] == YES);
            assert_int_equal(info.delete_on_unassociated, values[i] == YES);
        }
        service_world_reopen(w);
    }
}

static void a_flag_that_is_neither_is_refused(void **state)
{
    struct service_world *w = *state;
    replsvc_opt_bool odd = (replsvc_opt_bool)3;
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, odd, ABSENT, ABSENT, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Persistent");
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, odd, ABSENT, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "DeleteOnEmptyElement");
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, odd, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "DeleteOnUnassociated");
    assert_int_equal(count_groups(w), 0);
}

static void an_element_is_in_a_group_once(void **state)
{
    struct service_world *w = *state;
    replsvc_element_ref members[] = {w->elements[0], w->elements[1], w->elements[0]};
    assert_refused(replsvc_create_group(w->svc, "g", members, 3, ABSENT, ABSENT, ABSENT, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Members");
    assert_int_equal(count_groups(w), 0);
}

static void an_element_may_be_in_many_groups(void **state)
{
    struct service_world *w = *state;
    for (int i = 0; i < 5; i++)
        make(w, NULL, 2);
    assert_int_equal(count_groups(w), 5);
}

static void references_that_name_no_element_are_refused(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 0);
    replsvc_element_ref stale = w->elements[5], foreign, unterminated, absent = {""}, unknown = {"elem-1"};
    assert_done(replsvc_element_unregister(w->svc, &stale, false));
    memcpy(foreign.id, g.id, sizeof foreign.id);
    memset(unterminated.id, 'e', sizeof unterminated.id);
    const replsvc_element_ref *bad[] = {&stale, &foreign, &unterminated, &absent, &unknown};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        replsvc_element_ref members[] = {w->elements[0], *bad[i]};
        assert_refused(
            replsvc_create_group(w->svc, "h", members, 2, ABSENT, ABSENT, ABSENT, NULL, NULL, NULL),
            REPLSVC_INVALID_PARAMETER, "Members");
        assert_refused(replsvc_add_members(w->svc, members, 2, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                       "Members");
        assert_refused(replsvc_remove_members(w->svc, &members[1], 1, ABSENT, &g, NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "Members");
    }
    assert_refused(replsvc_create_group(w->svc, "h", NULL, 2, ABSENT, ABSENT, ABSENT, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Members");
    assert_int_equal(count_groups(w), 1);
    assert_int_equal(info_of(w, &g).member_count, 0);
}

static void groups_on_other_systems_are_not_supported(void **state)
{
    struct service_world *w = *state;
    replsvc_access_point_ref unknown = {"ap-1"}, absent = {""};
    replsvc_group_ref g;
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, &unknown, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "ServiceAccessPoint");
    assert_done(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, &absent, &g, NULL));
    assert_refused(replsvc_add_members(w->svc, w->elements, 1, &g, &unknown, NULL), REPLSVC_INVALID_PARAMETER,
                   "ServiceAccessPoint");
    assert_refused(replsvc_remove_members(w->svc, w->elements, 1, ABSENT, &g, &unknown, NULL),
                   REPLSVC_INVALID_PARAMETER, "ServiceAccessPoint");
    assert_refused(replsvc_delete_group(w->svc, &g, &unknown, ABSENT, NULL), REPLSVC_INVALID_PARAMETER,
                   "ServiceAccessPoint");
}

static void setting_data_is_read_and_refused_where_it_is_wrong(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g;
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, NULL, NULL, "nonsense"),
                   REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_done(
        replsvc_create_group(w->svc, "g", NULL, 0, ABSENT, ABSENT, ABSENT, NULL, &g,
                             "instance of CIM_ReplicationSettingData { ConsistentPointInTime = TRUE; };"));
    assert_true(info_of(w, &g).consistent_point_in_time);
    assert_refused(replsvc_add_members(w->svc, w->elements, 1, &g, NULL, "<"), REPLSVC_INVALID_PARAMETER,
                   "ReplicationSettingData");
    assert_refused(replsvc_remove_members(w->svc, w->elements, 1, ABSENT, &g, NULL, "<"),
                   REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_refused(replsvc_delete_group(w->svc, &g, NULL, ABSENT, "<"), REPLSVC_INVALID_PARAMETER,
                   "ReplicationSettingData");
}

static void a_reservation_is_kept_and_its_value_checked(void **state)
{
    struct service_world *w = *state;
    for (uint16_t value = 0; value < 7; value++) {
        replsvc_group_ref g;
        uint32_t ret = replsvc_create_group_ex(w->svc, NULL, w->elements, 2, ABSENT, ABSENT, ABSENT, NULL, &g,
                                               NULL, value);
        if (value == 1 || value > 4) {
            assert_refused(ret, REPLSVC_INVALID_PARAMETER, "ReservedAs");
            continue;
        }
        assert_done(ret);
        service_world_reopen(w);
        assert_int_equal(info_of(w, &g).reserved_as, value);
    }
}

static void the_place_for_the_group_may_be_null(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g;
    assert_done(replsvc_create_group(w->svc, "g", w->elements, 1, ABSENT, ABSENT, ABSENT, NULL, NULL, NULL));
    assert_done(replsvc_group_find(w->svc, "g", &g));
    assert_int_equal(info_of(w, &g).member_count, 1);
}

static void without_a_service_every_method_says_so(void **state)
{
    (void)state;
    replsvc_group_ref g = {"grp-1"};
    replsvc_element_ref e = {"elem-1"};
    assert_refused(replsvc_create_group(NULL, NULL, NULL, 0, ABSENT, ABSENT, ABSENT, NULL, &g, NULL),
                   REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_delete_group(NULL, &g, NULL, ABSENT, NULL), REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_add_members(NULL, &e, 1, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_remove_members(NULL, &e, 1, ABSENT, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "service");
}

/* ---- DeleteGroup ---- */

static void deleting_a_group_leaves_its_elements(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 3);
    replsvc_element_info info = {.size = sizeof info};
    assert_done(replsvc_delete_group(w->svc, &g, NULL, YES, NULL));
    assert_no_group(w, &g);
    for (size_t i = 0; i < 3; i++)
        assert_done(replsvc_element_get_info(w->svc, &w->elements[i], &info));
    assert_done(replsvc_element_unregister(w->svc, &w->elements[0], false));
    service_world_reopen(w);
    assert_no_group(w, &g);
}

static void remove_elements_false_deletes_only_an_empty_group(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref full = make(w, "full", 2), empty = make(w, "empty", 0), other = make(w, "other", 2);
    assert_refused(replsvc_delete_group(w->svc, &full, NULL, NO, NULL), REPLSVC_IN_USE, "RemoveElements");
    assert_int_equal(info_of(w, &full).member_count, 2);
    assert_done(replsvc_delete_group(w->svc, &empty, NULL, NO, NULL));
    assert_done(replsvc_delete_group(w->svc, &other, NULL, ABSENT, NULL));
    assert_refused(replsvc_delete_group(w->svc, &full, NULL, (replsvc_opt_bool)-1, NULL),
                   REPLSVC_INVALID_PARAMETER, "RemoveElements");
    assert_done(replsvc_delete_group(w->svc, &full, NULL, YES, NULL));
}

static void deleting_a_group_that_is_gone_says_so(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 1), foreign, unterminated, absent = {""};
    assert_done(replsvc_delete_group(w->svc, &g, NULL, ABSENT, NULL));
    memcpy(foreign.id, w->elements[0].id, sizeof foreign.id);
    memset(unterminated.id, 'g', sizeof unterminated.id);
    const replsvc_group_ref *bad[] = {&g, &foreign, &unterminated, &absent, NULL};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(replsvc_delete_group(w->svc, bad[i], NULL, ABSENT, NULL), REPLSVC_INVALID_PARAMETER,
                       "ReplicationGroup");
}

/* ---- AddMembers ---- */

static void members_are_added_at_the_end_in_order(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 2);
    replsvc_element_ref more[] = {w->elements[4], w->elements[2]};
    assert_done(replsvc_add_members(w->svc, more, 2, &g, NULL, NULL));
    static const size_t expected[] = {0, 1, 4, 2};
    assert_members(w, &g, expected, 4);
    service_world_reopen(w);
    assert_members(w, &g, expected, 4);
}

static void all_members_are_added_or_none(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 2);
    replsvc_element_ref again[] = {w->elements[3], w->elements[1]},
                        twice[] = {w->elements[3], w->elements[3]};
    assert_refused(replsvc_add_members(w->svc, again, 2, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Members");
    assert_refused(replsvc_add_members(w->svc, twice, 2, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Members");
    assert_refused(replsvc_add_members(w->svc, NULL, 0, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Members");
    assert_refused(replsvc_add_members(w->svc, NULL, 1, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Members");
    static const size_t expected[] = {0, 1};
    assert_members(w, &g, expected, 2);
}

static void adding_to_a_group_that_is_not_there_answers_7(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 1), foreign, unterminated, absent = {""};
    assert_done(replsvc_delete_group(w->svc, &g, NULL, ABSENT, NULL));
    memcpy(foreign.id, w->elements[0].id, sizeof foreign.id);
    memset(unterminated.id, 'g', sizeof unterminated.id);
    const replsvc_group_ref *gone[] = {&g, &foreign}, *none[] = {&unterminated, &absent, NULL};
    for (size_t i = 0; i < 2; i++) {
        assert_refused(replsvc_add_members(w->svc, w->elements, 1, gone[i], NULL, NULL),
                       REPLSVC_MEMBERS_NO_SUCH_GROUP, "ReplicationGroup");
        assert_refused(replsvc_remove_members(w->svc, w->elements, 1, ABSENT, gone[i], NULL, NULL),
                       REPLSVC_MEMBERS_NO_SUCH_GROUP, "ReplicationGroup");
    }
    for (size_t i = 0; i < 3; i++) {
        assert_refused(replsvc_add_members(w->svc, w->elements, 1, none[i], NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "ReplicationGroup");
        assert_refused(replsvc_remove_members(w->svc, w->elements, 1, ABSENT, none[i], NULL, NULL),
                       REPLSVC_INVALID_PARAMETER, "ReplicationGroup");
    }
}

/* ---- RemoveMembers ---- */

static void the_others_stay_in_order_when_members_go(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 5);
    replsvc_element_ref going[] = {w->elements[3], w->elements[0]};
    assert_done(replsvc_remove_members(w->svc, going, 2, ABSENT, &g, NULL, NULL));
    static const size_t expected[] = {1, 2, 4};
    assert_members(w, &g, expected, 3);
    service_world_reopen(w);
    assert_members(w, &g, expected, 3);
    assert_done(replsvc_element_unregister(w->svc, &w->elements[0], false));
}

static void removing_what_is_no_member_answers_8_and_removes_none(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 2);
    replsvc_element_ref going[] = {w->elements[0], w->elements[4]},
                        twice[] = {w->elements[0], w->elements[0]};
    assert_refused(replsvc_remove_members(w->svc, going, 2, ABSENT, &g, NULL, NULL),
                   REPLSVC_MEMBERS_NOT_A_MEMBER, "Members");
    assert_refused(replsvc_remove_members(w->svc, twice, 2, ABSENT, &g, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Members");
    assert_refused(replsvc_remove_members(w->svc, NULL, 0, ABSENT, &g, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "Members");
    assert_refused(replsvc_remove_members(w->svc, going, 1, (replsvc_opt_bool)9, &g, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "DeleteOnEmptyElement");
    static const size_t expected[] = {0, 1};
    assert_members(w, &g, expected, 2);
}

/* The call's flag, where it is given, overrides the group's. */
static void an_emptied_group_goes_if_it_is_to(void **state)
{
    struct service_world *w = *state;
    static const struct {
        replsvc_opt_bool of_group, of_call;
        bool goes;
    } cases[] = {{ABSENT, ABSENT, false}, {NO, ABSENT, false}, {YES, ABSENT, true},
                 {YES, NO, false},        {NO, YES, true},     {ABSENT, YES, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replsvc_group_ref g;
        assert_done(replsvc_create_group(w->svc, NULL, w->elements, 2, ABSENT, cases[i].of_group, ABSENT,
                                         NULL, &g, NULL));
        assert_done(replsvc_remove_members(w->svc, w->elements, 1, cases[i].of_call, &g, NULL, NULL));
        assert_int_equal(info_of(w, &g).member_count, 1);
        assert_done(replsvc_remove_members(w->svc, &w->elements[1], 1, cases[i].of_call, &g, NULL, NULL));
        for (int round = 0; round < 2; round++) {
            if (cases[i].goes)
                assert_no_group(w, &g);
            else
                assert_int_equal(info_of(w, &g).member_count, 0);
            service_world_reopen(w);
        }
    }
}

/* ---- looking ---- */

static void groups_are_found_by_name_and_by_id(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "alpha", 1), found;
    assert_done(replsvc_group_find(w->svc, "alpha", &found));
    assert_string_equal(found.id, g.id);
    assert_done(replsvc_group_find(w->svc, g.id, &found));
    assert_string_equal(found.id, g.id);
    assert_refused(replsvc_group_find(w->svc, "beta", &found), REPLSVC_INVALID_PARAMETER, "Name");
    assert_refused(replsvc_group_find(w->svc, NULL, &found), REPLSVC_INVALID_PARAMETER, "Name");
    assert_refused(replsvc_group_find(w->svc, "alpha", NULL), REPLSVC_INVALID_PARAMETER, "");
}

static void groups_are_listed_in_order_of_creation(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref made[4], *list;
    size_t n;
    for (int i = 0; i < 4; i++)
        made[i] = make(w, NULL, 1);
    assert_done(replsvc_delete_group(w->svc, &made[1], NULL, ABSENT, NULL));
    assert_done(replsvc_add_members(w->svc, &w->elements[2], 1, &made[0], NULL, NULL));
    for (int round = 0; round < 2; round++) {
        assert_done(replsvc_group_list(w->svc, &list, &n));
        assert_int_equal(n, 3);
        assert_string_equal(list[0].id, made[0].id);
        assert_string_equal(list[1].id, made[2].id);
        assert_string_equal(list[2].id, made[3].id);
        replsvc_free(list);
        service_world_reopen(w);
    }
    assert_refused(replsvc_group_list(w->svc, NULL, &n), REPLSVC_INVALID_PARAMETER, "groups");
}

static void an_info_of_an_older_client_is_filled_as_far_as_it_goes(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 2);
    replsvc_group_info info;
    memset(&info, 0x55, sizeof info);
    info.size = (uint32_t)offsetof(replsvc_group_info, persistent);
    assert_done(replsvc_group_get_info(w->svc, &g, &info));
    assert_int_equal(info.member_count, 2);
    assert_string_equal(info.name, "g");
    unsigned char beyond;
    memcpy(&beyond, &info.persistent, 1);
    assert_int_equal(beyond, 0x55);
    info.size = 0;
    assert_refused(replsvc_group_get_info(w->svc, &g, &info), REPLSVC_INVALID_PARAMETER, "info");
    assert_refused(replsvc_group_get_info(w->svc, &g, NULL), REPLSVC_INVALID_PARAMETER, "info");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_order_of_members_is_kept_also_after_a_restart),
        TEST(a_group_without_members_is_allowed),
        TEST(a_group_without_a_name_gets_one_that_nobody_has),
        TEST(a_name_that_is_taken_is_refused),
        TEST(names_that_are_no_names_are_refused),
        TEST(the_three_flags_are_tri_state),
        TEST(a_flag_that_is_neither_is_refused),
        TEST(an_element_is_in_a_group_once),
        TEST(an_element_may_be_in_many_groups),
        TEST(references_that_name_no_element_are_refused),
        TEST(groups_on_other_systems_are_not_supported),
        TEST(setting_data_is_read_and_refused_where_it_is_wrong),
        TEST(a_reservation_is_kept_and_its_value_checked),
        TEST(the_place_for_the_group_may_be_null),
        TEST(without_a_service_every_method_says_so),
        TEST(deleting_a_group_leaves_its_elements),
        TEST(remove_elements_false_deletes_only_an_empty_group),
        TEST(deleting_a_group_that_is_gone_says_so),
        TEST(members_are_added_at_the_end_in_order),
        TEST(all_members_are_added_or_none),
        TEST(adding_to_a_group_that_is_not_there_answers_7),
        TEST(the_others_stay_in_order_when_members_go),
        TEST(removing_what_is_no_member_answers_8_and_removes_none),
        TEST(an_emptied_group_goes_if_it_is_to),
        TEST(groups_are_found_by_name_and_by_id),
        TEST(groups_are_listed_in_order_of_creation),
        TEST(an_info_of_an_older_client_is_filled_as_far_as_it_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
