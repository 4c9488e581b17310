/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two processes, one service: a target that serves hosts, and an agent beside it that takes a snapshot of
 * each volume and watches what happens.
 *
 *     ./agent STATE_DIRECTORY POOL_DIRECTORY      the target; it starts the agent and waits for it
 *     ./agent --connect STATE_DIRECTORY           the agent
 *
 * The agent needs nothing but the directory's name: the target's library leaves there where it listens.
 */
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void check(uint32_t code, const char *what)
{
    if (code == REPLSVC_OK || code == REPLSVC_JOB_STARTED)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    exit(1);
}

/* ---- the agent ---- */

static void take_snapshot(replsvc_service *service, const replsvc_element_ref *volume)
{
    replsvc_sync_ref snapshot;
    replsvc_sync_info info = {.size = sizeof(info)};
    check(replsvc_create_element_replica(service, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, volume, NULL, NULL,
                                         NULL, NULL, NULL, &snapshot, NULL, NULL,
                                         REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0),
          "snapshot");
    check(replsvc_sync_get_info(service, &snapshot, &info), "look at the snapshot");
    printf("%s shows its source as of %lld\n", info.name, (long long)info.when_point_in_time);
}

static int agent(const char *state_directory)
{
    replsvc_service *service;
    replsvc_element_ref *volumes;
    replsvc_event event = {.size = sizeof(event)};
    size_t n;
    check(replsvc_service_connect(state_directory, &service), "connect");
    check(replsvc_element_list(service, &volumes, &n), "list the volumes");
    for (size_t i = 0; i < n; i++)
        take_snapshot(service, &volumes[i]);
    replsvc_free(volumes);
    while (replsvc_event_next(service, &event, 0) == REPLSVC_OK)
        printf("event %llu of %s\n", (unsigned long long)event.sequence, event.object);
    replsvc_service_close(service); /* the target's stays as it is */
    return 0;
}

/* ---- the target ---- */

static void add_volume(replsvc_service *service, const char *name, const replsvc_pool_ref *pool)
{
    replsvc_element_ref volume;
    check(replsvc_element_create(service, name, pool, 4 << 20, NULL, &volume), "make a volume");
}

/* 0 if it ended well. */
static int run_agent(const char *program, const char *state_directory)
{
    int status = 1;
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, "--connect", state_directory, (char *)NULL);
        _exit(127);
    }
    return child > 0 && waitpid(child, &status, 0) == child ? status : 1;
}

int main(int argc, char **argv)
{
    char path[108], locator[4096];
    replsvc_service *service;
    replsvc_pool_ref pool;
    if (argc != 3) {
        fprintf(stderr, "usage: %s STATE_DIRECTORY POOL_DIRECTORY\n", argv[0]);
        return 64;
    }
    if (strcmp(argv[1], "--connect") == 0)
        return agent(argv[2]);
    if ((size_t)snprintf(path, sizeof(path), "%s.socket", argv[1]) >= sizeof(path) ||
        (size_t)snprintf(locator, sizeof(locator), "file:%s", argv[2]) >= sizeof(locator)) {
        fprintf(stderr, "%s: a path is too long\n", argv[0]);
        return 64;
    }
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "make the pool known");
    add_volume(service, "red", &pool);
    add_volume(service, "green", &pool);
    check(replsvc_service_listen(service, path, NULL), "listen");
    int status = run_agent("/proc/self/exe", argv[1]);
    replsvc_service_close(service); /* and with it the socket goes */
    return status != 0;
}
