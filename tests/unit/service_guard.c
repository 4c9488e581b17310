/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards on the media of relationships: what is replaced, resized or written while the service is closed is
 * noticed at the next opening; what the service did itself is not held against it, also after a kill.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/service_world.h"
#include "support/tempdir.h"

#define SIZE (1u << 20)

struct place {
    char dir[TEMPDIR_SIZE];
    char state[TEMPDIR_SIZE + 16];
    replsvc_service *svc;
    replsvc_element_ref source, target;
    replsvc_sync_ref sync;
};

static const char *path_of(struct place *p, const char *name)
{
    static char path[2 * TEMPDIR_SIZE];
    snprintf(path, sizeof path, "%s/%s", p->dir, name);
    return path;
}

static replsvc_element_ref add(struct place *p, const char *name)
{
    char locator[2 * TEMPDIR_SIZE];
    replsvc_element_ref e;
    int fd = open(path_of(p, name), O_CREAT | O_EXCL | O_RDWR, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    assert_int_equal(pwrite(fd, name, strlen(name), 4096), strlen(name));
    close(fd);
    snprintf(locator, sizeof locator, "file:%s", path_of(p, name));
    assert_done(replsvc_element_register(p->svc, name, locator, NULL, &e));
    return e;
}

/* A complete clone of "source" in "target". */
static int setup(void **state)
{
    static struct place p;
    replsvc_job_ref job = {""};
    tempdir_make(p.dir);
    snprintf(p.state, sizeof p.state, "%s/state", p.dir);
    assert_done(replsvc_service_open(p.state, NULL, &p.svc));
    p.source = add(&p, "source");
    p.target = add(&p, "target");
    uint32_t ret =
        replsvc_create_element_replica(p.svc, "pair", REPLSVC_SYNC_TYPE_CLONE, 0, &p.source, NULL, &p.target,
                                       NULL, NULL, &job, &p.sync, NULL, NULL, 0, NULL, NULL, 0);
    if (ret == REPLSVC_JOB_STARTED)
        ret = replsvc_job_wait(p.svc, &job, -1);
    assert_done(ret);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    replsvc_service_close(p->svc);
    tempdir_remove(p->dir);
    return 0;
}

static void close_service(struct place *p)
{
    replsvc_service_close(p->svc);
    p->svc = NULL;
}

/* Opens the service and uses the element, which is when its relationships are loaded. */
static replsvc_sync_info open_and_use(struct place *p, const replsvc_element_ref *e)
{
    replsvc_sync_info info = {.size = sizeof info};
    replsvc_volume *v;
    assert_done(replsvc_service_open(p->state, NULL, &p->svc));
    if (replsvc_volume_open(p->svc, e, 0, &v) == 0)
        assert_int_equal(replsvc_volume_close(v), 0);
    assert_done(replsvc_sync_get_info(p->svc, &p->sync, &info));
    return info;
}

static void write_behind(struct place *p, const char *name)
{
    int fd = open(path_of(p, name), O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "behind", 6, 0), 6);
    close(fd);
}

static int host_write(replsvc_service *svc, const replsvc_element_ref *e, bool flush)
{
    replsvc_volume *v;
    int r = replsvc_volume_open(svc, e, REPLSVC_VOLUME_WRITABLE, &v);
    if (r == 0)
        r = replsvc_volume_pwrite(v, "host", 4, 8192, 0);
    if (r == 0 && flush)
        r = replsvc_volume_flush(v);
    return r ? r : replsvc_volume_close(v);
}

