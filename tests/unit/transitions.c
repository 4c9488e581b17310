/* SPDX-License-Identifier: BSD-2-Clause */
/* The CopyState table: spot checks of its rules, and a comparison with the specification's table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include <replsvc/enums.h>

#include "service/transitions.h"
#include "support/spec.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define NO_VALUE 0xffff

static bool is_state(uint16_t state)
{
    return state >= STATE(INITIALIZED) && state <= STATE(RESTORED) && state != STATE(MIXED) &&
           state != STATE(NOT_APPLICABLE);
}

static void an_operation_that_a_sync_type_lacks_has_no_row(void **unused)
{
    (void)unused;
    assert_null(transition_find(OP(FAILOVER), CLONE, false));
    assert_null(transition_find(OP(ABORT), SNAPSHOT, false));
    assert_null(transition_find(OP(RETURN_TO_RESOURCEPOOL), MIRROR, false));
    assert_null(transition_find(OP(RESET_TO_ACTIVE), MIRROR, false));
    assert_null(transition_find(OP(DETACH), REPLSVC_SYNC_TYPE_TOKENIZEDCLONE, false));
    assert_null(transition_find(0, CLONE, false));
    assert_null(transition_find(28, CLONE, true));
    assert_null(transition_find(OP(DETACH), 0xffff, false));
}

static void group_operations_are_for_groups_only(void **unused)
{
    (void)unused;
    for (uint16_t type = MIRROR; type <= CLONE; type++) {
        assert_null(transition_find(OP(ADDSYNCPAIR), type, false));
        assert_non_null(transition_find(OP(ADDSYNCPAIR), type, true));
        assert_non_null(transition_find(OP(ACTIVATE_CONSISTENCY), type, true));
        assert_non_null(transition_find(OP(DETACH), type, true));
    }
}

static void detach_of_an_unfinished_copy_needs_force(void **unused)
{
    (void)unused;
    bool force = false;
    assert_true(transition_allowed(OP(DETACH), CLONE, false, STATE(UNSYNCHRONIZED), &force));
    assert_true(force);
    assert_true(transition_allowed(OP(DETACH), CLONE, false, STATE(SYNCHRONIZED), &force));
    assert_false(force);
}

static void dissolve_of_a_snapshot_always_needs_force(void **unused)
{
    (void)unused;
    bool force;
    for (uint16_t state = 0; state < 40; state++) {
        assert_int_equal(transition_allowed(OP(DISSOLVE), SNAPSHOT, false, state, &force), is_state(state));
        if (is_state(state))
            assert_true(force);
    }
    assert_true(transition_allowed(OP(DISSOLVE), SNAPSHOT, true, STATE(MIXED), &force));
    assert_true(force);
}

static void a_mixed_group_takes_what_is_legal_in_any_state(void **unused)
{
    (void)unused;
    bool force = true;
    assert_true(transition_allowed(OP(DETACH), MIRROR, true, STATE(MIXED), &force));
    assert_false(force);
    assert_true(transition_allowed(OP(REMOVESYNCPAIR), MIRROR, true, STATE(MIXED), &force));
    assert_false(transition_allowed(OP(SPLIT), MIRROR, true, STATE(MIXED), &force));
    assert_false(transition_allowed(OP(RESET_TO_SYNC), MIRROR, true, STATE(MIXED), &force));
    assert_false(transition_allowed(OP(DETACH), MIRROR, false, STATE(MIXED), &force));
}

static void reverse_roles_ends_suspended_only_after_a_failover(void **unused)
{
    (void)unused;
    const struct transition *t = transition_from(OP(REVERSE_ROLES), MIRROR, false, STATE(FAILEDOVER));
    assert_int_equal(transition_end_state(t, STATE(FAILEDOVER)), STATE(SUSPENDED));
    t = transition_from(OP(REVERSE_ROLES), MIRROR, false, STATE(SPLIT));
    assert_int_equal(transition_end_state(t, STATE(SPLIT)), STATE(SPLIT));
    assert_null(transition_from(OP(REVERSE_ROLES), MIRROR, false, STATE(SUSPENDED)));
}

static void a_state_without_meaning_allows_nothing(void **unused)
{
    (void)unused;
    for (uint16_t op = 0; op < 40; op++) {
        assert_false(transition_allowed(op, MIRROR, true, 0, NULL));
        assert_false(transition_allowed(op, MIRROR, true, STATE(NOT_APPLICABLE), NULL));
        assert_false(transition_allowed(op, MIRROR, true, 32, NULL));
        assert_false(transition_allowed(op, MIRROR, true, 0xffff, NULL));
    }
}

static void rows_of_one_operation_have_disjoint_states(void **unused)
{
    (void)unused;
    size_t n;
    const struct transition *t = transition_table(&n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(t[i].from & t[i].from_forced, 0);
        for (size_t j = i + 1; j < n; j++)
            if (t[i].operation == t[j].operation && (t[i].sync_types & t[j].sync_types) != 0)
                assert_int_equal((t[i].from | t[i].from_forced) & (t[j].from | t[j].from_forced), 0);
    }
}

static uint16_t value_of(const char *(*name)(uint16_t), const char *text)
{
    for (uint16_t value = 0; value < 64; value++)
        if (strcmp(name(value), text) == 0)
            return value;
    return NO_VALUE;
}

static void names_are_those_of_the_schema(void **unused)
{
    (void)unused;
    FILE *f = spec_open("cim/values.tsv");
    if (f == NULL)
        skip();
    char line[4096], *field[5];
    int compared = 0;
    while (spec_row(f, line, sizeof(line), field, 5) >= 0) {
        const char *name = NULL;
        if (strspn(field[3], "0123456789") != strlen(field[3]))
            continue;
        uint16_t value = (uint16_t)atoi(field[3]);
        if (strcmp(field[1], "ModifyReplicaSynchronization") == 0 && strcmp(field[2], "Operation") == 0)
            name = operation_name(value);
        else if (strcmp(field[0], "CIM_Synchronized") != 0)
            continue;
        else if (strcmp(field[1], "CopyState") == 0)
            name = copy_state_name(value);
        else if (strcmp(field[1], "ProgressStatus") == 0)
            name = progress_status_name(value);
        else if (strcmp(field[1], "SyncType") == 0)
            name = sync_type_name(value);
        else if (strcmp(field[1], "Mode") == 0 && value != 0)
            name = mode_name(value);
        if (name != NULL && strcmp(field[4], "DMTF Reserved") != 0) {
            assert_string_equal(name, field[4]);
            compared++;
        }
    }
    fclose(f);
    assert_true(compared > 70);
}

/* The states of one "from" cell: *normal without Force, *forced with Force only. */
static void read_from(const char *cell, uint32_t *normal, uint32_t *forced)
{
    char text[512], *save = NULL;
    snprintf(text, sizeof(text), "%s", cell);
    uint32_t any = 0;
    for (uint16_t state = 0; state < 32; state++)
        any |= is_state(state) ? UINT32_C(1) << state : 0;
    *normal = *forced = 0;
    for (char *word = strtok_r(text, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(word, ':');
        if (colon != NULL)
            *colon = '\0';
        const bool except = word[0] == '-';
        uint32_t set = any;
        if (strcmp(word, "*") != 0) {
            uint16_t state = value_of(copy_state_name, word + except);
            assert_int_not_equal(state, NO_VALUE);
            set = UINT32_C(1) << state;
        }
        if (except)
            *normal &= ~set;
        else
            *(colon != NULL ? forced : normal) |= set;
    }
}

static uint16_t read_sync_types(const char *cell)
{
    uint16_t types = 0;
    types |= strchr(cell, 'M') != NULL ? 1u << MIRROR : 0;
    types |= strchr(cell, 'S') != NULL ? 1u << SNAPSHOT : 0;
    types |= strchr(cell, 'C') != NULL ? 1u << CLONE : 0;
    return types;
}

static uint16_t read_end(const char *cell)
{
    if (strcmp(cell, "same") == 0)
        return TRANSITION_ENDS_SAME;
    if (strcmp(cell, "gone") == 0)
        return TRANSITION_ENDS_GONE;
    uint16_t state = value_of(copy_state_name, cell);
    assert_int_not_equal(state, NO_VALUE);
    return state;
}

static void the_table_is_the_specification_s(void **unused)
{
    (void)unused;
    FILE *f = spec_open("cim/transitions.tsv");
    if (f == NULL)
        skip();
    size_t n, rows = 0;
    const struct transition *table = transition_table(&n);
    char line[4096], *field[6];
    while (spec_row(f, line, sizeof(line), field, 6) >= 0) {
        uint16_t operation = (uint16_t)atoi(field[1]);
        assert_string_equal(operation_name(operation), field[0]);
        if (strcmp(field[5], "not supported") == 0) {
            for (uint16_t type = 0; type < 16; type++)
                assert_null(transition_find(operation, type, true));
            continue;
        }
        uint32_t from, forced;
        read_from(field[3], &from, &forced);
        uint16_t types = strcmp(field[2], "group") == 0 ? 0 : read_sync_types(field[2]);
        uint16_t runs = field[4][0] == '\0' ? 0 : value_of(progress_status_name, field[4]);
        bool found = false;
        for (size_t i = 0; i < n; i++)
            found = found || (table[i].operation == operation && table[i].sync_types == types &&
                              table[i].from == from && table[i].from_forced == forced &&
                              table[i].progress_status == runs && table[i].ends_in == read_end(field[5]));
        if (!found)
            fail_msg("no such row: %s for %s", field[0], field[2]);
        rows++;
    }
    fclose(f);
    assert_int_equal(rows, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operation_that_a_sync_type_lacks_has_no_row),
        cmocka_unit_test(group_operations_are_for_groups_only),
        cmocka_unit_test(detach_of_an_unfinished_copy_needs_force),
        cmocka_unit_test(dissolve_of_a_snapshot_always_needs_force),
        cmocka_unit_test(a_mixed_group_takes_what_is_legal_in_any_state),
        cmocka_unit_test(reverse_roles_ends_suspended_only_after_a_failover),
        cmocka_unit_test(a_state_without_meaning_allows_nothing),
        cmocka_unit_test(rows_of_one_operation_have_disjoint_states),
        cmocka_unit_test(names_are_those_of_the_schema),
        cmocka_unit_test(the_table_is_the_specification_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
