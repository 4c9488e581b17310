/* SPDX-License-Identifier: BSD-2-Clause */
/* Registration of backends, modules and locators: backends/registry. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "registry/registry.h"
#include "util/alloc.h"
#include "util/fail.h"

static int t_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    (void)path, (void)options, (void)handle;
    return -ENOENT;
}
static int t_handle(void *handle)
{
    (void)handle;
    return 0;
}
static int t_info(void *handle, replsvc_backend_info *info)
{
    (void)handle, (void)info;
    return 0;
}
static int t_io(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)handle, (void)iov, (void)iovcnt, (void)offset, (void)flags;
    return 0;
}
static int t_check(const char *path, char *canonical, size_t size)
{
    return (size_t)snprintf(canonical, size, "/canonical/%s", path) < size ? 0 : -ENAMETOOLONG;
}
static int t_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    (void)handle, (void)offset, (void)length, (void)flags;
    return 0;
}

static replsvc_backend make(const char *name)
{
    replsvc_backend b = {.size = sizeof(b),
                         .api_version = REPLSVC_BACKEND_API_VERSION,
                         .name = name,
                         .description = "test",
                         .open = t_open,
                         .close = t_handle,
                         .info = t_info,
                         .preadv = t_io,
                         .pwritev = t_io,
                         .flush = t_handle};
    return b;
}

static void a_registered_backend_is_found(void **state)
{
    (void)state;
    static replsvc_backend b;
    b = make("t-found");
    assert_null(replsvc_backend_find("t-found"));
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    const replsvc_backend *found = replsvc_backend_find("t-found");
    assert_non_null(found);
    assert_ptr_equal(found->open, t_open);
    assert_null(replsvc_backend_find("t-foun"));
    assert_null(replsvc_backend_find(NULL));
}

static void registering_twice_is_no_error_but_a_namesake_is_in_use(void **state)
{
    (void)state;
    static replsvc_backend b, other;
    b = make("t-twice");
    other = make("t-twice");
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    assert_int_equal(replsvc_backend_register(&other), REPLSVC_IN_USE);
    for (const replsvc_backend *const *builtin = backend_builtin; *builtin != NULL; builtin++) {
        assert_int_equal(replsvc_backend_register(*builtin), REPLSVC_OK);
        other = make((*builtin)->name);
        assert_int_equal(replsvc_backend_register(&other), REPLSVC_IN_USE);
    }
}

static void an_older_smaller_struct_works(void **state)
{
    (void)state;
    /* Only what lies before `discard` belongs to the old struct: what is behind it must not be read. */
    static replsvc_backend b;
    b = make("t-old");
    b.size = offsetof(replsvc_backend, discard);
    b.discard = t_discard;
    b.queue_open = (int (*)(uint32_t, uint32_t, void **, int *))(void (*)(void))t_handle;
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    const replsvc_backend *found = replsvc_backend_find("t-old");
    assert_non_null(found);
    assert_int_equal(found->size, sizeof(*found));
    assert_ptr_equal(found->flush, t_handle);
    assert_null(found->discard);
    assert_null(found->queue_open);
}

static void a_newer_bigger_struct_works(void **state)
{
    (void)state;
    static struct {
        replsvc_backend b;
        void (*more[4])(void);
    } bigger;
    bigger.b = make("t-new");
    bigger.b.size = sizeof(bigger);
    assert_int_equal(replsvc_backend_register(&bigger.b), REPLSVC_OK);
    assert_int_equal(replsvc_backend_find("t-new")->size, sizeof(replsvc_backend));
}

static void what_cannot_work_is_refused(void **state)
{
    (void)state;
    static replsvc_backend b;
    assert_int_equal(replsvc_backend_register(NULL), REPLSVC_INVALID_PARAMETER);
    b = make("t-small");
    b.size = offsetof(replsvc_backend, flush);
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_INVALID_PARAMETER);
    b = make("t-api");
    b.api_version = REPLSVC_BACKEND_API_VERSION + 1;
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_NOT_SUPPORTED);
    b = make("t-noflush");
    b.flush = NULL;
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_INVALID_PARAMETER);
    b = make("t-halfqueue");
    b.queue_close = t_handle;
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_INVALID_PARAMETER);
    const char *names[] = {NULL, "", "Upper", "1st", "a:b", "a/b", "abcdefghijabcdefghijabcdefghijab"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        b = make(names[i]);
        assert_int_equal(replsvc_backend_register(&b), REPLSVC_INVALID_PARAMETER);
    }
}

static void no_memory_leaves_the_backend_unknown(void **state)
{
    (void)state;
    static replsvc_backend b;
    b = make("t-oom");
    mem_fail_at(1);
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_FAILED);
    mem_fail_at(0);
    assert_null(replsvc_backend_find("t-oom"));
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
}

