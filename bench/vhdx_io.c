/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does to a VHDX image what `qemu-img bench` does: so many requests of one size, each a step behind the one
 * before, so many at a time, from one thread: one at a time by the backend's plain calls, more by its queue.
 * What it says is what qemu-img says: how long the requests took, without opening, flushing and closing.
 *
 *   vhdx_io FILE read|write COUNT DEPTH SIZE STEP [direct]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <replsvc/backend.h>

struct job {
    const replsvc_backend *backend;
    void *handle;
    uint64_t count, size, step, disk, offset;
    unsigned depth;
    bool write;
    char *buffers; /* depth of them */
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t next_offset(struct job *j)
{
    uint64_t at = j->offset;
    j->offset = (j->offset + j->step) % j->disk;
    return at + j->size <= j->disk ? at : 0;
}

static int by_calls(struct job *j)
{
    struct iovec iov = {j->buffers, j->size};
    int r = 0;
    for (uint64_t i = 0; i < j->count && r == 0; i++)
        r = j->write ? j->backend->pwritev(j->handle, &iov, 1, next_offset(j), 0)
                     : j->backend->preadv(j->handle, &iov, 1, next_offset(j), 0);
    return r;
}

struct one {
    replsvc_backend_request r;
    struct iovec iov;
};

static int submit_all(struct job *j, void *queue, replsvc_backend_request *list[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        list[i]->offset = next_offset(j);
    for (size_t done = 0; done < n;) {
        int taken = j->backend->submit(queue, list + done, n - done);
        if (taken <= 0)
            return -1;
        done += (size_t)taken;
    }
    return 0;
}

static int by_queue(struct job *j, void *queue)
{
    struct one *all = calloc(j->depth, sizeof *all);
    replsvc_backend_request **list = calloc(j->depth, sizeof(void *));
    uint64_t submitted = 0, reaped = 0;
    size_t ready = 0;
    int r = all && list ? 0 : -1;
    for (; r == 0 && ready < j->depth; ready++) {
        all[ready].iov = (struct iovec){j->buffers + ready * j->size, j->size};
        all[ready].r = (replsvc_backend_request){.handle = j->handle,
                                                 .operation = j->write ? REPLSVC_IO_WRITE : REPLSVC_IO_READ,
                                                 .iov = &all[ready].iov,
                                                 .iovcnt = 1,
                                                 .length = j->size};
        list[ready] = &all[ready].r;
    }
    while (r == 0 && reaped < j->count) {
        if (ready > j->count - submitted)
            ready = j->count - submitted;
        r = submit_all(j, queue, list, ready);
        submitted += ready;
        int n = r == 0 ? j->backend->reap(queue, list, j->depth, 1, -1) : r;
        for (int i = 0; i < n; i++)
            r = r == 0 ? list[i]->result : r;
        r = n <= 0 ? -1 : r;
        ready = n > 0 ? (size_t)n : 0;
        reaped += ready;
    }
    free(all);
    free(list);
    return r;
}

static int run(struct job *j)
{
    void *queue = NULL;
    int fd, r = 0;
    if (j->depth > 1)
        r = j->backend->queue_open(j->depth, 0, &queue, &fd);
    double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    if (r == 0)
        r = j->depth > 1 ? by_queue(j, queue) : by_calls(j);
    wall = seconds(CLOCK_MONOTONIC) - wall;
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (queue)
        j->backend->queue_close(queue);
    printf("Run completed in %.6f seconds, %.6f of CPU.\n", wall, cpu);
    return r;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "vhdx_io FILE read|write COUNT DEPTH SIZE STEP [direct]\n");
        return 2;
    }
    struct job j = {.backend = replsvc_backend_find("vhdx"),
                    .write = strcmp(argv[2], "write") == 0,
                    .count = strtoull(argv[3], NULL, 0),
                    .depth = (unsigned)atoi(argv[4]),
                    .size = strtoull(argv[5], NULL, 0),
                    .step = strtoull(argv[6], NULL, 0)};
    replsvc_backend_open_options o = {.size = sizeof(o)};
    replsvc_backend_info info = {.size = sizeof(info)};
    o.flags = (j.write ? REPLSVC_BACKEND_WRITABLE : 0) | (argc > 7 ? REPLSVC_BACKEND_DIRECT : 0);
    if (j.backend->open(argv[1], &o, &j.handle) != 0 || j.backend->info(j.handle, &info) != 0)
        return 1;
    j.disk = info.size_bytes;
    size_t room = (j.depth * j.size + 4095) & ~UINT64_C(4095);
    j.buffers = aligned_alloc(4096, room);
    if (j.buffers == NULL || j.depth < 1)
        return 1;
    memset(j.buffers, 0x5a, room);
    int r = run(&j);
    free(j.buffers);
    int closed = j.backend->close(j.handle);
    return r != 0 || closed != 0;
}
