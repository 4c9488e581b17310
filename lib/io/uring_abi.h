/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of the kernel's io_uring interface that we use, written down here so that the library builds
 * where the kernel's headers are older than the kernel, or not installed beside the C library.
 */
#ifndef RSVC_IO_URING_ABI_H
#define RSVC_IO_URING_ABI_H

#include <stdint.h>

/* The same numbers on every architecture that Linux gained since 5.1 and all that we build for. */
enum { URING_NR_SETUP = 425, URING_NR_ENTER = 426, URING_NR_REGISTER = 427 };

enum { URING_OFF_SQ_RING = 0, URING_OFF_CQ_RING = 0x8000000, URING_OFF_SQES = 0x10000000 };
enum {
    URING_FEAT_SINGLE_MMAP = 1,
    URING_FEAT_NODROP = 2,
    URING_FEAT_SUBMIT_STABLE = 4,
    URING_FEAT_EXT_ARG = 1 << 8
};
enum { URING_ENTER_GETEVENTS = 1, URING_ENTER_EXT_ARG = 1 << 3 };
enum { URING_SETUP_CLAMP = 1 << 4, URING_SETUP_COOP_TASKRUN = 1 << 8, URING_SETUP_TASKRUN_FLAG = 1 << 9 };
enum { URING_REGISTER_PROBE = 8, URING_PROBE_SUPPORTED = 1 };
enum { URING_SQ_CQ_OVERFLOW = 1 << 1, URING_SQ_TASKRUN = 1 << 2 };
enum {
    URING_OP_READV = 1,
    URING_OP_WRITEV = 2,
    URING_OP_FSYNC = 3,
    URING_OP_POLL_ADD = 6,
    URING_OP_FALLOCATE = 17,
    URING_OP_READ = 22,
    URING_OP_WRITE = 23
};
enum { URING_FSYNC_DATASYNC = 1 };

struct uring_sqe {
    uint8_t opcode;
    uint8_t flags;
    uint16_t ioprio;
    int32_t fd;
    uint64_t off;
    uint64_t addr;
    uint32_t len;
    uint32_t op_flags; /* RWF_*, or fsync's, or what to poll for */
    uint64_t user_data;
    uint64_t more[3];
};

struct uring_cqe {
    uint64_t user_data;
    int32_t res;
    uint32_t flags;
};

struct uring_sq_offsets {
    uint32_t head, tail, ring_mask, ring_entries, flags, dropped, array, resv1;
    uint64_t user_addr;
};

struct uring_cq_offsets {
    uint32_t head, tail, ring_mask, ring_entries, overflow, cqes, flags, resv1;
    uint64_t user_addr;
};

struct uring_params {
    uint32_t sq_entries, cq_entries, flags, sq_thread_cpu, sq_thread_idle, features, wq_fd, resv[3];
    struct uring_sq_offsets sq_off;
    struct uring_cq_offsets cq_off;
};

struct uring_timespec {
    int64_t tv_sec, tv_nsec;
};

struct uring_getevents_arg {
    uint64_t sigmask;
    uint32_t sigmask_sz, pad;
    uint64_t ts; /* address of a uring_timespec */
};

struct uring_probe_op {
    uint8_t op, resv;
    uint16_t flags;
    uint32_t resv2;
};

struct uring_probe {
    uint8_t last_op, ops_len;
    uint16_t resv;
    uint32_t resv2[3];
    struct uring_probe_op ops[64];
};

#endif
