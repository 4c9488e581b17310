/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SupportedSynchronousActions and SupportedAsynchronousActions tell the truth: each method is called, and
 * ends well within the call exactly if the first lists it; what starts a job is in the second, and what is in
 * neither answers Not Supported.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/file_world.h"

#define BLOCKS 64
#define ACTION(name) REPLSVC_SYNCHRONOUS_ACTION_##name
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define DONE REPLSVC_COPY_STATE_SYNCHRONIZED
#define ABSENT REPLSVC_BOOL_ABSENT
#define FIRST ACTION(CREATEELEMENTREPLICA)
#define LAST ACTION(CREATELISTSYNCHRONIZATIONASPECT)

/* What a method may need: images 0–3, and the arguments that most calls share. */
struct stage {
    struct file_world w;
    replsvc_service *svc;
    replsvc_element_ref *e;
    replsvc_job_ref job;
};

static replsvc_sync_ref pair(struct stage *s, uint16_t sync_type, size_t from, size_t to)
{
    replsvc_sync_ref sync;
    assert_done(replsvc_create_element_replica(s->svc, NULL, sync_type, 0, &s->e[from], NULL, &s->e[to], NULL,
                                               NULL, NULL, &sync, NULL, NULL, DONE, NULL, NULL, 0));
    return sync;
}

static replsvc_group_ref group(struct stage *s, const char *name, size_t from, size_t n)
{
    replsvc_group_ref g;
    assert_done(replsvc_create_group(s->svc, name, s->e + from, n, ABSENT, ABSENT, ABSENT, NULL, &g, NULL));
    return g;
}

static replsvc_access_point_ref access_point(struct stage *s, const char *text)
{
    replsvc_access_point_ref ap;
    assert_done(replsvc_add_service_access_point(s->svc, text, NULL, &ap));
    return ap;
}

#define HERE "instance of CIM_RemoteServiceAccessPoint { AccessInfo = \"nbd://a/\"; SystemName = \"A\"; };"
#define THERE "instance of CIM_RemoteServiceAccessPoint { AccessInfo = \"nbd://b/\"; SystemName = \"B\"; };"
#define THERE2 "instance of CIM_RemoteServiceAccessPoint { AccessInfo = \"nbd://b2/\"; SystemName = \"B\"; };"

static replsvc_collection_ref collection(struct stage *s)
{
    replsvc_collection_ref k;
    replsvc_access_point_ref remote[] = {access_point(s, THERE), access_point(s, THERE2)};
    assert_done(replsvc_create_remote_replication_collection(s->svc, "paths", NULL, 0, remote, 2, NULL,
                                                             ABSENT, ABSENT, NULL, &k, NULL));
    return k;
}

static replsvc_settings_state_ref aspect(struct stage *s)
{
    replsvc_settings_state_ref state;
    assert_done(replsvc_create_synchronization_aspect(s->svc, "point", SNAPSHOT, 0, NULL, &s->e[0], NULL, 0,
                                                      NULL, NULL, &state));
    return state;
}

static uint32_t create_replicas(struct stage *s, uint16_t action)
{
    replsvc_sync_ref sync, *syncs, pairs[2];
    replsvc_group_ref from, to = {""};
    size_t n;
    uint32_t ret;
    switch (action) {
    case ACTION(CREATEELEMENTREPLICA):
        return replsvc_create_element_replica(s->svc, NULL, CLONE, 0, &s->e[0], NULL, &s->e[1], NULL, NULL,
                                              &s->job, &sync, NULL, NULL, DONE, NULL, NULL, 0);
    case ACTION(CREATEGROUPREPLICA):
        from = group(s, "from", 0, 2);
        to = group(s, "to", 2, 2);
        return replsvc_create_group_replica(s->svc, NULL, CLONE, 0, &from, NULL, NULL, &to, 0, NULL, 0, NULL,
                                            &s->job, &sync, NULL, NULL, DONE);
    case ACTION(CREATELISTREPLICA):
        ret = replsvc_create_list_replica(s->svc, NULL, 0, CLONE, 0, s->e, 2, NULL, s->e + 2, 2, NULL, NULL,
                                          &s->job, &syncs, &n, NULL, NULL, DONE, NULL, 0, NULL, 0);
        if (ret == REPLSVC_OK)
            replsvc_free(syncs);
        return ret;
    case ACTION(CREATEGROUPREPLICAFROMELEMENTS):
        from.id[0] = '\0';
        return replsvc_create_group_replica_from_elements(
            s->svc, NULL, CLONE, 0, &from, s->e, 2, NULL, NULL, &to, NULL, s->e + 2, 2, NULL, 0, NULL, 0,
            NULL, &s->job, &sync, NULL, NULL, NULL, 0, DONE, NULL, NULL, 0);
    default:
        pairs[0] = pair(s, CLONE, 0, 2);
        pairs[1] = pair(s, CLONE, 1, 3);
        from.id[0] = '\0';
        return replsvc_create_group_replica_from_element_synchronizations(
            s->svc, NULL, pairs, 2, NULL, &from, NULL, NULL, &to, NULL, 0, NULL, &s->job, &sync, 0);
    }
}

