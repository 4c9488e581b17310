/* SPDX-License-Identifier: BSD-2-Clause */
/* Access points, shared secrets and peer systems: what is kept, what is refused, what is never told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/service_world.h"
#include "support/tempdir.h"

static int setup(void **state)
{
    static struct service_world w;
    service_world_make(&w, 1, 4096);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(*state);
    return 0;
}

static uint32_t add(struct service_world *w, const char *properties, replsvc_access_point_ref *ap)
{
    char text[8192];
    snprintf(text, sizeof text, "instance of CIM_RemoteServiceAccessPoint { %s };", properties);
    return replsvc_add_service_access_point(w->svc, text, "root/cimv2", ap);
}

static replsvc_access_point_info info_of(struct service_world *w, const replsvc_access_point_ref *ap)
{
    replsvc_access_point_info info = {.size = sizeof info};
    assert_done(replsvc_access_point_get_info(w->svc, ap, &info));
    return info;
}

static void an_access_point_is_kept_and_leads_to_a_system(void **state)
{
    struct service_world *w = *state;
    static const struct {
        const char *properties, *host;
    } cases[] = {
        {"AccessInfo = \"nbd://Store1.example:10809/disk\"; ElementName = \"one\"; InfoFormat = 200;",
         "store1.example"},
        {"AccessInfo = \"iscsi://user@[2001:db8::1]:3260/iqn.x/0\"; Name = \"two\";", "[2001:db8::1]"},
        {"AccessInfo = \"nbd://other/disk\"; SystemName = \"site B\"; ElementName = \"three\";", "site B"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replsvc_access_point_ref ap;
        replsvc_system_info system = {.size = sizeof system};
        assert_done(add(w, cases[i].properties, &ap));
        service_world_reopen(w);
        replsvc_access_point_info info = info_of(w, &ap);
        assert_non_null(strstr(cases[i].properties, info.uri));
        assert_non_null(strstr(cases[i].properties, info.name));
        assert_false(info.reachable);
        assert_false(info.has_secret);
        replsvc_system_ref ref;
        memcpy(ref.id, info.system, sizeof ref.id);
        assert_done(replsvc_system_get_info(w->svc, &ref, &system));
        assert_string_equal(system.name, cases[i].host);
        assert_false(system.reachable);
    }
    replsvc_access_point_ref ap;
    assert_done(add(w, "AccessInfo = \"rbd:pool/image\";", &ap));
    assert_string_equal(info_of(w, &ap).system, "");
}

static void access_points_of_one_system_are_listed_together(void **state)
{
    struct service_world *w = *state;
    replsvc_access_point_ref a, b, c, *list;
    replsvc_system_ref *systems, unknown = {"sys-1"};
    replsvc_job_ref job = {"x"};
    size_t n, n_systems;
    assert_done(replsvc_get_peer_systems(w->svc, 0, &job, &systems, &n_systems, NULL, NULL, NULL, NULL));
    assert_null(systems);
    assert_int_equal(n_systems, 0);
    assert_string_equal(job.id, "");
    assert_done(add(w, "AccessInfo = \"nbd://a:1/x\";", &a));
    assert_done(add(w, "AccessInfo = \"nbd://b/x\";", &b));
    assert_done(add(w, "AccessInfo = \"nbd://A:2/x\";", &c));
    assert_done(replsvc_get_peer_systems(w->svc, 0, NULL, &systems, &n_systems, NULL, NULL, NULL, NULL));
    assert_int_equal(n_systems, 2);
    assert_done(replsvc_get_service_access_points(w->svc, &systems[0], NULL, &list, &n));
    assert_int_equal(n, 2);
    assert_string_equal(list[0].id, a.id);
    assert_string_equal(list[1].id, c.id);
    replsvc_free(list);
    replsvc_free(systems);
    assert_refused(replsvc_get_service_access_points(w->svc, &unknown, NULL, &list, &n),
                   REPLSVC_INVALID_PARAMETER, "System");
    assert_refused(replsvc_get_service_access_points(w->svc, NULL, NULL, &list, &n),
                   REPLSVC_INVALID_PARAMETER, "System");
    /* None of them answers. */
    for (uint16_t options = 2; options <= 3; options++) {
        replsvc_access_point_ref *local, *remote;
        size_t n_local, n_remote;
        assert_done(replsvc_get_peer_systems(w->svc, options, NULL, &systems, &n_systems, &local, &n_local,
                                             &remote, &n_remote));
        assert_int_equal(n_systems + n_local + n_remote, 0);
    }
    assert_refused(replsvc_get_peer_systems(w->svc, 9, NULL, &systems, &n_systems, NULL, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Options");
    assert_refused(replsvc_get_peer_systems(w->svc, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Systems");
}

static void instances_that_will_not_do_are_refused(void **state)
{
    struct service_world *w = *state;
    char long_info[6000] = "AccessInfo = \"nbd://", *end = long_info + strlen(long_info);
    memset(end, 'x', 5000);
    strcpy(end + 5000, "\";");
    const char *bad[] = {"",
                         "AccessInfo = 3;",
                         "AccessInfo = {\"a\", \"b\"};",
                         "AccessInfo = \"\";",
                         "AccessInfo = \"nbd://a b/\";",
                         "AccessInfo = \"nbd://user:secret@host/\";",
                         "AccessInfo = \"nbd://h/\"; InfoFormat = 70000;",
                         "AccessInfo = \"nbd://h/\"; Name = TRUE;",
                         "AccessInfo",
                         long_info};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(add(w, bad[i], NULL), REPLSVC_INVALID_PARAMETER, "ServiceAccessPoint");
        assert_null(strstr(replsvc_last_error()->message, "secret@"));
    }
    assert_refused(replsvc_add_service_access_point(w->svc, NULL, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                   "ServiceAccessPoint");
    assert_done(add(w, "AccessInfo = \"nbd://h/\";", NULL));
    assert_refused(add(w, "AccessInfo = \"nbd://h/\";", NULL), REPLSVC_IN_USE, "ServiceAccessPoint");
}

static char log_lines[65536];

static void keep_line(void *user, enum replsvc_log_level level, const char *line)
{
    (void)user;
    (void)level;
    strncat(log_lines, line, sizeof log_lines - strlen(log_lines) - 1);
}

static void a_secret_is_kept_replaced_and_never_told(void **state)
{
    struct service_world *w = *state;
    replsvc_service_options options = {
        .size = sizeof options, .log = keep_line, .log_level = REPLSVC_LOG_DEBUG};
    replsvc_service_close(w->svc);
    assert_done(service_world_open(w->world, &options, &w->svc));
    replsvc_access_point_ref ap, unknown = {"ap-1"};
    replsvc_secret_ref first, second, other;
    assert_done(add(w, "AccessInfo = \"iscsi://h/\";", &ap));
    assert_done(replsvc_add_shared_secret(
        w->svc, "instance of CIM_SharedSecret { RemoteID = \"me\"; Secret = \"hunter2\"; };", &ap, NULL,
        &first));
    assert_true(info_of(w, &ap).has_secret);
    assert_done(
        replsvc_add_shared_secret(w->svc,
                                  "<INSTANCE CLASSNAME=\"CIM_SharedSecret\"><PROPERTY NAME=\"RemoteID\" "
                                  "TYPE=\"string\"><VALUE>me</VALUE></PROPERTY><PROPERTY NAME=\"Secret\" "
                                  "TYPE=\"string\"><VALUE>hunter3</VALUE></PROPERTY></INSTANCE>",
                                  &ap, NULL, &second));
    assert_string_equal(first.id, second.id);
    assert_done(replsvc_add_shared_secret(
        w->svc, "instance of CIM_SharedSecret { RemoteID = \"you\"; Secret = \"hunter4\"; };", NULL, NULL,
        &other));
    assert_string_not_equal(first.id, other.id);
    service_world_reopen(w);
    assert_true(info_of(w, &ap).has_secret);
    struct secret *s = object_by_id(w->svc, KIND_SECRET, first.id);
    assert_string_equal(s->r.secret, "hunter3");
    assert_refused(replsvc_add_shared_secret(w->svc,
                                             "instance of CIM_SharedSecret { Secret = \"hunter5\"; };",
                                             &unknown, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "ServiceAccessPoint");
    static const char odd_type[] =
        "<INSTANCE CLASSNAME=\"CIM_SharedSecret\"><PROPERTY NAME=\"Secret\" TYPE=\"hunter9\">"
        "<VALUE>x</VALUE></PROPERTY></INSTANCE>";
    const char *bad[] = {"instance of CIM_SharedSecret { RemoteID = \"hunter6\"; };",
                         "instance of CIM_SharedSecret { Secret = hunter7; };",
                         "instance of CIM_SharedSecret { Secret = {\"hunter8\"}; };",
                         odd_type,
                         "hunter10",
                         ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_refused(replsvc_add_shared_secret(w->svc, bad[i], &ap, NULL, NULL), REPLSVC_INVALID_PARAMETER,
                       "SharedSecret");
        assert_null(strstr(replsvc_last_error()->message, "hunter"));
    }
    assert_null(strstr(log_lines, "hunter"));
}

static void no_group_is_made_on_another_system(void **state)
{
    struct service_world *w = *state;
    replsvc_access_point_ref ap;
    replsvc_group_ref g;
    assert_done(add(w, "AccessInfo = \"nbd://h/\";", &ap));
    assert_refused(replsvc_create_group(w->svc, "g", NULL, 0, 0, 0, 0, &ap, &g, NULL), REPLSVC_NOT_SUPPORTED,
                   "ServiceAccessPoint");
    assert_done(replsvc_create_group(w->svc, "g", NULL, 0, 0, 0, 0, NULL, &g, NULL));
    assert_refused(replsvc_add_members(w->svc, w->elements, 1, &g, &ap, NULL), REPLSVC_NOT_SUPPORTED,
                   "ServiceAccessPoint");
    assert_refused(replsvc_remove_members(w->svc, w->elements, 1, 0, &g, &ap, NULL), REPLSVC_NOT_SUPPORTED,
                   "ServiceAccessPoint");
    assert_refused(replsvc_delete_group(w->svc, &g, &ap, 0, NULL), REPLSVC_NOT_SUPPORTED,
                   "ServiceAccessPoint");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int check_mode(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)at;
    if ((type == FTW_F || type == FTW_D) && (st->st_mode & 077) != 0)
        fail_msg("%s can be read by others than its owner", path);
    return 0;
}

static void the_state_that_holds_secrets_is_the_owner_s_alone(void **state)
{
    (void)state;
    char directory[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 8];
    replsvc_service *svc;
    mode_t before = umask(0);
    tempdir_make(directory);
    snprintf(path, sizeof path, "%s/state", directory);
    assert_done(replsvc_service_open(path, NULL, &svc));
    assert_done(replsvc_add_shared_secret(
        svc, "instance of CIM_SharedSecret { RemoteID = \"u\"; Secret = \"hush\"; };", NULL, NULL, NULL));
    assert_int_equal(nftw(path, check_mode, 8, FTW_PHYS), 0);
    replsvc_service_close(svc);
    assert_int_equal(nftw(path, check_mode, 8, FTW_PHYS), 0);
    umask(before);
    tempdir_remove(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_access_point_is_kept_and_leads_to_a_system),
        TEST(access_points_of_one_system_are_listed_together),
        TEST(instances_that_will_not_do_are_refused),
        TEST(a_secret_is_kept_replaced_and_never_told),
        TEST(no_group_is_made_on_another_system),
        cmocka_unit_test(the_state_that_holds_secrets_is_the_owner_s_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