static void a_module_that_is_none_is_refused_with_the_reason(void **state)
{
    (void)state;
    assert_int_equal(replsvc_backend_load(NULL), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_backend_load("libc.so.6"), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_backend_load("/nonexistent/module.so"), REPLSVC_FAILED);
    char path[] = "/tmp/replsvc-module-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "not an object\n", 14), 14);
    close(fd);
    assert_int_equal(replsvc_backend_load(path), REPLSVC_FAILED);
    unlink(path);
}

/* Compiles a module from source; false (with a message) if there is no compiler. */
static bool compile(const char *folder, const char *name, const char *text)
{
    char command[4096], source[256];
    snprintf(source, sizeof(source), "%s/%s.c", folder, name);
    FILE *f = fopen(source, "w");
    assert_non_null(f);
    fprintf(f, "#include <replsvc/backend.h>\n%s", text);
    fclose(f);
    const char *tree = getenv("REPLSVC_SOURCE_DIR"), *tail = strstr(__FILE__, "/tests/unit/registry.c");
    assert_non_null(tail);
    if (tree != NULL)
        snprintf(source, sizeof(source), "%s", tree);
    else
        snprintf(source, sizeof(source), "%.*s", (int)(tail - __FILE__), __FILE__);
    snprintf(command, sizeof(command), "cc -shared -fPIC -I'%s/include' -o '%s/%s.so' '%s/%s.c' 2>&1", source,
             folder, name, folder, name);
    return system(command) == 0;
}

static const char module_text[] =
    "static int io(void *h, const struct iovec *v, int n, uint64_t o, uint32_t f)"
    "{ (void)h, (void)v, (void)n, (void)o, (void)f; return 0; }\n"
    "static int op(void *h) { (void)h; return 0; }\n"
    "static int op_open(const char *p, const replsvc_backend_open_options *o, void **h)"
    "{ (void)p, (void)o; *h = 0; return 0; }\n"
    "static int op_info(void *h, replsvc_backend_info *i) { (void)h, (void)i; return 0; }\n"
    "static const replsvc_backend b = {.size = sizeof(b), .api_version = VERSION, .name = NAME,"
    " .open = op_open, .close = op, .info = op_info, .preadv = io, .pwritev = io, .flush = op};\n"
    "const replsvc_backend *replsvc_backend_module(void) { return &b; }\n";

static void a_module_is_loaded_and_its_backend_found(void **state)
{
    (void)state;
    char folder[] = "/tmp/replsvc-registry-XXXXXX", path[256], text[2048], command[300];
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof(text), "#define VERSION 1\n#define NAME \"t-module\"\n%s", module_text);
    bool compiled = compile(folder, "good", text);
    if (compiled) {
        snprintf(text, sizeof(text), "#define VERSION 99\n#define NAME \"t-module\"\n%s", module_text);
        assert_true(compile(folder, "foreign", text));
        assert_true(compile(folder, "empty", "int nothing;\n"));
        assert_true(
            compile(folder, "null", "const replsvc_backend *replsvc_backend_module(void) { return 0; }\n"));

        snprintf(path, sizeof(path), "%s/foreign.so", folder);
        assert_int_equal(replsvc_backend_load(path), REPLSVC_NOT_SUPPORTED);
        snprintf(path, sizeof(path), "%s/empty.so", folder);
        assert_int_equal(replsvc_backend_load(path), REPLSVC_INVALID_PARAMETER);
        snprintf(path, sizeof(path), "%s/null.so", folder);
        assert_int_equal(replsvc_backend_load(path), REPLSVC_FAILED);
        assert_null(replsvc_backend_find("t-module"));

        snprintf(path, sizeof(path), "%s/good.so", folder);
        assert_int_equal(replsvc_backend_load(path), REPLSVC_OK);
        assert_int_equal(replsvc_backend_load(path), REPLSVC_OK); /* again: still one */
        const replsvc_backend *b = replsvc_backend_find("t-module");
        assert_non_null(b);
        void *handle;
        assert_int_equal(b->open("x", NULL, &handle), 0);

        /* By its scheme, in the directories of the environment; a variant of a scheme by the stem. */
        snprintf(text, sizeof(text), "#define VERSION 1\n#define NAME \"autot\"\n%s", module_text);
        assert_true(compile(folder, "replsvc-autot", text));
        assert_null(replsvc_backend_find("autot"));
        snprintf(path, sizeof(path), "relative:%s", folder);
        assert_int_equal(setenv("REPLSVC_BACKENDS", path, 1), 0);
        assert_null(replsvc_backend_find("autots+unix")); /* loads the module, which has no such variant */
        assert_non_null(replsvc_backend_find("autot"));
        snprintf(path, sizeof(path), "%s/replsvc-autobad.so", folder);
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fclose(f);
        const replsvc_backend *bad;
        const char *rest;
        assert_int_equal(backend_locate("autobad:x", &bad, &rest), -EPROTONOSUPPORT);
        assert_non_null(strstr(svc_backend_error(), "replsvc-autobad.so"));
        unsetenv("REPLSVC_BACKENDS");
    }
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    if (!compiled) {
        print_message("no compiler \"cc\" to make a module with\n");
        skip();
    }
}