static uint32_t modify_replicas(struct stage *s, uint16_t action)
{
    replsvc_sync_ref *changed, sync;
    size_t n;
    uint32_t ret;
    switch (action) {
    case ACTION(MODIFYREPLICASYNCHRONIZATION):
        sync = pair(s, CLONE, 0, 1);
        return replsvc_modify_replica_synchronization(s->svc, REPLSVC_OPERATION_SPLIT, &sync, NULL, NULL, 0,
                                                      &s->job, NULL, ABSENT, REPLSVC_COPY_STATE_SPLIT, NULL);
    case ACTION(MODIFYLISTSYNCHRONIZATION):
        sync = pair(s, CLONE, 0, 1);
        ret = replsvc_modify_list_synchronization(s->svc, REPLSVC_OPERATION_SPLIT, &sync, 1, NULL, &s->job,
                                                  NULL, NULL, ABSENT, REPLSVC_COPY_STATE_SPLIT, &changed, &n);
        if (ret == REPLSVC_OK)
            replsvc_free(changed);
        return ret;
    case ACTION(ADDELEMENTSTOGROUPSYNCHRONIZED): {
        replsvc_group_ref from = group(s, "from", 0, 1), to = group(s, "to", 1, 1);
        assert_done(replsvc_create_group_replica(s->svc, NULL, CLONE, 0, &from, NULL, NULL, &to, 0, NULL, 0,
                                                 NULL, NULL, &sync, NULL, NULL, DONE));
        ret = replsvc_add_elements_to_group_synchronized(s->svc, &sync, s->e + 2, 1, s->e + 3, 1, NULL, NULL,
                                                         0, NULL, &s->job, &changed, &n, DONE);
        if (ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED)
            replsvc_free(changed);
        return ret;
    }
    default:
        sync = pair(s, MIRROR, 0, 1);
        ret = replsvc_confirm_target_data(s->svc, &sync, NULL, NULL, NULL, &s->job, NULL, 0);
        if (ret == REPLSVC_JOB_STARTED)
            assert_done(replsvc_job_wait(s->svc, &s->job, -1));
        return ret;
    }
}

static uint32_t manage_groups(struct stage *s, uint16_t action)
{
    replsvc_group_ref g;
    if (action == ACTION(CREATEGROUP))
        return replsvc_create_group(s->svc, "g", s->e, 2, ABSENT, ABSENT, ABSENT, NULL, &g, NULL);
    g = group(s, "g", 0, 2);
    if (action == ACTION(DELETEGROUP))
        return replsvc_delete_group(s->svc, &g, NULL, ABSENT, NULL);
    if (action == ACTION(ADDMEMBERS))
        return replsvc_add_members(s->svc, s->e + 2, 2, &g, NULL, NULL);
    return replsvc_remove_members(s->svc, s->e, 1, ABSENT, &g, NULL, NULL);
}

