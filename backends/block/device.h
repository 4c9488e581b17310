/* SPDX-License-Identifier: BSD-2-Clause */
/* An opened block device, and what the files of this backend offer each other. */
#ifndef RSVC_BLOCK_DEVICE_H
#define RSVC_BLOCK_DEVICE_H

#include <stdatomic.h>
#include <sys/types.h>

#include <replsvc/backend.h>

struct device {
    int fd;
    bool writable;
    bool direct; /* past the page cache */
    dev_t number;
    uint32_t sector; /* bytes: what every request is aligned to */
    uint32_t align;  /* >= sector: what buffers, offsets and lengths are aligned to */
    uint32_t capabilities;
    _Atomic uint64_t size; /* bytes, as last looked at */
    atomic_int poison;     /* negative errno of the flush that failed, or 0: it is never tried again */
    atomic_bool no_dsync;  /* the kernel has no RWF_DSYNC for this device */
    char path[];           /* as given, for messages */
};

/* Leaves "PATH: what: reason" as the error's sentence; returns -err. */
int device_fail(const char *path, int err, const char *what);
/* Looks at the device's size again. */
int device_look(struct device *d);

/* io.c */
int device_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int device_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int device_flush(void *handle);
int device_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
int device_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags);

/* 0 if the range is inside the device and, like bits, aligned; else -EINVAL. */
int device_check_range(struct device *d, uint64_t offset, uint64_t length, uint64_t bits);
/* The alignment of a vector's buffers and of its parts, or'ed. */
uint64_t device_vector_bits(const struct device *d, const struct iovec *iov, int iovcnt);
/* Words an error at a place that the device had when it was opened: it may have shrunk or gone since.
 * Returns err, or what it should have been. */
int device_tell(struct device *d, int err, const char *what, uint64_t offset);
void device_poison(struct device *d, int err);

/* queue.c */
int device_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd);

/* sysfs.c */
/* A number in the device's folder in sysfs, e.g. "queue/discard_max_bytes"; a partition has its disk's
 * queue. false: not there. */
bool sysfs_number(dev_t device, const char *name, uint64_t *value);
/* A line of it, e.g. "dm/name", without spaces around. */
bool sysfs_text(dev_t device, const char *name, char *text, size_t size);
/* What names the medium for its life: a serial number or UUID where there is one. */
void device_identity(const struct device *d, char *text, size_t size);

/* holder.c */
/* Says who has the device, as far as that can be known: "is mounted at /srv", "is used as swap", … Returns
 * whether it is one of these, which last; a program's claim may end any moment. */
bool device_holder(dev_t device, char *text, size_t size);

#endif
