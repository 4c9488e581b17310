/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does to a VHDX image what `qemu-img bench` does: so many requests of one size, each a step behind the one
 * before, so many at a time; through the backend's vtable.
 *
 *   vhdx_io FILE read|write COUNT DEPTH SIZE STEP [direct]
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <replsvc/backend.h>

struct job {
    const replsvc_backend *backend;
    void *handle;
    uint64_t count, size, step, disk;
    bool write;
    _Atomic uint64_t next;
    _Atomic int result;
};

static void *work(void *user)
{
    struct job *j = user;
    void *buffer = aligned_alloc(4096, (j->size + 4095) & ~UINT64_C(4095));
    memset(buffer, 0x5a, j->size);
    for (uint64_t i; (i = atomic_fetch_add(&j->next, 1)) < j->count && atomic_load(&j->result) == 0;) {
        struct iovec iov = {buffer, j->size};
        uint64_t at = i * j->step % (j->disk - j->size + 1);
        at -= at % 4096;
        int r = j->write ? j->backend->pwritev(j->handle, &iov, 1, at, 0)
                         : j->backend->preadv(j->handle, &iov, 1, at, 0);
        if (r != 0)
            atomic_store(&j->result, r);
    }
    free(buffer);
    return NULL;
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
                    .size = strtoull(argv[5], NULL, 0),
                    .step = strtoull(argv[6], NULL, 0)};
    unsigned depth = (unsigned)atoi(argv[4]);
    replsvc_backend_open_options o = {.size = sizeof(o)};
    replsvc_backend_info info = {.size = sizeof(info)};
    o.flags = (j.write ? REPLSVC_BACKEND_WRITABLE : 0) | (argc > 7 ? REPLSVC_BACKEND_DIRECT : 0);
    if (j.backend->open(argv[1], &o, &j.handle) != 0 || j.backend->info(j.handle, &info) != 0)
        return 1;
    j.disk = info.size_bytes;
    pthread_t threads[64];
    depth = depth < 1 ? 1 : depth > 64 ? 64 : depth;
    for (unsigned t = 1; t < depth; t++)
        if (pthread_create(&threads[t], NULL, work, &j) != 0)
            return 1;
    work(&j);
    for (unsigned t = 1; t < depth; t++)
        pthread_join(threads[t], NULL);
    int r = j.backend->close(j.handle);
    return j.result != 0 || r != 0;
}
