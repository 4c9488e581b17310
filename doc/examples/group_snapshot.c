/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A consistency group's day: snapshots of a group of volumes while something writes to them, as a backup
 * agent makes them, and the proof that each shows one single instant.
 *
 *     ./group_snapshot STATE_DIRECTORY POOL_DIRECTORY
 *
 * A thread plays a data base on three volumes: it writes record n to the first volume, then to the second,
 * then to the third, then goes on with n + 1. So at every instant the three last records differ by one at
 * most, the first volume being ahead. A snapshot that mixes instants shows something else.
 */
#include <pthread.h>
#include <replsvc/replsvc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOLUMES = 3, ROUNDS = 5, SECTOR = 4096, SIZE = 8 << 20 };

static replsvc_service *service;
static replsvc_element_ref elements[VOLUMES];
static atomic_bool stop;
static atomic_ullong written;

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

/* The record's place moves on, so that every write is a first touch now and then. */
static void *database(void *unused)
{
    static unsigned char sector[SECTOR];
    replsvc_volume *volumes[VOLUMES];
    (void)unused;
    for (int i = 0; i < VOLUMES; i++)
        check_io(replsvc_volume_open(service, &elements[i], REPLSVC_VOLUME_WRITABLE, &volumes[i]), "open");
    for (uint64_t record = 1; !stop; record++) {
        memcpy(sector, &record, sizeof(record));
        for (int i = 0; i < VOLUMES; i++) {
            check_io(replsvc_volume_pwrite(volumes[i], sector, SECTOR, 0, 0), "write");
            check_io(replsvc_volume_pwrite(volumes[i], sector, SECTOR, record * SECTOR % SIZE, 0), "write");
        }
        written = record;
    }
    for (int i = 0; i < VOLUMES; i++)
        check_io(replsvc_volume_close(volumes[i]), "close");
    return NULL;
}

/* The last record that an element shows. */
static uint64_t last_record(const replsvc_element_ref *element)
{
    unsigned char sector[SECTOR];
    replsvc_volume *volume;
    uint64_t record, highest;
    check_io(replsvc_volume_open(service, element, 0, &volume), "open a snapshot");
    check_io(replsvc_volume_pread(volume, sector, SECTOR, 0, 0), "read a snapshot");
    memcpy(&highest, sector, sizeof(highest));
    /* Record 0's place belongs to the counter; every other place holds a record of the latest lap. */
    for (uint64_t at = SECTOR; at < SIZE; at += SECTOR) {
        check_io(replsvc_volume_pread(volume, sector, SECTOR, at, 0), "read a snapshot");
        memcpy(&record, sector, sizeof(record));
        if (record > highest) {
            fprintf(stderr, "a snapshot has record %llu before it was counted\n", (unsigned long long)record);
            exit(1);
        }
    }
    check_io(replsvc_volume_close(volume), "close a snapshot");
    return highest;
}

static void take_snapshot(const replsvc_group_ref *group, const replsvc_pool_ref *pool, int round)
{
    char name[32];
    replsvc_group_ref target = {""};
    replsvc_sync_ref snapshot;
    replsvc_sync_info info = {.size = sizeof(info)};
    replsvc_element_ref *members;
    size_t n;
    snprintf(name, sizeof(name), "snapshot%d", round);
    check(replsvc_create_group_replica(service, name, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, group, NULL, NULL,
                                       &target, 0, NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL,
                                       NULL, &snapshot, NULL, pool, REPLSVC_COPY_STATE_SYNCHRONIZED),
          "take a snapshot");
    check(replsvc_sync_get_info(service, &snapshot, &info), "look at the snapshot");
    check(replsvc_group_get_members(service, &target, &members, &n), "list the snapshot's members");
    uint64_t records[VOLUMES];
    for (size_t i = 0; i < n && i < VOLUMES; i++)
        records[i] = last_record(&members[i]);
    replsvc_free(members);
    printf("%s: records %llu %llu %llu, writes held for %lld us\n", name, (unsigned long long)records[0],
           (unsigned long long)records[1], (unsigned long long)records[2], (long long)info.cut_pause_us);
    if (records[0] < records[1] || records[1] < records[2] || records[2] + 1 < records[0]) {
        fprintf(stderr, "the snapshot mixes instants\n");
        exit(1);
    }
}

/* As clients delete snapshots: Return To ResourcePool, forced, and wait for the end whatever it is. */
static void delete_snapshot(int round)
{
    char name[32];
    replsvc_sync_ref snapshot;
    snprintf(name, sizeof(name), "snapshot%d", round);
    check(replsvc_sync_find(service, name, &snapshot), "find the snapshot");
    check(replsvc_modify_replica_synchronization(service, REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL, &snapshot,
                                                 NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_TRUE,
                                                 REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL),
          "delete the snapshot");
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: group_snapshot STATE_DIRECTORY POOL_DIRECTORY\n");
        return 64;
    }
    static const char *const names[VOLUMES] = {"data", "log", "index"};
    char locator[4096];
    replsvc_pool_ref pool;
    replsvc_group_ref group;
    pthread_t writer;
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "register the pool");
    for (int i = 0; i < VOLUMES; i++)
        check(replsvc_element_create(service, names[i], &pool, SIZE, NULL, &elements[i]), "create a volume");
    check(replsvc_create_group(service, "database", elements, VOLUMES, REPLSVC_BOOL_ABSENT,
                               REPLSVC_BOOL_ABSENT, REPLSVC_BOOL_ABSENT, NULL, &group, NULL),
          "create the group");
    pthread_create(&writer, NULL, database, NULL);
    for (int round = 1; round <= ROUNDS; round++)
        take_snapshot(&group, &pool, round);
    /* From the middle first: the others keep their content. */
    delete_snapshot(ROUNDS / 2);
    for (int round = 1; round <= ROUNDS; round++) {
        if (round != ROUNDS / 2)
            delete_snapshot(round);
    }
    stop = true;
    pthread_join(writer, NULL);
    printf("%llu records were written meanwhile\n", (unsigned long long)written);
    replsvc_service_close(service);
    return 0;
}
