/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One io_uring. The submission queue's index array is filled once, one to one, so that entry i of the
 * queue is always sqe i. Ours is the queue's tail and the completions' head; the kernel's are the other
 * two: those are read with acquire and ours written with release, as its documentation asks.
 */
#include "io/uring.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/alloc.h"

_Static_assert(sizeof(struct uring_sqe) == 64, "the kernel's layout");
_Static_assert(sizeof(struct uring_params) == 120, "the kernel's layout");

struct uring {
    int fd;
    unsigned entries;
    bool waits_with_timeout; /* the kernel can; else poll does */
    unsigned tail;           /* of the submission queue, entries not yet published included */
    unsigned to_submit;      /* filled and not yet taken by the kernel */

    _Atomic uint32_t *sq_head, *sq_tail, *sq_flags;
    unsigned sq_mask;
    struct uring_sqe *sqes;
    _Atomic uint32_t *cq_head, *cq_tail;
    unsigned cq_mask;
    struct uring_cqe *cqes;

    void *sq_map, *cq_map; /* the same with URING_FEAT_SINGLE_MMAP */
    size_t sq_size, cq_size, sqes_size;
};

static int enter(int fd, unsigned submit, unsigned wait, unsigned flags,
                 const struct uring_getevents_arg *arg)
{
    size_t size = arg ? sizeof *arg : 0;
    long r = syscall(URING_NR_ENTER, fd, submit, wait, flags | (arg ? URING_ENTER_EXT_ARG : 0), arg, size);
    return r < 0 ? -errno : (int)r;
}

static bool has_operations(int fd)
{
    static const uint8_t needed[] = {URING_OP_READV, URING_OP_WRITEV, URING_OP_FSYNC,   URING_OP_FALLOCATE,
                                     URING_OP_READ,  URING_OP_WRITE,  URING_OP_POLL_ADD};
    struct uring_probe probe;
    memset(&probe, 0, sizeof probe);
    if (syscall(URING_NR_REGISTER, fd, URING_REGISTER_PROBE, &probe, 64u) < 0)
        return false;
    for (size_t i = 0; i < sizeof needed; i++)
        if (needed[i] > probe.last_op || !(probe.ops[needed[i]].flags & URING_PROBE_SUPPORTED))
            return false;
    return true;
}

/* MAP_POPULATE saves faults later; a child of fork must not see the ring (it could only do harm with it). */
static void *map_ring(int fd, size_t size, off_t what)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, what);
    if (p == MAP_FAILED)
        return NULL;
    (void)madvise(p, size, MADV_DONTFORK);
    return p;
}

static _Atomic uint32_t *field(void *map, uint32_t offset)
{
    return (_Atomic uint32_t *)(void *)((char *)map + offset);
}

static int map_rings(struct uring *u, const struct uring_params *p)
{
    bool single = p->features & URING_FEAT_SINGLE_MMAP;
    u->sq_size = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    u->cq_size = p->cq_off.cqes + p->cq_entries * sizeof(struct uring_cqe);
    if (single && u->cq_size > u->sq_size)
        u->sq_size = u->cq_size;
    u->sqes_size = p->sq_entries * sizeof(struct uring_sqe);

    u->sq_map = map_ring(u->fd, u->sq_size, URING_OFF_SQ_RING);
    if (u->sq_map)
        u->cq_map = single ? u->sq_map : map_ring(u->fd, u->cq_size, URING_OFF_CQ_RING);
    if (u->cq_map)
        u->sqes = map_ring(u->fd, u->sqes_size, URING_OFF_SQES);
    if (!u->sqes)
        return -ENOMEM;

    u->sq_head = field(u->sq_map, p->sq_off.head);
    u->sq_tail = field(u->sq_map, p->sq_off.tail);
    u->sq_flags = field(u->sq_map, p->sq_off.flags);
    u->sq_mask = *field(u->sq_map, p->sq_off.ring_mask);
    u->cq_head = field(u->cq_map, p->cq_off.head);
    u->cq_tail = field(u->cq_map, p->cq_off.tail);
    u->cq_mask = *field(u->cq_map, p->cq_off.ring_mask);
    u->cqes = (struct uring_cqe *)(void *)((char *)u->cq_map + p->cq_off.cqes);
    u->entries = p->sq_entries;
    u->tail = *u->sq_tail;
    for (uint32_t i = 0; i < p->sq_entries; i++)
        *field(u->sq_map, p->sq_off.array + i * (uint32_t)sizeof(uint32_t)) = i;
    return 0;
}

