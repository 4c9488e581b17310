/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The middle of a storage appliance in small: one loop, one thread, nothing that blocks. Requests of hosts go
 * to the volumes through a queue, completions and events come in by descriptors, and in the midst of it all a
 * snapshot of the group is taken.
 *
 *     ./appliance STATE_DIRECTORY POOL_DIRECTORY
 *
 * Where a target would take requests from iSCSI or NBD, this program makes them up: each volume is written
 * sector by sector.
 */
#include <errno.h>
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

enum { VOLUMES = 2, SIZE = 8 << 20, SECTOR = 4096, IN_FLIGHT = 16, ROUNDS = SIZE / SECTOR };

/* What a target keeps for a request until the host has its answer. */
struct request {
    replsvc_io_request io;
    struct iovec iov;
    unsigned char data[SECTOR];
    int volume;
};

static const char *const names[VOLUMES] = {"lun-0", "lun-1"};
static replsvc_service *service;
static replsvc_volume *volumes[VOLUMES];
static replsvc_io_queue *queue;
static struct request requests[IN_FLIGHT];
static unsigned submitted, completed;

static void check(uint32_t code, const char *what)
{
    if (code == REPLSVC_OK || code == REPLSVC_JOB_STARTED)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    exit(1);
}

static void check_io(int err, const char *what)
{
    if (err >= 0)
        return;
    fprintf(stderr, "%s: %s\n", what, strerror(-err));
    exit(1);
}

/* The library's log goes to the appliance's. May be called from any thread. */
static void log_line(void *user, enum replsvc_log_level level, const char *line)
{
    (void)user;
    fprintf(stderr, "<%d> %s\n", (int)level, line);
}

/* Called around each point in time: here an appliance asks hosts to freeze their file systems, and to go on.
 */
static int quiesce(void *user, enum replsvc_quiesce_phase phase, const replsvc_element_ref elements[],
                   size_t n_elements)
{
    (void)user, (void)elements;
    printf("%s %zu volumes\n", phase == REPLSVC_QUIESCE_FREEZE ? "freeze" : "thaw", n_elements);
    return 0;
}

/* The next request of a host, if there is one. */
static void submit(struct request *r)
{
    if (submitted == ROUNDS * VOLUMES)
        return;
    r->volume = (int)(submitted % VOLUMES);
    memset(r->data, (int)(submitted / VOLUMES % 255 + 1), SECTOR);
    r->iov = (struct iovec){r->data, SECTOR};
    r->io = (replsvc_io_request){.size = sizeof(r->io),
                                 .operation = REPLSVC_IO_WRITE,
                                 .volume = volumes[r->volume],
                                 .iov = &r->iov,
                                 .iovcnt = 1,
                                 .offset = (uint64_t)(submitted / VOLUMES) * SECTOR,
                                 .user = r};
    replsvc_io_request *one = &r->io;
    int taken = replsvc_io_submit(queue, &one, 1);
    check_io(taken, "submit");
    submitted += (unsigned)taken; /* the queue is as deep as there are requests: it is never full */
}

/* The queue's descriptor was readable: answer hosts, and take their next requests. */
static void on_completions(void)
{
    replsvc_io_request *done[IN_FLIGHT];
    int n;
    while ((n = replsvc_io_reap(queue, done, IN_FLIGHT, 0, 0)) > 0) {
        for (int i = 0; i < n; i++) {
            check_io(done[i]->result, "a host's write");
            completed++;
            submit(done[i]->user);
        }
    }
    check_io(n, "reap");
}

/* The service's descriptor was readable: something has changed. */
static void on_events(void)
{
    replsvc_event event = {.size = sizeof(event)};
    while (replsvc_event_next(service, &event, 0) == REPLSVC_OK) {
        if (event.kind == REPLSVC_EVENT_OVERFLOW)
            puts("events were lost: read again what you show");
        else if (event.object_kind == REPLSVC_OBJECT_SYNCHRONIZATION && event.kind == REPLSVC_EVENT_CREATED)
            printf("relationship %s was created\n", event.object);
    }
}

