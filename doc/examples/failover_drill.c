/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A failover drill with a consistency group: its mirror takes over, works for a while, and hands back.
 *
 *     ./failover_drill STATE_DIRECTORY POOL_DIRECTORY
 */
#include <errno.h>
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VOLUMES = 2, SIZE = 8 << 20, SECTOR = 512 };

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

static void write_text(const replsvc_element_ref elements[], const char *text)
{
    for (int i = 0; i < VOLUMES; i++) {
        char sector[SECTOR] = "";
        replsvc_volume *volume;
        snprintf(sector, sizeof(sector), "%s", text);
        check_io(replsvc_volume_open(service, &elements[i], REPLSVC_VOLUME_WRITABLE, &volume), "open");
        check_io(replsvc_volume_pwrite(volume, sector, sizeof(sector), 0, REPLSVC_IO_FUA), "write");
        check_io(replsvc_volume_close(volume), "close");
    }
}

static void expect_text(const replsvc_element_ref elements[], const char *text)
{
    for (int i = 0; i < VOLUMES; i++) {
        char sector[SECTOR];
        replsvc_volume *volume;
        check_io(replsvc_volume_open(service, &elements[i], 0, &volume), "open");
        check_io(replsvc_volume_pread(volume, sector, sizeof(sector), 0, 0), "read");
        check_io(replsvc_volume_close(volume), "close");
        if (strcmp(sector, text) != 0) {
            fprintf(stderr, "volume %d reads `%.80s`, not `%s`\n", i, sector, text);
            exit(1);
        }
    }
}

/* After a failover the sources are write-protected. */
static void expect_protected(const replsvc_element_ref elements[])
{
    for (int i = 0; i < VOLUMES; i++) {
        replsvc_volume *volume;
        int err = replsvc_volume_open(service, &elements[i], REPLSVC_VOLUME_WRITABLE, &volume);
        if (err != -EROFS) {
            fprintf(stderr, "a source can be written after the failover\n");
            exit(1);
        }
    }
}

static void operate(uint16_t operation, const char *name, const replsvc_sync_ref *synchronization,
                    uint16_t state)
{
    replsvc_sync_info info = {.size = sizeof(info)};
    check(replsvc_modify_replica_synchronization(service, operation, synchronization, NULL, NULL, 0, NULL,
                                                 NULL, REPLSVC_BOOL_ABSENT, state, NULL),
          name);
    check(replsvc_sync_get_info(service, synchronization, &info), "look at the relationship");
    printf("%s: CopyState %u\n", name, info.copy_state);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: failover_drill STATE_DIRECTORY POOL_DIRECTORY\n");
        return 64;
    }
    static const char *const names[VOLUMES] = {"orders", "stock"};
    char locator[4096];
    replsvc_pool_ref pool;
    replsvc_element_ref sources[VOLUMES], *targets;
    replsvc_group_ref group, target_group = {""};
    replsvc_sync_ref mirror;
    size_t n;
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "register the pool");
    for (int i = 0; i < VOLUMES; i++)
        check(replsvc_element_create(service, names[i], &pool, SIZE, NULL, &sources[i]), "create a volume");
    check(replsvc_create_group(service, "shop", sources, VOLUMES, REPLSVC_BOOL_ABSENT, REPLSVC_BOOL_ABSENT,
                               REPLSVC_BOOL_ABSENT, NULL, &group, NULL),
          "create the group");
    check(replsvc_create_group_replica(service, "site-b", REPLSVC_SYNC_TYPE_MIRROR, 0, &group, NULL, NULL,
                                       &target_group, 0, NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY,
                                       NULL, NULL, &mirror, NULL, &pool, REPLSVC_COPY_STATE_SYNCHRONIZED),
          "mirror the group");
    check(replsvc_group_get_members(service, &target_group, &targets, &n), "list the targets");
    if (n != VOLUMES)
        return 1;
    write_text(sources, "before the drill");

    /* The targets take over: they may be written, the sources may not. */
    operate(REPLSVC_OPERATION_FAILOVER, "Failover", &mirror, REPLSVC_COPY_STATE_FAILEDOVER);
    expect_protected(sources);
    expect_text(targets, "before the drill");
    write_text(targets, "written at site B");

    /* Back: what was written there goes to the sources, by the differences; the roles are as before. */
    operate(REPLSVC_OPERATION_FAILBACK, "Failback", &mirror, REPLSVC_COPY_STATE_SYNCHRONIZED);
    expect_text(sources, "written at site B");
    write_text(sources, "after the drill");
    operate(REPLSVC_OPERATION_SPLIT, "Split", &mirror, REPLSVC_COPY_STATE_SPLIT);
    expect_text(targets, "after the drill");
    puts("the drill is over: nothing was lost");
    replsvc_free(targets);
    replsvc_service_close(service);
    return 0;
}
