/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tests of the service once more through the control socket: with REPLSVC_TEST_SOCKET=1 in the
 * environment a test world listens with the service that it opens, and what the test gets is a handle that is
 * connected to it. CMake runs those tests so that leave host I/O to the helpers of their world.
 */
#ifndef TESTS_SUPPORT_LOOPBACK_H
#define TESTS_SUPPORT_LOOPBACK_H

#include <replsvc/replsvc.h>

/* The service itself, or the handle connected to it. */
replsvc_service *loopback(replsvc_service *opened);
/* The service behind such a handle, or what was given. */
replsvc_service *loopback_opened(replsvc_service *service);
/* Closes the handle and what is behind it. */
void loopback_close(replsvc_service *service);

#endif