static void an_untouched_replica_is_good_after_a_restart(void **state)
{
    struct place *p = *state;
    for (int i = 0; i < 3; i++) {
        close_service(p);
        assert_int_equal(open_and_use(p, &p->target).copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
    }
}

static void what_hosts_wrote_through_the_service_is_no_fault(void **state)
{
    struct place *p = *state;
    assert_int_equal(host_write(p->svc, &p->source, false), 0);
    assert_int_equal(host_write(p->svc, &p->target, false), 0);
    close_service(p);
    uint16_t copy_state = open_and_use(p, &p->target).copy_state;
    assert_true(copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED || copy_state == REPLSVC_COPY_STATE_SKEWED);
}

static void what_hosts_wrote_before_a_kill_is_no_fault(void **state)
{
    struct place *p = *state;
    close_service(p);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        replsvc_service *svc;
        int r = replsvc_service_open(p->state, NULL, &svc) != REPLSVC_OK;
        if (r == 0)
            r = host_write(svc, &p->source, true) || host_write(svc, &p->target, true);
        _exit(r != 0); /* as a kill: nothing is closed */
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    uint16_t copy_state = open_and_use(p, &p->target).copy_state;
    assert_true(copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED || copy_state == REPLSVC_COPY_STATE_SKEWED);
}

static void assert_invalid(const replsvc_sync_info *info, const char *why)
{
    assert_int_equal(info->copy_state, REPLSVC_COPY_STATE_INVALID);
    assert_non_null(strstr(info->error_message, why));
}

static void a_replica_written_behind_the_services_back_is_invalid(void **state)
{
    struct place *p = *state;
    close_service(p);
    write_behind(p, "target");
    replsvc_sync_info info = open_and_use(p, &p->target);
    assert_invalid(&info, "written");
    close_service(p); /* and it stays so */
    info = open_and_use(p, &p->source);
    assert_invalid(&info, "written");
}

static void a_replaced_replica_is_invalid(void **state)
{
    struct place *p = *state;
    char from[2 * TEMPDIR_SIZE];
    close_service(p);
    int fd = open(path_of(p, "new"), O_CREAT | O_RDWR, 0600);
    assert_int_equal(ftruncate(fd, SIZE), 0);
    close(fd);
    snprintf(from, sizeof from, "%s", path_of(p, "new"));
    assert_int_equal(rename(from, path_of(p, "target")), 0);
    replsvc_sync_info info = open_and_use(p, &p->source);
    assert_invalid(&info, "replaced");
}

static void a_replica_of_another_size_is_invalid(void **state)
{
    struct place *p = *state;
    close_service(p);
    assert_int_equal(truncate(path_of(p, "target"), SIZE / 2), 0);
    replsvc_sync_info info = open_and_use(p, &p->source);
    assert_int_not_equal(info.copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
    assert_true(info.error_message[0] != '\0');
}

/* A verdict that cannot be recorded must come again. */
static void a_change_is_found_again_if_it_could_not_be_recorded(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job = {""};
    replsvc_sync_ref sync;
    replsvc_volume *v;
    service_world_make(&w, 2, SIZE);
    uint32_t ret =
        replsvc_create_element_replica(w.svc, "pair", REPLSVC_SYNC_TYPE_CLONE, 0, &w.elements[0], NULL,
                                       &w.elements[1], NULL, NULL, &job, &sync, NULL, NULL, 0, NULL, NULL, 0);
    if (ret == REPLSVC_JOB_STARTED)
        ret = replsvc_job_wait(w.svc, &job, -1);
    assert_done(ret);
    replsvc_service_close(w.svc);
    struct world_file *f;
    assert_int_equal(world_open(w.world, "disks/d1", 0, &f), 0);
    assert_int_equal(world_write(f, "behind", 6, 0, true), 0);
    world_close(f);
    assert_done(service_world_open(w.world, NULL, &w.svc));
    struct world_fault full = {
        .path = "state/", .nth = 1, .forever = true, .err = -28, .kinds = 1u << WORLD_OP_WRITE};
    assert_int_equal(world_fault_add(w.world, &full), 0);
    assert_int_not_equal(replsvc_volume_open(w.svc, &w.elements[1], 0, &v), 0);
    world_faults_clear(w.world);
    for (int round = 0; round < 2; round++) {
        if (replsvc_volume_open(w.svc, &w.elements[1], 0, &v) == 0)
            assert_int_equal(replsvc_volume_close(v), 0);
        replsvc_sync_info info = {.size = sizeof info};
        assert_done(replsvc_sync_get_info(w.svc, &sync, &info));
        assert_invalid(&info, "written");
        service_world_reopen(&w);
    }
    service_world_free(&w);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_untouched_replica_is_good_after_a_restart),
        TEST(what_hosts_wrote_through_the_service_is_no_fault),
        TEST(what_hosts_wrote_before_a_kill_is_no_fault),
        TEST(a_replica_written_behind_the_services_back_is_invalid),
        TEST(a_replaced_replica_is_invalid),
        TEST(a_replica_of_another_size_is_invalid),
        cmocka_unit_test(a_change_is_found_again_if_it_could_not_be_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
