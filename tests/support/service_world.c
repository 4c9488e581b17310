/* SPDX-License-Identifier: BSD-2-Clause */
/* A service on a simulated world: see service_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/service_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/loopback.h"
#include "support/simvfs.h"

uint32_t service_world_open(struct world *world, const replsvc_service_options *options,
                            replsvc_service **svc)
{
    struct vfs *vfs;
    int r = simvfs_open(world, "state", true, &vfs);
    return r ? REPLSVC_FAILED : service_open_on(vfs, true, options, svc);
}

void service_world_make(struct service_world *w, size_t n, uint64_t size)
{
    *w = (struct service_world){.world = world_new(512), .n = n};
    assert_non_null(w->world);
    assert_int_equal(world_bind(w->world, ""), 0);
    w->elements = calloc(n + 1, sizeof *w->elements);
    assert_non_null(w->elements);
    assert_done(service_world_open(w->world, NULL, &w->svc));
    w->svc = loopback(w->svc);
    for (size_t i = 0; i < n; i++) {
        char name[32], locator[40];
        snprintf(name, sizeof name, "d%zu", i);
        snprintf(locator, sizeof locator, "sim:%s", name);
        assert_int_equal(world_disk(w->world, name, size), 0);
        assert_done(replsvc_element_register(w->svc, name, locator, NULL, &w->elements[i]));
    }
}

void service_world_reopen(struct service_world *w)
{
    loopback_close(w->svc);
    w->svc = NULL;
    assert_done(service_world_open(w->world, NULL, &w->svc));
    w->svc = loopback(w->svc);
}

void service_world_free(struct service_world *w)
{
    loopback_close(w->svc);
    world_unbind("");
    world_free(w->world);
    free(w->elements);
}

void assert_refused(uint32_t code, uint32_t expected, const char *parameter)
{
    const replsvc_error *error = replsvc_last_error();
    if (code != expected || strcmp(error->parameter, parameter) != 0)
        print_error("%u of \"%s\": %s\n", code, error->parameter, error->message);
    assert_int_equal(code, expected);
    assert_int_equal(error->code, expected);
    assert_string_equal(error->parameter, parameter);
    assert_true(error->message[0] != '\0');
}

void assert_done(uint32_t code)
{
    if (code != REPLSVC_OK)
        print_error("%u: %s\n", code, replsvc_last_error()->message);
    assert_int_equal(code, REPLSVC_OK);
}
