/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service on a simulated world, for tests of the model: the state directory "state" and disks "d0", "d1" …
 * as elements of the same names. Everything is in memory.
 */
#ifndef TESTS_SUPPORT_SERVICE_WORLD_H
#define TESTS_SUPPORT_SERVICE_WORLD_H

#include <replsvc/replsvc.h>

#include "service/service.h"
#include "sim/world.h"

struct service_world {
    struct world *world;
    replsvc_service *svc;
    replsvc_element_ref *elements;
    size_t n;
};

/* World with n disks of size bytes, bound to "", and an open service in which all are registered. */
void service_world_make(struct service_world *w, size_t n, uint64_t size);
void service_world_free(struct service_world *w);
/* Closes and opens the service again on what is in the world. */
void service_world_reopen(struct service_world *w);
/* Opens a service on a world's state directory. */
uint32_t service_world_open(struct world *world, const replsvc_service_options *options,
                            replsvc_service **svc);

/* Asserts the code of the last call, its parameter ("" = none) and that there is a message. */
void assert_refused(uint32_t code, uint32_t expected, const char *parameter);
/* Asserts success, printing the message otherwise. */
void assert_done(uint32_t code);

#endif
