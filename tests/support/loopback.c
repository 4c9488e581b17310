/* SPDX-License-Identifier: BSD-2-Clause */
/* Connected handles in place of services: see loopback.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/loopback.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/service_world.h"
#include "support/tempdir.h"

#define MAX_PAIRS 16

static struct {
    replsvc_service *connected, *opened;
    char directory[TEMPDIR_SIZE]; /* with the socket */
} pairs[MAX_PAIRS];

static int pair_of(const replsvc_service *connected)
{
    int i = 0;
    while (i < MAX_PAIRS && pairs[i].connected != connected)
        i++;
    return i;
}

replsvc_service *loopback(replsvc_service *opened)
{
    char path[108];
    if (getenv("REPLSVC_TEST_SOCKET") == NULL)
        return opened;
    int i = pair_of(NULL);
    assert_true(i < MAX_PAIRS);
    tempdir_make(pairs[i].directory);
    snprintf(path, sizeof path, "%.99s/socket", pairs[i].directory);
    assert_done(replsvc_service_listen(opened, path, NULL));
    assert_done(replsvc_service_connect(path, &pairs[i].connected));
    pairs[i].opened = opened;
    return pairs[i].connected;
}

replsvc_service *loopback_opened(replsvc_service *service)
{
    int i = pair_of(service);
    return service != NULL && i < MAX_PAIRS ? pairs[i].opened : service;
}

void loopback_close(replsvc_service *service)
{
    int i = pair_of(service);
    replsvc_service *opened = loopback_opened(service);
    if (opened != service) {
        replsvc_service_close(service);
        pairs[i].connected = pairs[i].opened = NULL;
    }
    replsvc_service_close(opened);
    if (opened != service)
        tempdir_remove(pairs[i].directory);
}
