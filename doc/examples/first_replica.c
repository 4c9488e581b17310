/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first replica: opens a service, makes a disk image known, and clones it into a pool.
 *
 *     cc first_replica.c $(pkg-config --cflags --libs replsvc) -o first_replica
 *     ./first_replica STATE_DIRECTORY IMAGE POOL_DIRECTORY
 */
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>

static replsvc_service *service;

/* Every call returns a CIM code: 0 and 4096 (a job goes on with the work) are success. */
static void check(uint32_t code, const char *what)
{
    if (code == REPLSVC_OK || code == REPLSVC_JOB_STARTED)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    if (service != NULL)
        replsvc_service_close(service);
    exit(1);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: first_replica STATE_DIRECTORY IMAGE POOL_DIRECTORY\n");
        return 64;
    }
    /* A directory holds all that the service knows. It is made if it is not there. */
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");

    /* Elements are images or devices; a pool is where the service may make new ones. */
    char locator[4096];
    replsvc_element_ref image;
    replsvc_pool_ref pool;
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    check(replsvc_element_register(service, "image", locator, NULL, &image), "register the image");
    snprintf(locator, sizeof(locator), "file:%s", argv[3]);
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "register the pool");

    /* CreateElementReplica. What is absent is NULL, 0 or "". */
    replsvc_element_ref target = {""};
    replsvc_job_ref job;
    replsvc_sync_ref synchronization;
    check(replsvc_create_element_replica(service, "copy", REPLSVC_SYNC_TYPE_CLONE, 0, &image, NULL, &target,
                                         NULL, NULL, &job, &synchronization, NULL, &pool, 0, NULL, NULL, 0),
          "create the replica");

    /* The clone shows the image as it was at the call, at once; a job makes it complete. */
    if (job.id[0] != '\0')
        check(replsvc_job_wait(service, &job, -1), "copy");

    replsvc_sync_info info = {.size = sizeof(info)};
    check(replsvc_sync_get_info(service, &synchronization, &info), "look at the relationship");
    printf("CopyState %u (%s), %u %% synced\n", info.copy_state,
           info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ? "Synchronized" : "not synchronized",
           info.percent_synced);
    replsvc_service_close(service);
    return info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ? 0 : 1;
}