static uint32_t use_aspects(struct stage *s, uint16_t action)
{
    static const char *const names[] = {"a", "b"};
    replsvc_settings_state_ref state, *states;
    replsvc_sync_ref sync, *syncs;
    replsvc_aspect_ref *aspects;
    char **texts;
    size_t n;
    void *list = NULL;
    uint32_t ret;
    if (action == ACTION(CREATELISTSYNCHRONIZATIONASPECT)) {
        ret = replsvc_create_list_synchronization_aspect(s->svc, names, 2, SNAPSHOT, 0, s->e, 2, NULL, 0,
                                                         NULL, &s->job, &states, &n);
        list = ret == REPLSVC_OK ? (void *)states : NULL;
        replsvc_free(list);
        return ret;
    }
    if (action == ACTION(CREATESYNCHRONIZATIONASPECT))
        return replsvc_create_synchronization_aspect(s->svc, "p", SNAPSHOT, 0, NULL, &s->e[0], NULL, 0, NULL,
                                                     &s->job, &state);
    state = aspect(s);
    switch (action) {
    case ACTION(MODIFYSETTINGSDEFINESTATE):
        return replsvc_modify_settings_define_state(s->svc, REPLSVC_SETTINGS_STATE_OPERATION_COPY_TO_TARGET,
                                                    &state, NULL, NULL, 0, NULL, &sync, NULL, &s->job, NULL,
                                                    NULL, DONE, NULL, NULL, 0);
    case ACTION(MODIFYLISTSETTINGSDEFINESTATE):
        ret = replsvc_modify_list_settings_define_state(
            s->svc, REPLSVC_SETTINGS_STATE_OPERATION_COPY_TO_TARGET, &state, 1, NULL, 0, NULL, 0, 0, NULL,
            &syncs, &n, NULL, &s->job, NULL, 0, NULL, 0, DONE, NULL, 0, NULL, 0);
        list = ret == REPLSVC_OK ? (void *)syncs : NULL;
        break;
    case ACTION(GETSYNCHRONIZATIONASPECTS):
        ret = replsvc_get_synchronization_aspects(s->svc, 0, 0, 0, 0, &s->job, ABSENT, NULL, &aspects, &n);
        list = ret == REPLSVC_OK ? (void *)aspects : NULL;
        break;
    default:
        ret = replsvc_get_synchronization_aspect_instances(s->svc, 0, 0, 0, 0, &s->job, ABSENT, NULL, &texts,
                                                           &n);
        list = ret == REPLSVC_OK ? (void *)texts : NULL;
    }
    if (ret == REPLSVC_OK)
        assert_int_equal(n, 1);
    replsvc_free(list);
    return ret;
}

static uint32_t ask(struct stage *s, uint16_t action)
{
    replsvc_access_point_ref there = access_point(s, THERE), *points;
    replsvc_access_point_info info = {.size = sizeof(info)};
    replsvc_system_ref system, *systems;
    replsvc_element_ref *candidates;
    replsvc_sync_ref *syncs;
    char **texts;
    size_t n, wanted = 1;
    void *list = NULL;
    uint32_t ret;
    (void)pair(s, CLONE, 0, 1);
    assert_done(replsvc_access_point_get_info(s->svc, &there, &info));
    memcpy(system.id, info.system, sizeof(system.id));
    switch (action) {
    case ACTION(GETAVAILABLETARGETELEMENTS):
        ret = replsvc_get_available_target_elements(s->svc, &s->e[0], CLONE, 0, NULL, NULL, NULL, NULL, 0,
                                                    &s->job, &candidates, &n, 0);
        list = ret == REPLSVC_OK ? (void *)candidates : NULL;
        wanted = 2;
        break;
    case ACTION(GETPEERSYSTEMS):
        ret = replsvc_get_peer_systems(s->svc, 0, &s->job, &systems, &n, NULL, NULL, NULL, NULL);
        list = ret == REPLSVC_OK ? (void *)systems : NULL;
        break;
    case ACTION(GETSERVICEACCESSPOINTS):
        ret = replsvc_get_service_access_points(s->svc, &system, &s->job, &points, &n);
        list = ret == REPLSVC_OK ? (void *)points : NULL;
        break;
    case ACTION(GETREPLICATIONRELATIONSHIPS):
        ret = replsvc_get_replication_relationships(s->svc, 0, 0, 0, 0, 0, &s->job, &syncs, &n, NULL);
        list = ret == REPLSVC_OK ? (void *)syncs : NULL;
        break;
    default:
        ret =
            replsvc_get_replication_relationship_instances(s->svc, 0, 0, 0, 0, 0, &s->job, &texts, &n, NULL);
        list = ret == REPLSVC_OK ? (void *)texts : NULL;
    }
    if (ret == REPLSVC_OK)
        assert_int_equal(n, wanted);
    replsvc_free(list);
    return ret;
}

