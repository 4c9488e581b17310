/* SPDX-License-Identifier: BSD-2-Clause */
/* The socket in the file system: who may connect, what is replaced, what is refused, when it goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/file_world.h"

struct fixture {
    struct file_world w;
    char path[108];
};

static int setup(void **state)
{
    static struct fixture f;
    file_world_make(&f.w, 2, 16);
    snprintf(f.path, sizeof f.path, "%.90s/socket", f.w.directory);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    file_world_free(&f->w);
    return 0;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode;
}

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* A socket file that nobody listens on any more. */
static void leave_dead_socket(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
}

static void it_has_the_mode_that_was_asked_for(void **state)
{
    struct fixture *f = *state;
    replsvc_listen_options options = {.size = sizeof options, .mode = 0666};
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_int_equal(mode_of(f->path), S_IFSOCK | 0600);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    assert_false(is_there(f->path));
    mode_t umask_before = umask(077);
    assert_done(replsvc_service_listen(f->w.svc, f->path, &options));
    umask(umask_before);
    assert_int_equal(mode_of(f->path), S_IFSOCK | 0666);
}

static void a_dead_socket_is_replaced_and_a_live_one_is_not(void **state)
{
    struct fixture *f = *state;
    leave_dead_socket(f->path);
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_refused(replsvc_service_listen(f->w.svc, f->path, NULL), REPLSVC_IN_USE, "path");
    replsvc_service *client;
    assert_done(replsvc_service_connect(f->path, &client));
    replsvc_service_close(client);
}

