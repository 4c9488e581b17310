/* SPDX-License-Identifier: BSD-2-Clause */
/* Remote replication collections and replication entities: what is kept, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/service_world.h"

#define N_POINTS 6 /* 0, 1: of this system; 2, 3: of system B; 4: of system C; 5: of none */

struct bed {
    struct service_world w;
    replsvc_access_point_ref ap[N_POINTS];
    replsvc_system_ref b, c;
};

static int setup(void **state)
{
    static struct bed bed;
    static const char *const properties[N_POINTS] = {"AccessInfo = \"nbd://here1/\"; SystemName = \"A\";",
                                                     "AccessInfo = \"nbd://here2/\"; SystemName = \"A\";",
                                                     "AccessInfo = \"nbd://there1/\"; SystemName = \"B\";",
                                                     "AccessInfo = \"nbd://there2/\"; SystemName = \"B\";",
                                                     "AccessInfo = \"nbd://elsewhere/\"; SystemName = \"C\";",
                                                     "AccessInfo = \"rbd:pool/image\";"};
    service_world_make(&bed.w, 1, 4096);
    for (size_t i = 0; i < N_POINTS; i++) {
        char text[512];
        snprintf(text, sizeof text, "instance of CIM_RemoteServiceAccessPoint { %s };", properties[i]);
        assert_done(replsvc_add_service_access_point(bed.w.svc, text, NULL, &bed.ap[i]));
    }
    replsvc_access_point_info info = {.size = sizeof info};
    assert_done(replsvc_access_point_get_info(bed.w.svc, &bed.ap[2], &info));
    memcpy(bed.b.id, info.system, sizeof bed.b.id);
    assert_done(replsvc_access_point_get_info(bed.w.svc, &bed.ap[4], &info));
    memcpy(bed.c.id, info.system, sizeof bed.c.id);
    *state = &bed;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(&((struct bed *)*state)->w);
    return 0;
}

static uint32_t create(struct bed *b, const char *name, size_t n_local, size_t first_remote, size_t n_remote,
                       replsvc_opt_bool delete_on_unassociated, replsvc_collection_ref *k)
{
    replsvc_job_ref job = {"x"};
    uint32_t ret = replsvc_create_remote_replication_collection(
        b->w.svc, name, b->ap, n_local, b->ap + first_remote, n_remote, NULL, REPLSVC_BOOL_ABSENT,
        delete_on_unassociated, &job, k, NULL);
    assert_string_equal(job.id, "");
    return ret;
}

static uint32_t add(struct bed *b, const replsvc_collection_ref *k, size_t local, size_t n_local,
                    size_t remote, size_t n_remote, const replsvc_system_ref *system)
{
    return replsvc_add_to_remote_replication_collection(b->w.svc, b->ap + local, n_local, b->ap + remote,
                                                        n_remote, system, NULL, k);
}

static uint32_t take(struct bed *b, const replsvc_collection_ref *k, size_t local, size_t n_local,
                     size_t remote, size_t n_remote, const replsvc_system_ref *system)
{
    return replsvc_remove_from_remote_replication_collection(b->w.svc, b->ap + local, n_local, b->ap + remote,
                                                             n_remote, system, NULL, k);
}

static replsvc_collection_info info_of(struct bed *b, const replsvc_collection_ref *k)
{
    replsvc_collection_info info = {.size = sizeof info};
    assert_done(replsvc_collection_get_info(b->w.svc, k, &info));
    return info;
}

static size_t count(struct bed *b)
{
    replsvc_collection_ref *list;
    size_t n;
    assert_done(replsvc_collection_list(b->w.svc, &list, &n));
    replsvc_free(list);
    return n;
}

/* The next one of a collection. */
static replsvc_event next_event(struct bed *b)
{
    replsvc_event e = {.size = sizeof e};
    do
        assert_done(replsvc_event_next(b->w.svc, &e, 0));
    while (e.object_kind != REPLSVC_OBJECT_COLLECTION);
    return e;
}