static uint32_t tell_of_systems(struct stage *s, uint16_t action)
{
    replsvc_access_point_ref ap;
    replsvc_secret_ref secret;
    replsvc_entity_ref entity;
    replsvc_collection_ref k;
    switch (action) {
    case ACTION(ADDSERVICEACCESSPOINT):
        return replsvc_add_service_access_point(s->svc, THERE, NULL, &ap);
    case ACTION(ADDSHAREDSECRET):
        ap = access_point(s, THERE);
        return replsvc_add_shared_secret(
            s->svc, "instance of CIM_SharedSecret { RemoteID = \"me\"; Secret = \"s\"; };", &ap, NULL,
            &secret);
    case ACTION(ADDREPLICATIONENTITY):
        return replsvc_add_replication_entity(s->svc,
                                              "instance of CIM_ReplicationEntity { Type = 1; "
                                              "OtherTypeDescription = \"tape\"; EntityID = \"T\"; };",
                                              ABSENT, NULL, &entity);
    case ACTION(CREATEREMOTEREPLICATIONCOLLECTION):
        ap = access_point(s, THERE);
        return replsvc_create_remote_replication_collection(s->svc, "k", NULL, 0, &ap, 1, NULL, ABSENT,
                                                            ABSENT, &s->job, &k, NULL);
    case ACTION(ADDTOREMOTEREPLICATIONCOLLECTION):
        k = collection(s);
        ap = access_point(s, HERE);
        return replsvc_add_to_remote_replication_collection(s->svc, &ap, 1, NULL, 0, NULL, &s->job, &k);
    default: {
        replsvc_access_point_ref *local, *remote;
        size_t n_local, n;
        k = collection(s);
        assert_done(replsvc_collection_get_access_points(s->svc, &k, &local, &n_local, &remote, &n));
        uint32_t ret =
            replsvc_remove_from_remote_replication_collection(s->svc, NULL, 0, remote, 1, NULL, &s->job, &k);
        replsvc_free(local);
        replsvc_free(remote);
        return ret;
    }
    }
}

static uint32_t try_action(struct stage *s, uint16_t action)
{
    switch (action) {
    case ACTION(CREATEELEMENTREPLICA):
    case ACTION(CREATEGROUPREPLICA):
    case ACTION(CREATELISTREPLICA):
    case ACTION(CREATEGROUPREPLICAFROMELEMENTS):
    case ACTION(CREATEGROUPREPLICAFROMELEMENTSYNCHRONIZATIONS):
        return create_replicas(s, action);
    case ACTION(MODIFYREPLICASYNCHRONIZATION):
    case ACTION(MODIFYLISTSYNCHRONIZATION):
    case ACTION(ADDELEMENTSTOGROUPSYNCHRONIZED):
    case ACTION(CONFIRMTARGETDATA):
        return modify_replicas(s, action);
    case ACTION(CREATEGROUP):
    case ACTION(DELETEGROUP):
    case ACTION(ADDMEMBERS):
    case ACTION(REMOVEMEMBERS):
        return manage_groups(s, action);
    case ACTION(CREATESYNCHRONIZATIONASPECT):
    case ACTION(CREATELISTSYNCHRONIZATIONASPECT):
    case ACTION(MODIFYSETTINGSDEFINESTATE):
    case ACTION(MODIFYLISTSETTINGSDEFINESTATE):
    case ACTION(GETSYNCHRONIZATIONASPECTS):
    case ACTION(GETSYNCHRONIZATIONASPECTINSTANCES):
        return use_aspects(s, action);
    case ACTION(GETAVAILABLETARGETELEMENTS):
    case ACTION(GETPEERSYSTEMS):
    case ACTION(GETSERVICEACCESSPOINTS):
    case ACTION(GETREPLICATIONRELATIONSHIPS):
    case ACTION(GETREPLICATIONRELATIONSHIPINSTANCES):
        return ask(s, action);
    default:
        return tell_of_systems(s, action);
    }
}

static bool listed(const uint16_t *list, size_t n, uint16_t value)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void every_action_ends_as_the_capabilities_say(void **state)
{
    (void)state;
    for (uint16_t action = FIRST; action <= LAST; action++) {
        struct stage s = {.job = {"x"}};
        uint16_t *within, *later;
        size_t n_within, n_later;
        file_world_make(&s.w, 4, BLOCKS);
        s.svc = s.w.svc;
        s.e = s.w.elements;
        assert_done(replsvc_get_supported_synchronous_actions(s.svc, &within, &n_within));
        assert_done(replsvc_get_supported_asynchronous_actions(s.svc, &later, &n_later));
        uint32_t ret = try_action(&s, action);
        uint32_t expected = listed(within, n_within, action) ? REPLSVC_OK
                            : listed(later, n_later, action) ? REPLSVC_JOB_STARTED
                                                             : REPLSVC_NOT_SUPPORTED;
        if (ret != expected)
            fail_msg("action %u: %u, not %u: %s", action, ret, expected, replsvc_last_error()->message);
        replsvc_free(within);
        replsvc_free(later);
        file_world_free(&s.w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_ends_as_the_capabilities_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