static void a_locator_is_taken_apart(void **state)
{
    (void)state;
    static replsvc_backend b;
    b = make("t-loc.1+2-3");
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    const replsvc_backend *found;
    const char *path;
    assert_int_equal(backend_locate("t-loc.1+2-3:/a/b:c", &found, &path), 0);
    assert_string_equal(path, "/a/b:c");
    assert_string_equal(found->name, "t-loc.1+2-3");
}

static void a_locator_that_is_none_is_refused_with_the_reason(void **state)
{
    (void)state;
    const replsvc_backend *found;
    const char *path;
    const char *bad[] = {"", ":", ":/a", "file", "/a/b.img", "FILE:/a", "file:", "1:/a", "a b:/c"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        svc_clear_error();
        assert_int_equal(backend_locate(bad[i], &found, &path), -EINVAL);
        assert_string_not_equal(svc_backend_error(), "");
    }
    svc_clear_error();
    assert_int_equal(backend_locate("t-nobody:/a", &found, &path), -EPROTONOSUPPORT);
    assert_non_null(strstr(svc_backend_error(), "t-nobody"));

    char *huge = malloc(REPLSVC_LOCATOR_SIZE + 100);
    assert_non_null(huge);
    memset(huge, 'a', REPLSVC_LOCATOR_SIZE + 99);
    huge[REPLSVC_LOCATOR_SIZE + 99] = '\0';
    huge[4] = ':';
    assert_int_equal(backend_locate(huge, &found, &path), -EINVAL);
    free(huge);
}

static void a_canonical_locator_comes_from_the_backend_and_fits(void **state)
{
    (void)state;
    static replsvc_backend b, plain;
    b = make("t-canon");
    b.check = t_check;
    plain = make("t-plain");
    assert_int_equal(replsvc_backend_register(&b), REPLSVC_OK);
    assert_int_equal(replsvc_backend_register(&plain), REPLSVC_OK);
    char out[REPLSVC_LOCATOR_SIZE], longest[REPLSVC_LOCATOR_SIZE];
    assert_int_equal(backend_canonical("t-canon:x", out), 0);
    assert_string_equal(out, "t-canon:/canonical/x");
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    memcpy(longest, "t-plain:", 8);
    assert_int_equal(backend_canonical(longest, out), 0);
    assert_string_equal(out, longest);
    memcpy(longest, "t-canon:", 8);
    assert_int_equal(backend_canonical(longest, out), -ENAMETOOLONG);
}

static replsvc_backend racing[8][16];
static char racing_names[16][16];

static void *race(void *arg)
{
    replsvc_backend *mine = arg;
    for (int i = 0; i < 16; i++) {
        uint32_t code = replsvc_backend_register(&mine[i]);
        if ((code != REPLSVC_OK && code != REPLSVC_IN_USE) || replsvc_backend_find(mine[i].name) == NULL)
            return arg;
    }
    return NULL;
}

static void threads_may_register_and_find_at_once(void **state)
{
    (void)state;
    pthread_t threads[8];
    for (int i = 0; i < 16; i++)
        snprintf(racing_names[i], sizeof(racing_names[i]), "t-race%d", i);
    for (int t = 0; t < 8; t++)
        for (int i = 0; i < 16; i++)
            racing[t][i] = make(racing_names[i]);
    for (int t = 0; t < 8; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, race, racing[t]), 0);
    for (int t = 0; t < 8; t++) {
        void *failed;
        assert_int_equal(pthread_join(threads[t], &failed), 0);
        assert_null(failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registered_backend_is_found),
        cmocka_unit_test(registering_twice_is_no_error_but_a_namesake_is_in_use),
        cmocka_unit_test(an_older_smaller_struct_works),
        cmocka_unit_test(a_newer_bigger_struct_works),
        cmocka_unit_test(what_cannot_work_is_refused),
        cmocka_unit_test(no_memory_leaves_the_backend_unknown),
        cmocka_unit_test(a_module_that_is_none_is_refused_with_the_reason),
        cmocka_unit_test(a_module_is_loaded_and_its_backend_found),
        cmocka_unit_test(a_locator_is_taken_apart),
        cmocka_unit_test(a_locator_that_is_none_is_refused_with_the_reason),
        cmocka_unit_test(a_canonical_locator_comes_from_the_backend_and_fits),
        cmocka_unit_test(threads_may_register_and_find_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