static void a_collection_is_kept_with_its_paths_in_order(void **state)
{
    struct bed *b = *state;
    replsvc_collection_ref k, found;
    replsvc_access_point_ref *local, *remote;
    size_t n_local, n_remote;
    assert_done(create(b, "to B", 2, 2, 2, REPLSVC_BOOL_ABSENT, &k));
    replsvc_event e = next_event(b);
    assert_int_equal(e.kind, REPLSVC_EVENT_CREATED);
    assert_string_equal(e.object, k.id);
    service_world_reopen(&b->w);
    replsvc_collection_info info = info_of(b, &k);
    assert_string_equal(info.id, k.id);
    assert_string_equal(info.name, "to B");
    assert_string_equal(info.remote_system, b->b.id);
    assert_true(info.active);
    assert_false(info.delete_on_unassociated);
    assert_int_equal(info.n_local_access_points, 2);
    assert_int_equal(info.n_remote_access_points, 2);
    assert_done(replsvc_collection_get_access_points(b->w.svc, &k, &local, &n_local, &remote, &n_remote));
    assert_int_equal(n_local, 2);
    assert_int_equal(n_remote, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(local[i].id, b->ap[i].id);
        assert_string_equal(remote[i].id, b->ap[2 + i].id);
    }
    replsvc_free(local);
    replsvc_free(remote);
    assert_done(replsvc_collection_find(b->w.svc, "to B", &found));
    assert_string_equal(found.id, k.id);
    assert_done(replsvc_collection_delete(b->w.svc, &k));
    assert_int_equal(count(b), 0);
    assert_refused(replsvc_collection_delete(b->w.svc, &k), 5, "ConnectivityCollection");
}

static void a_collection_without_anything_gets_a_name_and_its_paths_later(void **state)
{
    struct bed *b = *state;
    replsvc_collection_ref k;
    assert_done(replsvc_create_remote_replication_collection(
        b->w.svc, NULL, NULL, 0, NULL, 0, NULL, REPLSVC_BOOL_FALSE, REPLSVC_BOOL_ABSENT, NULL, &k, NULL));
    replsvc_collection_info info = info_of(b, &k);
    assert_string_not_equal(info.name, "");
    assert_string_equal(info.remote_system, "");
    assert_false(info.active);
    assert_done(add(b, &k, 0, 1, 5, 1, NULL)); /* leads nowhere that is known */
    assert_string_equal(info_of(b, &k).remote_system, "");
    assert_done(add(b, &k, 0, 0, 2, 1, NULL));
    assert_string_equal(info_of(b, &k).remote_system, b->b.id);
    service_world_reopen(&b->w);
    assert_int_equal(info_of(b, &k).n_remote_access_points, 2);
    assert_done(replsvc_collection_delete(b->w.svc, &k));
}

static void paths_are_added_and_taken_out_by_the_rules(void **state)
{
    struct bed *b = *state;
    replsvc_collection_ref k, nobody = {"coll-1"};
    assert_done(create(b, "k", 1, 2, 1, REPLSVC_BOOL_ABSENT, &k));
    assert_refused(add(b, &k, 0, 0, 2, 1, NULL), 5, "RemoteAccessPoints"); /* is in it */
    assert_refused(add(b, &k, 2, 1, 3, 1, NULL), 5, "LocalAccessPoints");  /* on the other side */
    assert_refused(add(b, &k, 0, 0, 4, 1, NULL), 5, "RemoteAccessPoints"); /* leads to C */
    assert_refused(add(b, &k, 3, 1, 0, 0, NULL), 5, "LocalAccessPoints");  /* leads to B itself */
    assert_refused(add(b, &k, 0, 0, 0, 0, NULL), 5, "RemoteAccessPoints"); /* nothing */
    assert_refused(add(b, &k, 0, 0, 0, 0, &b->c), 5, "RemoteComputerSystem");
    assert_refused(add(b, &nobody, 1, 1, 0, 0, NULL), 5, "ConnectivityCollection");
    assert_int_equal(info_of(b, &k).n_local_access_points + info_of(b, &k).n_remote_access_points, 2);
    assert_done(add(b, &k, 1, 1, 3, 1, &b->b));
    assert_refused(take(b, &k, 0, 0, 4, 1, NULL), 5, "RemoteAccessPoints");
    assert_refused(take(b, &k, 0, 1, 0, 0, &b->c), 5, "RemoteComputerSystem");
    assert_refused(take(b, &k, 0, 0, 0, 0, NULL), 5, "RemoteAccessPoints");
    assert_done(take(b, &k, 0, 1, 2, 1, NULL));
    assert_int_equal(info_of(b, &k).n_local_access_points, 1);
    assert_int_equal(info_of(b, &k).n_remote_access_points, 1);
    assert_done(take(b, &k, 0, 0, 0, 0, &b->b)); /* the system with all that leads there */
    replsvc_collection_info info = info_of(b, &k);
    assert_int_equal(info.n_remote_access_points, 0);
    assert_int_equal(info.n_local_access_points, 1);
    assert_string_equal(info.remote_system, "");
    assert_done(add(b, &k, 0, 0, 4, 1, NULL)); /* now another may be the other one */
    assert_string_equal(info_of(b, &k).remote_system, b->c.id);
    assert_done(replsvc_collection_delete(b->w.svc, &k));
}

