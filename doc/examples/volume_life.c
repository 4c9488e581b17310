/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A replica's whole life, as a backup product drives it: pick a target, copy, split, mount, resync by the
 * differences, restore after an accident, detach, delete; and a second replica that is made in a pool by a
 * goal.
 *
 *     ./volume_life STATE_DIRECTORY POOL_DIRECTORY
 */
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 8 << 20, SECTOR = 512 };

static replsvc_service *service;

static void check(uint32_t code, const char *what)
{
    if (code == REPLSVC_OK || code == REPLSVC_JOB_STARTED)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    exit(1);
}

static void check_io(int err, const char *what)
{
    if (err == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-err));
    exit(1);
}

static void write_text(const replsvc_element_ref *element, const char *text)
{
    char sector[SECTOR] = "";
    replsvc_volume *volume;
    snprintf(sector, sizeof(sector), "%s", text);
    check_io(replsvc_volume_open(service, element, REPLSVC_VOLUME_WRITABLE, &volume), "open to write");
    check_io(replsvc_volume_pwrite(volume, sector, sizeof(sector), 0, REPLSVC_IO_FUA), "write");
    check_io(replsvc_volume_close(volume), "close");
}

/* What a host finds there must be the text. */
static void expect_text(const replsvc_element_ref *element, const char *text)
{
    char sector[SECTOR];
    replsvc_volume *volume;
    check_io(replsvc_volume_open(service, element, 0, &volume), "open to read");
    check_io(replsvc_volume_pread(volume, sector, sizeof(sector), 0, 0), "read");
    check_io(replsvc_volume_close(volume), "close");
    if (strcmp(sector, text) != 0) {
        fprintf(stderr, "it reads `%.80s`, not `%s`\n", sector, text);
        exit(1);
    }
    printf("it reads `%s`\n", text);
}

/* Ask for an operation if it is legal now, and wait until it has ended in the state that it should. */
static void operate(uint16_t operation, const char *name, const replsvc_sync_ref *synchronization,
                    uint16_t state)
{
    uint16_t *operations;
    size_t n;
    bool allowed = false;
    replsvc_job_ref job;
    replsvc_sync_info info = {.size = sizeof(info)};
    check(replsvc_get_supported_operations_for_synchronization(service, synchronization, NULL, &operations,
                                                               &n, NULL, NULL, NULL, NULL, NULL, NULL),
          "ask for what is legal");
    for (size_t i = 0; i < n; i++)
        allowed = allowed || operations[i] == operation;
    replsvc_free(operations);
    if (!allowed) {
        fprintf(stderr, "%s is not possible now\n", name);
        exit(1);
    }
    check(replsvc_modify_replica_synchronization(service, operation, synchronization, NULL, NULL, 0, &job,
                                                 NULL, REPLSVC_BOOL_ABSENT, 0, NULL),
          name);
    if (job.id[0] != '\0')
        check(replsvc_job_wait(service, &job, -1), name);
    check(replsvc_sync_get_info(service, synchronization, &info), "look at the relationship");
    printf("%s: CopyState %u\n", name, info.copy_state);
    if (info.copy_state != state) {
        fprintf(stderr, "the CopyState should be %u\n", state);
        exit(1);
    }
}

static void detach(const replsvc_sync_ref *synchronization)
{
    check(replsvc_modify_replica_synchronization(service, REPLSVC_OPERATION_DETACH, synchronization, NULL,
                                                 NULL, 0, NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                 REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL),
          "detach");
}

/* Copy to the best of the existing elements that fit. */
static void replicate(const replsvc_element_ref *source, const replsvc_pool_ref *pool,
                      replsvc_element_ref *target, replsvc_sync_ref *synchronization)
{
    replsvc_element_ref *candidates;
    size_t n;
    replsvc_job_ref job;
    check(replsvc_element_create(service, "spare", pool, SIZE, NULL, NULL), "create a spare volume");
    check(replsvc_get_available_target_elements(service, source, REPLSVC_SYNC_TYPE_CLONE, 0, NULL, NULL, NULL,
                                                pool, 1, NULL, &candidates, &n, 0),
          "ask for targets");
    printf("%zu elements could be targets\n", n);
    if (n == 0)
        exit(1);
    *target = candidates[0];
    replsvc_free(candidates);
    check(replsvc_create_element_replica(service, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, source, NULL, target,
                                         NULL, NULL, &job, synchronization, NULL, NULL, 0, NULL, NULL, 0),
          "clone the volume");
    if (job.id[0] != '\0')
        check(replsvc_job_wait(service, &job, -1), "copy");
}

/* Another replica, made in the pool as a goal says: a VHDX image. */
static void archive(const replsvc_element_ref *source, const replsvc_pool_ref *pool)
{
    replsvc_setting_goal goal = {.size = sizeof(goal), .format = "vhdx", .block_size = 1 << 20};
    replsvc_setting_ref setting;
    replsvc_element_ref target = {""};
    replsvc_element_info info = {.size = sizeof(info)};
    replsvc_sync_ref synchronization;
    check(replsvc_setting_create(service, &goal, &setting), "keep a goal");
    check(replsvc_create_element_replica(service, "archive", REPLSVC_SYNC_TYPE_CLONE, 0, source, NULL,
                                         &target, NULL, NULL, NULL, &synchronization, &setting, pool,
                                         REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0),
          "archive the volume");
    check(replsvc_element_get_info(service, &target, &info), "look at the archive");
    printf("archived in %s\n", info.locator);
    detach(&synchronization);
    check(replsvc_setting_delete(service, &setting), "forget the goal");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: volume_life STATE_DIRECTORY POOL_DIRECTORY\n");
        return 64;
    }
    char locator[4096];
    replsvc_pool_ref pool;
    replsvc_element_ref source, target;
    replsvc_sync_ref synchronization;
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "register the pool");
    check(replsvc_element_create(service, "data", &pool, SIZE, NULL, &source), "create the volume");
    write_text(&source, "monday");
    replicate(&source, &pool, &target, &synchronization);

    /* Split: the target is a disk of its own, which a backup mounts. */
    operate(REPLSVC_OPERATION_SPLIT, "Split", &synchronization, REPLSVC_COPY_STATE_SPLIT);
    write_text(&source, "tuesday");
    expect_text(&target, "monday");

    /* Resync: only what differs is copied. The target is tuesday's now. */
    operate(REPLSVC_OPERATION_RESYNC_REPLICA, "Resync", &synchronization, REPLSVC_COPY_STATE_SYNCHRONIZED);
    operate(REPLSVC_OPERATION_SPLIT, "Split", &synchronization, REPLSVC_COPY_STATE_SPLIT);

    /* An accident: the source shows what the replica has as soon as the restore has begun. */
    write_text(&source, "garbage");
    operate(REPLSVC_OPERATION_RESTORE_FROM_REPLICA, "Restore", &synchronization, REPLSVC_COPY_STATE_RESTORED);
    expect_text(&source, "tuesday");

    /* Detach: both are independent; the target's element and data can be deleted. */
    detach(&synchronization);
    check(replsvc_element_unregister(service, &target, true), "delete the target");
    archive(&source, &pool);
    replsvc_service_close(service);
    return 0;
}