/* Elements outlive the program: the second start finds them. */
static void open_volumes(const char *directory, replsvc_pool_ref *pool, replsvc_group_ref *group)
{
    char locator[4096];
    replsvc_element_ref elements[VOLUMES];
    snprintf(locator, sizeof(locator), "file:%s", directory);
    if (replsvc_pool_find(service, "pool", pool) != REPLSVC_OK)
        check(replsvc_pool_register(service, "pool", locator, NULL, pool), "register the pool");
    for (int i = 0; i < VOLUMES; i++) {
        if (replsvc_element_find(service, names[i], &elements[i]) != REPLSVC_OK)
            check(replsvc_element_create(service, names[i], pool, SIZE, NULL, &elements[i]), "create");
        check_io(replsvc_volume_open(service, &elements[i], REPLSVC_VOLUME_WRITABLE, &volumes[i]), "open");
    }
    if (replsvc_group_find(service, "luns", group) != REPLSVC_OK)
        check(replsvc_create_group(service, "luns", elements, VOLUMES, REPLSVC_BOOL_ABSENT,
                                   REPLSVC_BOOL_ABSENT, REPLSVC_BOOL_ABSENT, NULL, group, NULL),
              "create the group");
}

/* One instant of all volumes, while hosts write. Taking it is quick, so it may be done in the loop. */
static void take_snapshot(const replsvc_group_ref *group, const replsvc_pool_ref *pool)
{
    replsvc_sync_ref snapshot;
    replsvc_sync_info info = {.size = sizeof(info)};
    check(replsvc_create_group_replica(service, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, group, NULL, NULL, NULL,
                                       0, NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL, NULL,
                                       &snapshot, NULL, pool, 0),
          "take a snapshot");
    check(replsvc_sync_get_info(service, &snapshot, &info), "look at it");
    printf("a snapshot after %u writes; hosts were held for %lld us\n", completed,
           (long long)info.cut_pause_us);
}

/* What hosts have done to a volume since the service was opened. */
static void show_statistics(const char *name)
{
    replsvc_element_ref element;
    replsvc_element_statistics counted = {.size = sizeof(counted)};
    check(replsvc_element_find(service, name, &element), "find a volume");
    check(replsvc_element_get_statistics(service, &element, &counted), "ask for its counters");
    printf("%s: %llu writes, %llu bytes; %llu regions were kept before their first overwrite\n", name,
           (unsigned long long)counted.writes, (unsigned long long)counted.bytes_written,
           (unsigned long long)counted.copies_before_write);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: appliance STATE_DIRECTORY POOL_DIRECTORY\n");
        return 64;
    }
    replsvc_service_options options = {.size = sizeof(options), .log = log_line, .quiesce = quiesce};
    replsvc_pool_ref pool;
    replsvc_group_ref group;
    check(replsvc_service_open(argv[1], &options, &service), "open the service");
    open_volumes(argv[2], &pool, &group);
    check_io(replsvc_io_queue_open(service, IN_FLIGHT, &queue), "open a queue");

    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event completions = {.events = EPOLLIN, .data.fd = replsvc_io_queue_fd(queue)};
    struct epoll_event events = {.events = EPOLLIN, .data.fd = replsvc_event_fd(service)};
    if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, completions.data.fd, &completions) != 0 ||
        epoll_ctl(epoll, EPOLL_CTL_ADD, events.data.fd, &events) != 0)
        return 1;
    for (int i = 0; i < IN_FLIGHT; i++)
        submit(&requests[i]);
    bool snapshot_taken = false;
    while (completed < ROUNDS * VOLUMES) {
        struct epoll_event ready[2];
        int n = epoll_wait(epoll, ready, 2, -1);
        if (n < 0 && errno != EINTR)
            return 1;
        for (int i = 0; i < n; i++)
            ready[i].data.fd == completions.data.fd ? on_completions() : on_events();
        if (!snapshot_taken && completed > ROUNDS) {
            take_snapshot(&group, &pool);
            snapshot_taken = true;
        }
    }

    /* In this order: queues, volumes, the service. What runs on goes on when it is opened again. */
    check_io(replsvc_io_queue_close(queue), "close the queue");
    for (int i = 0; i < VOLUMES; i++) {
        check_io(replsvc_volume_flush(volumes[i]), "flush");
        check_io(replsvc_volume_close(volumes[i]), "close");
    }
    for (int i = 0; i < VOLUMES; i++)
        show_statistics(names[i]);
    replsvc_service_close(service);
    return 0;
}