/* Completions need not interrupt the thread that submitted: it will come for them. Older kernels cannot. */
static int set_up(unsigned entries, struct uring_params *p)
{
    memset(p, 0, sizeof *p);
    p->flags = URING_SETUP_CLAMP | URING_SETUP_COOP_TASKRUN | URING_SETUP_TASKRUN_FLAG;
    int fd = (int)syscall(URING_NR_SETUP, entries, p);
    if (fd >= 0 || errno != EINVAL)
        return fd;
    memset(p, 0, sizeof *p);
    p->flags = URING_SETUP_CLAMP;
    return (int)syscall(URING_NR_SETUP, entries, p);
}

int uring_open(unsigned entries, struct uring **out)
{
    struct uring *u = mem_zalloc(sizeof *u);
    if (!u)
        return -ENOMEM;
    struct uring_params p;
    int err = 0;
    u->fd = set_up(entries, &p);
    if (u->fd < 0)
        err = -errno;
    else if (!(p.features & URING_FEAT_NODROP) || !(p.features & URING_FEAT_SUBMIT_STABLE) ||
             !has_operations(u->fd))
        err = -ENOSYS;
    else
        err = map_rings(u, &p);
    u->waits_with_timeout = p.features & URING_FEAT_EXT_ARG;
    if (err) {
        uring_close(u);
        return err;
    }
    *out = u;
    return 0;
}

void uring_close(struct uring *u)
{
    if (!u)
        return;
    if (u->sqes)
        munmap(u->sqes, u->sqes_size);
    if (u->cq_map && u->cq_map != u->sq_map)
        munmap(u->cq_map, u->cq_size);
    if (u->sq_map)
        munmap(u->sq_map, u->sq_size);
    if (u->fd >= 0)
        close(u->fd);
    mem_free(u);
}

int uring_fd(const struct uring *u)
{
    return u->fd;
}

unsigned uring_room(const struct uring *u)
{
    return u->entries - (u->tail - atomic_load_explicit(u->sq_head, memory_order_acquire));
}

struct uring_sqe *uring_next(struct uring *u)
{
    if (uring_room(u) == 0)
        return NULL;
    struct uring_sqe *sqe = &u->sqes[u->tail++ & u->sq_mask];
    u->to_submit++;
    memset(sqe, 0, sizeof *sqe);
    return sqe;
}

/* Whether the kernel holds completions back until somebody asks: those that found no room, and those that
 * wait for this thread to run their last part. */
static bool held_back(const struct uring *u)
{
    return atomic_load_explicit(u->sq_flags, memory_order_relaxed) &
           (URING_SQ_CQ_OVERFLOW | URING_SQ_TASKRUN);
}

static int poll_ring(const struct uring *u, int64_t timeout_ms)
{
    struct pollfd p = {.fd = u->fd, .events = POLLIN};
    return poll(&p, 1, timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms) < 0 ? -errno : 0;
}

int uring_enter(struct uring *u, unsigned wait, int64_t timeout_ms)
{
    atomic_store_explicit(u->sq_tail, u->tail, memory_order_release);
    bool events = wait || held_back(u);
    if (!u->to_submit && !events)
        return 0;
    bool poll_instead = wait && timeout_ms >= 0 && !u->waits_with_timeout;
    struct uring_timespec ts = {timeout_ms / 1000, timeout_ms % 1000 * 1000000};
    struct uring_getevents_arg arg = {.ts = (uint64_t)(uintptr_t)&ts};
    bool timed = wait && timeout_ms >= 0 && !poll_instead;
    int r = enter(u->fd, u->to_submit, poll_instead ? 0 : wait, events ? URING_ENTER_GETEVENTS : 0,
                  timed ? &arg : NULL);
    if (r == -ETIME)
        r = 0;
    if (r < 0)
        return r;
    u->to_submit -= (unsigned)r;
    return poll_instead ? poll_ring(u, timeout_ms) : 0;
}

bool uring_take(struct uring *u, struct uring_cqe *out)
{
    uint32_t head = atomic_load_explicit(u->cq_head, memory_order_relaxed);
    if (head == atomic_load_explicit(u->cq_tail, memory_order_acquire))
        return false;
    *out = u->cqes[head & u->cq_mask];
    atomic_store_explicit(u->cq_head, head + 1, memory_order_release);
    return true;
}
