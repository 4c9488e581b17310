/* SPDX-License-Identifier: BSD-2-Clause */
/** @file volume.h Host I/O. Every host write to an element of the service goes through here. Functions return
 * 0 or a negative errno. */
#ifndef REPLSVC_VOLUME_H
#define REPLSVC_VOLUME_H

#include <sys/uio.h>

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Open for reading and writing (default: reading only). */
#define REPLSVC_VOLUME_WRITABLE 0x1u
/** Force unit access: the write is on stable storage when the call returns. */
#define REPLSVC_IO_FUA 0x1u
/** write_zeroes: the space need not stay allocated. */
#define REPLSVC_IO_MAY_UNMAP 0x2u

/** A run of bytes of a volume. */
typedef struct replsvc_extent {
    uint64_t offset;
    uint64_t length;
    uint32_t flags; /**< REPLSVC_EXTENT_*. */
    uint32_t reserved;
} replsvc_extent;
/** Not allocated; reads as zeroes. */
#define REPLSVC_EXTENT_HOLE 0x1u
/** Reads as zeroes. */
#define REPLSVC_EXTENT_ZERO 0x2u

typedef struct replsvc_volume_info {
    uint32_t size;
    uint32_t flags;
    uint64_t size_bytes;
    uint32_t block_size;
    uint32_t physical_block_size;
    uint32_t optimal_io_size;
    bool read_only;
    bool can_discard;
    bool can_write_zeroes;
    bool reserved;
    uint64_t bytes_read, bytes_written, reads, writes, flushes;
    uint64_t copies_before_write; /**< Regions that were copied before a first overwrite. */
} replsvc_volume_info;

REPLSVC_API int replsvc_volume_open(replsvc_service *service, const replsvc_element_ref *element,
                                    uint32_t flags, replsvc_volume **volume);
REPLSVC_API int replsvc_volume_close(replsvc_volume *volume);
REPLSVC_API int replsvc_volume_pread(replsvc_volume *volume, void *buffer, size_t count, uint64_t offset,
                                     uint32_t flags);
REPLSVC_API int replsvc_volume_pwrite(replsvc_volume *volume, const void *buffer, size_t count,
                                      uint64_t offset, uint32_t flags);
REPLSVC_API int replsvc_volume_preadv(replsvc_volume *volume, const struct iovec *iov, int iovcnt,
                                      uint64_t offset, uint32_t flags);
REPLSVC_API int replsvc_volume_pwritev(replsvc_volume *volume, const struct iovec *iov, int iovcnt,
                                       uint64_t offset, uint32_t flags);
REPLSVC_API int replsvc_volume_flush(replsvc_volume *volume);
REPLSVC_API int replsvc_volume_discard(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                       uint32_t flags);
REPLSVC_API int replsvc_volume_write_zeroes(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                            uint32_t flags);
/** Extents of [offset, offset+length), in order and without gaps; *n_extents: in the room, out the number
 * filled. */
REPLSVC_API int replsvc_volume_extents(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                       replsvc_extent extents[], size_t *n_extents);
REPLSVC_API int replsvc_volume_resize(replsvc_volume *volume, uint64_t size_bytes);
REPLSVC_API int replsvc_volume_get_info(replsvc_volume *volume, replsvc_volume_info *info);

/** @name Asynchronous I/O: submit many, reap completions, a descriptor to poll. @{ */
typedef struct replsvc_io_queue replsvc_io_queue;
enum replsvc_io_operation {
    REPLSVC_IO_READ = 1,
    REPLSVC_IO_WRITE = 2,
    REPLSVC_IO_FLUSH = 3,
    REPLSVC_IO_DISCARD = 4,
    REPLSVC_IO_WRITE_ZEROES = 5
};
/** One request; the caller owns it and its buffers until it is reaped. */
typedef struct replsvc_io_request {
    uint32_t size;
    uint32_t operation; /**< enum replsvc_io_operation. */
    replsvc_volume *volume;
    const struct iovec *iov;
    int iovcnt;
    uint32_t flags;
    uint64_t offset;
    uint64_t length; /**< Of discard and write zeroes. */
    int result;      /**< [out] 0 or a negative errno. */
    uint32_t reserved;
    void *user;            /**< The caller's own. */
    void *private_data[4]; /**< The library's. */
} replsvc_io_request;
REPLSVC_API int replsvc_io_queue_open(replsvc_service *service, uint32_t depth, replsvc_io_queue **queue);
REPLSVC_API int replsvc_io_queue_close(replsvc_io_queue *queue);
/** Descriptor that is readable while completions wait. */
REPLSVC_API int replsvc_io_queue_fd(replsvc_io_queue *queue);
REPLSVC_API int replsvc_io_submit(replsvc_io_queue *queue, replsvc_io_request *const requests[],
                                  size_t n_requests);
/** Reap up to max completed requests; waits for at least min_wait of them up to timeout_ms (-1 = for ever).
 * Returns the number, or a negative errno. */
REPLSVC_API int replsvc_io_reap(replsvc_io_queue *queue, replsvc_io_request *completed[], size_t max,
                                size_t min_wait, int64_t timeout_ms);
/** @} */

#ifdef __cplusplus
}
#endif

#endif