static void what_is_no_socket_stays(void **state)
{
    struct fixture *f = *state;
    char target[200];
    int fd = open(f->path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_refused(replsvc_service_listen(f->w.svc, f->path, NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_true(S_ISREG(mode_of(f->path)));
    assert_int_equal(unlink(f->path), 0);
    snprintf(target, sizeof target, "%s.other", f->path);
    assert_int_equal(symlink(target, f->path), 0);
    assert_refused(replsvc_service_listen(f->w.svc, f->path, NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_true(S_ISLNK(mode_of(f->path)));
    assert_false(is_there(target));
    assert_int_equal(unlink(f->path), 0);
    assert_int_equal(mkdir(f->path, 0700), 0);
    assert_refused(replsvc_service_listen(f->w.svc, f->path, NULL), REPLSVC_INVALID_PARAMETER, "path");
}

static void wrong_paths_and_options_are_refused(void **state)
{
    struct fixture *f = *state;
    char longest[108 + 1] = "";
    memset(longest, 'x', 108);
    replsvc_listen_options options = {.size = sizeof options};
    replsvc_service *client;
    assert_refused(replsvc_service_listen(NULL, f->path, NULL), REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_service_listen(f->w.svc, NULL, NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_listen(f->w.svc, "", NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_listen(f->w.svc, "/tmp/", NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_listen(f->w.svc, longest, NULL), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_listen(f->w.svc, "/nowhere/at/all", NULL), REPLSVC_INVALID_PARAMETER,
                   "path");
    options.mode = 01600;
    assert_refused(replsvc_service_listen(f->w.svc, f->path, &options), REPLSVC_INVALID_PARAMETER, "options");
    options = (replsvc_listen_options){.size = sizeof options, .n_user_ids = 1};
    assert_refused(replsvc_service_listen(f->w.svc, f->path, &options), REPLSVC_INVALID_PARAMETER, "options");
    options = (replsvc_listen_options){.size = sizeof options, .max_connections = UINT32_MAX};
    assert_refused(replsvc_service_listen(f->w.svc, f->path, &options), REPLSVC_INVALID_PARAMETER, "options");
    assert_refused(replsvc_service_unlisten(f->w.svc, f->path), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_connect(NULL, &client), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_connect(longest, &client), REPLSVC_INVALID_PARAMETER, "path");
    assert_refused(replsvc_service_connect(f->path, NULL), REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_service_connect(f->path, &client), REPLSVC_FAILED, "");
    assert_int_equal(replsvc_last_error()->system_errno, ENOENT);
    assert_null(client);
    assert_false(is_there(f->path));
}

/* In a child that is another user: the code that connecting answers. */
static int connect_as(uid_t uid, const char *path)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        replsvc_service *client;
        if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
            _exit(100);
        uint32_t code = replsvc_service_connect(path, &client);
        _exit(code != 0 && replsvc_last_error()->system_errno == EPERM ? 101 : (int)code);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void users_who_are_not_named_are_refused(void **state)
{
    struct fixture *f = *state;
    const uint32_t users[] = {4711, 4712};
    replsvc_listen_options options = {
        .size = sizeof options, .mode = 0666, .n_user_ids = 2, .user_ids = users};
    if (geteuid() != 0) {
        print_message("needs root, to be other users\n");
        skip();
    }
    assert_int_equal(chmod(f->w.directory, 0711), 0);
    assert_done(replsvc_service_listen(f->w.svc, f->path, &options));
    assert_int_equal(connect_as(0, f->path), 0);
    assert_int_equal(connect_as(4712, f->path), 0);
    assert_int_equal(connect_as(4713, f->path), 101);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    options.mode = 0; /* the file's mode comes first */
    assert_done(replsvc_service_listen(f->w.svc, f->path, &options));
    assert_int_equal(connect_as(4712, f->path), REPLSVC_FAILED);
}

static void only_so_many_connect(void **state)
{
    struct fixture *f = *state;
    replsvc_listen_options options = {.size = sizeof options, .max_connections = 2};
    replsvc_service *a, *b, *c;
    replsvc_element_ref e;
    assert_done(replsvc_service_listen(f->w.svc, f->path, &options));
    assert_done(replsvc_service_connect(f->path, &a));
    assert_done(replsvc_service_connect(f->path, &b));
    assert_refused(replsvc_service_connect(f->path, &c), REPLSVC_FAILED, "");
    assert_int_equal(replsvc_last_error()->system_errno, EBUSY);
    assert_done(replsvc_element_find(a, "v0", &e));
    replsvc_service_close(a);
    while (replsvc_service_connect(f->path, &a) != 0) /* its place is free as soon as it is seen to be gone */
        assert_int_equal(replsvc_last_error()->system_errno, EBUSY);
    assert_done(replsvc_element_find(a, "v0", &e));
    assert_done(replsvc_element_find(b, "v0", &e));
    replsvc_service_close(a);
    replsvc_service_close(b);
}

static void a_state_directory_names_its_socket(void **state)
{
    struct fixture *f = *state;
    char directory[300], second[108];
    replsvc_service *client;
    replsvc_element_ref e;
    snprintf(directory, sizeof directory, "%s/state", f->w.directory);
    snprintf(second, sizeof second, "%.90s/second", f->w.directory);
    assert_refused(replsvc_service_connect(directory, &client), REPLSVC_FAILED, "path");
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_done(replsvc_service_listen(f->w.svc, second, NULL));
    assert_done(replsvc_service_unlisten(f->w.svc, second));
    assert_done(replsvc_service_connect(directory, &client));
    assert_done(replsvc_element_find(client, "v1", &e));
    replsvc_service_close(client);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    assert_refused(replsvc_service_connect(directory, &client), REPLSVC_FAILED, "path");
    /* What a killed service left behind does not hinder the next. */
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    tempdir_write(directory, "control", "/nowhere/at/all\n", 16);
    file_world_reopen(&f->w);
    assert_done(replsvc_element_find(f->w.svc, "v1", &e));
}

static void closing_the_service_removes_the_socket(void **state)
{
    struct fixture *f = *state;
    replsvc_service *client;
    replsvc_element_ref e;
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_done(replsvc_service_connect(f->path, &client));
    file_world_reopen(&f->w);
    assert_false(is_there(f->path));
    assert_refused(replsvc_element_find(client, "v0", &e), REPLSVC_FAILED, "");
    /* A handle outlives it: it works again when somebody listens. */
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_done(replsvc_element_find(client, "v0", &e));
    replsvc_service_close(client);
}

/* A socket that somebody else has put there meanwhile is not removed. */
static void only_ones_own_socket_is_removed(void **state)
{
    struct fixture *f = *state;
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_int_equal(unlink(f->path), 0);
    leave_dead_socket(f->path);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    assert_true(is_there(f->path));
}

struct racer {
    pthread_t thread;
    replsvc_service *svc;
    const char *path;
    uint32_t code;
};

static void *race(void *arg)
{
    struct racer *r = arg;
    r->code = replsvc_service_listen(r->svc, r->path, NULL);
    return NULL;
}

static void of_several_that_begin_at_once_one_listens(void **state)
{
    struct fixture *f = *state;
    struct racer racers[4];
    struct file_world others[4];
    for (size_t i = 0; i < 4; i++)
        file_world_make(&others[i], 0, 1);
    for (int round = 0; round < 20; round++) {
        leave_dead_socket(f->path);
        size_t listening = 0;
        for (size_t i = 0; i < 4; i++) {
            racers[i] = (struct racer){.svc = others[i].svc, .path = f->path};
            assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
        }
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
        for (size_t i = 0; i < 4; i++) {
            listening += racers[i].code == 0;
            if (racers[i].code != 0)
                assert_int_equal(racers[i].code, REPLSVC_IN_USE);
            else
                assert_done(replsvc_service_unlisten(racers[i].svc, f->path));
        }
        assert_int_equal(listening, 1);
    }
    for (size_t i = 0; i < 4; i++)
        file_world_free(&others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_has_the_mode_that_was_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dead_socket_is_replaced_and_a_live_one_is_not, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_socket_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_paths_and_options_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(users_who_are_not_named_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(only_so_many_connect, setup, teardown),
        cmocka_unit_test_setup_teardown(a_state_directory_names_its_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_the_service_removes_the_socket, setup, teardown),
        cmocka_unit_test_setup_teardown(only_ones_own_socket_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(of_several_that_begin_at_once_one_listens, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