static void a_collection_goes_with_its_last_path_if_asked_to(void **state)
{
    struct bed *b = *state;
    replsvc_collection_ref k;
    assert_done(create(b, "k", 1, 2, 1, REPLSVC_BOOL_TRUE, &k));
    assert_done(take(b, &k, 0, 0, 2, 1, NULL));
    assert_int_equal(count(b), 1);
    assert_done(take(b, &k, 0, 1, 0, 0, NULL));
    assert_int_equal(count(b), 0);
    service_world_reopen(&b->w);
    assert_int_equal(count(b), 0);
}

static void a_wrong_creation_changes_nothing(void **state)
{
    struct bed *b = *state;
    replsvc_collection_ref k, first;
    replsvc_access_point_ref twice[2], foreign = {"sys-1"};
    replsvc_service *svc = b->w.svc;
    memcpy(&twice[0], &b->ap[2], sizeof twice[0]);
    memcpy(&twice[1], &b->ap[2], sizeof twice[1]);
    assert_done(create(b, "one", 0, 2, 1, REPLSVC_BOOL_ABSENT, &first));
    assert_refused(create(b, "one", 0, 2, 1, REPLSVC_BOOL_ABSENT, &k), 5, "ElementName");
    assert_string_equal(k.id, "");
    assert_refused(create(b, "", 0, 2, 1, REPLSVC_BOOL_ABSENT, &k), 5, "ElementName");
    assert_refused(create(b, NULL, 0, 3, 2, REPLSVC_BOOL_ABSENT, &k), 5, "RemoteAccessPoints"); /* B and C */
#define CREATE(local, n, remote, m, system, settings)                                                        \
    replsvc_create_remote_replication_collection(svc, NULL, local, n, remote, m, system, 0, 0, NULL, &k,     \
                                                 settings)
    assert_refused(CREATE(NULL, 0, twice, 2, NULL, NULL), 5, "RemoteAccessPoints");
    assert_refused(CREATE(NULL, 1, NULL, 0, NULL, NULL), 5, "LocalAccessPoints");
    assert_refused(CREATE(&foreign, 1, NULL, 0, NULL, NULL), 5, "LocalAccessPoints");
    assert_refused(CREATE(NULL, 0, b->ap + 2, 1, &b->c, NULL), 5, "RemoteAccessPoints");
    assert_refused(CREATE(b->ap, 1, b->ap, 1, NULL, NULL), 5, "LocalAccessPoints");
    assert_refused(CREATE(b->ap, SIZE_MAX / 128, NULL, 0, NULL, NULL), 5, "LocalAccessPoints");
    assert_refused(CREATE(NULL, 0, NULL, 0, NULL, "rubbish"), 5, "ReplicationSettingData");
    assert_refused(
        CREATE(NULL, 0, NULL, 0, NULL,
               "instance of CIM_ReplicationSettingData { RRCHardwareCompressionEnabled = TRUE; };"),
        1, "ReplicationSettingData");
    assert_int_equal(count(b), 1);
    assert_done(replsvc_collection_delete(svc, &first));
}

/* ---- entities ---- */

static uint32_t entity(struct bed *b, const char *properties, replsvc_opt_bool persistent,
                       replsvc_entity_ref *e)
{
    char text[1024];
    snprintf(text, sizeof text, "instance of CIM_ReplicationEntity { %s };", properties);
    return replsvc_add_replication_entity(b->w.svc, text, persistent, "root/cimv2", e);
}

static size_t count_entities(struct bed *b)
{
    replsvc_entity_ref *list;
    size_t n;
    assert_done(replsvc_entity_list(b->w.svc, &list, &n));
    replsvc_free(list);
    return n;
}

