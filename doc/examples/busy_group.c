/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A group is replicated while something writes to its members: for doc/quickstart.
 *
 *     ./busy_group STATE_DIRECTORY GROUP POOL TYPE NAME
 *
 * TYPE is clone, snapshot or mirror. A thread writes numbered records to the last bytes of each member,
 * record n to the first, then to the second and so on, then n + 1. When it is well under way the group is
 * replicated with sequential consistency; for clones and snapshots the replica is looked at, and the records
 * that it shows must be of one instant: none newer than on the member before, and none older by more than
 * one. A mirror is split while the writer still runs, and must show such an instant then.
 */
#include <pthread.h>
#include <replsvc/replsvc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 4096, MOST = 16 };

static replsvc_service *service;
static replsvc_element_ref *members;
static size_t n_members;
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
    fprintf(stderr, "%s: %s %s\n", what, strerror(-err), replsvc_last_error()->message);
    exit(1);
}

/* Opens an element; the record lies in its last sector. */
static uint64_t open_member(const replsvc_element_ref *element, uint32_t flags, replsvc_volume **volume)
{
    replsvc_volume_info info = {.size = sizeof(info)};
    check_io(replsvc_volume_open(service, element, flags, volume), "open a member");
    check_io(replsvc_volume_get_info(*volume, &info), "look at a member");
    return info.size_bytes - SECTOR;
}

static void *writer(void *unused)
{
    static unsigned char sector[SECTOR];
    replsvc_volume *volumes[MOST];
    uint64_t places[MOST];
    (void)unused;
    for (size_t i = 0; i < n_members; i++)
        places[i] = open_member(&members[i], REPLSVC_VOLUME_WRITABLE, &volumes[i]);
    for (uint64_t record = 1; !stop; record++) {
        memcpy(sector, &record, sizeof(record));
        for (size_t i = 0; i < n_members; i++)
            check_io(replsvc_volume_pwrite(volumes[i], sector, SECTOR, places[i], 0), "write a record");
        written = record;
    }
    for (size_t i = 0; i < n_members; i++)
        check_io(replsvc_volume_close(volumes[i]), "close a member");
    return NULL;
}

static void look_at(const replsvc_group_ref *group, const char *name)
{
    replsvc_element_ref *targets;
    size_t n;
    uint64_t first = 0, previous = 0;
    check(replsvc_group_get_members(service, group, &targets, &n), "list the targets");
    printf("%s: the writer's last records there are", name);
    for (size_t i = 0; i < n; i++) {
        unsigned char sector[SECTOR];
        replsvc_volume *volume;
        uint64_t record, place = open_member(&targets[i], 0, &volume);
        check_io(replsvc_volume_pread(volume, sector, SECTOR, place, 0), "read a record");
        check_io(replsvc_volume_close(volume), "close a target");
        memcpy(&record, sector, sizeof(record));
        printf(" %llu", (unsigned long long)record);
        first = i == 0 ? record : first;
        if (i > 0 && (record > previous || record + 1 < first)) {
            printf(": not of one instant\n");
            exit(1);
        }
        previous = record;
    }
    printf(": one instant\n");
    replsvc_free(targets);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        fprintf(stderr, "usage: busy_group STATE_DIRECTORY GROUP POOL clone|snapshot|mirror NAME\n");
        return 64;
    }
    const char *type = argv[4], *name = argv[5];
    uint16_t sync_type = strcmp(type, "mirror") == 0     ? REPLSVC_SYNC_TYPE_MIRROR
                         : strcmp(type, "snapshot") == 0 ? REPLSVC_SYNC_TYPE_SNAPSHOT
                                                         : REPLSVC_SYNC_TYPE_CLONE;
    replsvc_group_ref group, target = {""};
    replsvc_pool_ref pool;
    replsvc_job_ref job;
    replsvc_sync_ref sync;
    replsvc_sync_info info = {.size = sizeof(info)};
    pthread_t thread;
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    check(replsvc_group_find(service, argv[2], &group), "find the group");
    check(replsvc_pool_find(service, argv[3], &pool), "find the pool");
    check(replsvc_group_get_members(service, &group, &members, &n_members), "list the members");
    if (n_members == 0 || n_members > MOST)
        return 1;
    pthread_create(&thread, NULL, writer, NULL);
    while (written < 100)
        sched_yield();
    check(replsvc_create_group_replica(service, name, sync_type, 0, &group, NULL, NULL, &target, 0, NULL,
                                       REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL, &job, &sync, NULL,
                                       &pool, REPLSVC_COPY_STATE_SYNCHRONIZED),
          "replicate the group");
    if (sync_type == REPLSVC_SYNC_TYPE_MIRROR)
        check(replsvc_modify_replica_synchronization(service, REPLSVC_OPERATION_SPLIT, &sync, NULL, NULL, 0,
                                                     NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                     REPLSVC_COPY_STATE_SPLIT, NULL),
              "split the mirror");
    look_at(&target, name);
    check(replsvc_sync_get_info(service, &sync, &info), "look at the relationship");
    printf("%s: CopyState %u, writes were held for %lld us\n", name, info.copy_state,
           (long long)info.cut_pause_us);
    stop = true;
    pthread_join(thread, NULL);
    printf("%s: %llu records were written meanwhile\n", name, (unsigned long long)written);
    replsvc_free(members);
    replsvc_service_close(service);
    return 0;
}