static void an_entity_is_kept_as_it_was_given(void **state)
{
    struct bed *b = *state;
    replsvc_entity_ref e;
    replsvc_entity_info info = {.size = sizeof info};
    assert_done(replsvc_add_replication_entity(
        b->w.svc,
        "<INSTANCE CLASSNAME=\"CIM_ReplicationEntity\"><PROPERTY NAME=\"Type\" "
        "TYPE=\"uint16\"><VALUE>1</VALUE>"
        "</PROPERTY><PROPERTY NAME=\"OtherTypeDescription\" TYPE=\"string\"><VALUE>tape &amp; robot</VALUE>"
        "</PROPERTY><PROPERTY NAME=\"EntityID\" TYPE=\"string\"><VALUE>T1</VALUE></PROPERTY></INSTANCE>",
        REPLSVC_BOOL_ABSENT, NULL, &e));
    service_world_reopen(&b->w);
    assert_done(replsvc_entity_get_info(b->w.svc, &e, &info));
    assert_string_equal(info.id, e.id);
    assert_int_equal(info.type, REPLSVC_ENTITY_TYPE_OTHER);
    assert_string_equal(info.entity_id, "T1");
    assert_string_equal(info.other_type_description, "tape & robot");
    assert_string_equal(info.element, "");
    assert_true(info.persistent);
    assert_done(replsvc_entity_delete(b->w.svc, &e));
    assert_refused(replsvc_entity_get_info(b->w.svc, &e, &info), 5, "ReplicationEntity");
}

static void a_temporary_entity_goes_at_the_next_open(void **state)
{
    struct bed *b = *state;
    replsvc_entity_ref temporary, kept;
    assert_done(
        entity(b, "Type = 7; EntityID = \"500601\"; Persistent = FALSE;", REPLSVC_BOOL_ABSENT, &temporary));
    assert_done(entity(b, "Type = 7; EntityID = \"500602\";", REPLSVC_BOOL_FALSE, NULL));
    assert_done(entity(b, "Type = 8; EntityID = \"nbd://x/\";", REPLSVC_BOOL_TRUE, &kept));
    assert_int_equal(count_entities(b), 3);
    service_world_reopen(&b->w);
    assert_int_equal(count_entities(b), 1);
    assert_done(replsvc_entity_delete(b->w.svc, &kept));
}

static void a_wrong_entity_is_refused(void **state)
{
    struct bed *b = *state;
    static const struct {
        const char *properties;
        uint32_t code;
    } cases[] = {
        {"EntityID = \"x\";", 5},
        {"Type = 0; EntityID = \"x\";", 5},
        {"Type = 15; EntityID = \"x\";", 5},
        {"Type = \"4\"; EntityID = \"x\";", 5},
        {"Type = 11; EntityID = \"x\";", 1},
        {"Type = 1; EntityID = \"x\";", 5},
        {"Type = 4; EntityID = \"x\"; OtherTypeDescription = \"y\";", 5},
        {"Type = 4;", 5},
        {"Type = 4; EntityID = 7;", 5},
        {"Type = 4; EntityID = \"x\"; Persistent = 1;", 5},
    };
    replsvc_entity_ref e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(entity(b, cases[i].properties, REPLSVC_BOOL_ABSENT, &e), cases[i].code,
                       "ReplicationEntity");
    assert_refused(entity(b, "Type = 4; EntityID = \"x\"; Persistent = TRUE;", REPLSVC_BOOL_FALSE, &e), 5,
                   "Persistent");
    assert_refused(replsvc_add_replication_entity(b->w.svc, NULL, 0, NULL, &e), 5, "ReplicationEntity");
    assert_int_equal(count_entities(b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(a_collection_is_kept_with_its_paths_in_order),
        T(a_collection_without_anything_gets_a_name_and_its_paths_later),
        T(paths_are_added_and_taken_out_by_the_rules),
        T(a_collection_goes_with_its_last_path_if_asked_to),
        T(a_wrong_creation_changes_nothing),
        T(an_entity_is_kept_as_it_was_given),
        T(a_temporary_entity_goes_at_the_next_open),
        T(a_wrong_entity_is_refused),
    };
    return cmocka_run_group_tests_name("collections", tests, NULL, NULL);
}
