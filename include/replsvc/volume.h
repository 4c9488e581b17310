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

/** Open an element for host I/O.
 *
 * An element may be opened several times at once.
 *
 * @param[in] service the opened service
 * @param[in] element the element
 * @param[in] flags ::REPLSVC_VOLUME_WRITABLE or 0
 * @param[out] volume the volume; close it with replsvc_volume_close()
 * @return 0, or a negative errno: -ENOENT no such element, -EROFS a host may not write to it now (a
 *   mirror's target, an unfinished clone, a read-only element), -EBUSY its image is locked by another
 *   program, -EINVAL a parameter is wrong */
REPLSVC_API int replsvc_volume_open(replsvc_service *service, const replsvc_element_ref *element,
                                    uint32_t flags, replsvc_volume **volume);

/** Close a volume, after every request on it has ended. Does not make writes durable:
 * replsvc_volume_flush() does.
 *
 * @param[in] volume from replsvc_volume_open(); it is gone whatever is returned
 * @return 0, or a negative errno */
REPLSVC_API int replsvc_volume_close(replsvc_volume *volume);

/** Read.
 *
 * @param[in] volume the opened volume
 * @param[out] buffer room for count bytes
 * @param[in] count bytes
 * @param[in] offset first byte
 * @param[in] flags 0
 * @return 0, or a negative errno. The whole is read or an error returned: -EINVAL outside the volume,
 *   -EIO */
REPLSVC_API int replsvc_volume_pread(replsvc_volume *volume, void *buffer, size_t count, uint64_t offset,
                                     uint32_t flags);

/** Write.
 *
 * @param[in] volume the opened volume
 * @param[in] buffer count bytes
 * @param[in] count bytes
 * @param[in] offset first byte
 * @param[in] flags ::REPLSVC_IO_FUA or 0
 * @return 0, or a negative errno. The whole is written or an error returned: -ENOSPC outside the volume
 *   or no space, -EROFS not writable (now), -EIO; after an error the range holds old data, new data or
 *   both */
REPLSVC_API int replsvc_volume_pwrite(replsvc_volume *volume, const void *buffer, size_t count,
                                      uint64_t offset, uint32_t flags);

/** Read into several buffers.
 *
 * @param[in] volume the opened volume
 * @param[in] iov the buffers, filled in order
 * @param[in] iovcnt entries of iov
 * @param[in] offset first byte
 * @param[in] flags 0
 * @return 0, or a negative errno. The whole is read or an error returned: -EINVAL outside the volume,
 *   -EIO */
REPLSVC_API int replsvc_volume_preadv(replsvc_volume *volume, const struct iovec *iov, int iovcnt,
                                      uint64_t offset, uint32_t flags);

/** Write from several buffers.
 *
 * @param[in] volume the opened volume
 * @param[in] iov the buffers, taken in order
 * @param[in] iovcnt entries of iov
 * @param[in] offset first byte
 * @param[in] flags ::REPLSVC_IO_FUA or 0
 * @return 0, or a negative errno. The whole is written or an error returned: -ENOSPC outside the volume
 *   or no space, -EROFS not writable (now), -EIO; after an error the range holds old data, new data or
 *   both */
REPLSVC_API int replsvc_volume_pwritev(replsvc_volume *volume, const struct iovec *iov, int iovcnt,
                                       uint64_t offset, uint32_t flags);

/** Make every write that was acknowledged before the call durable.
 *
 * @param[in] volume the opened volume
 * @return 0, or a negative errno. After an error later flushes fail too: what was not durable may be
 *   lost, and is not pretended to be safe */
REPLSVC_API int replsvc_volume_flush(replsvc_volume *volume);

/** Give space back; the range reads as zeroes afterwards.
 *
 * @param[in] volume the opened volume
 * @param[in] offset first byte
 * @param[in] length bytes
 * @param[in] flags ::REPLSVC_IO_FUA or 0
 * @return 0, or a negative errno: -EOPNOTSUPP where that cannot be had, else as replsvc_volume_pwrite() */
REPLSVC_API int replsvc_volume_discard(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                       uint32_t flags);

/** Make a range read as zeroes.
 *
 * @param[in] volume the opened volume
 * @param[in] offset first byte
 * @param[in] length bytes
 * @param[in] flags ::REPLSVC_IO_FUA, ::REPLSVC_IO_MAY_UNMAP
 * @return 0, or a negative errno, as replsvc_volume_pwrite() */
REPLSVC_API int replsvc_volume_write_zeroes(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                            uint32_t flags);

/** What a range consists of.
 *
 * When the room is not enough the answer ends early: ask again from the end of the last one.
 *
 * @param[in] volume the opened volume
 * @param[in] offset first byte
 * @param[in] length bytes
 * @param[out] extents extents from offset on, in order and without gaps
 * @param[in,out] n_extents in: the room; out: how many were filled, at least one
 * @return 0, or a negative errno */
REPLSVC_API int replsvc_volume_extents(replsvc_volume *volume, uint64_t offset, uint64_t length,
                                       replsvc_extent extents[], size_t *n_extents);

/** Change the size of an element.
 *
 * @param[in] volume the opened volume
 * @param[in] size_bytes new size, a multiple of the block size; what is added reads as zeroes
 * @return 0, or a negative errno: -EBUSY while it is in a relationship, -EOPNOTSUPP its medium cannot */
REPLSVC_API int replsvc_volume_resize(replsvc_volume *volume, uint64_t size_bytes);

/** Properties and counters of a volume.
 *
 * @param[in] volume the opened volume
 * @param[in,out] info set size before; the library fills what fits
 * @return 0, or a negative errno: -EINVAL info is NULL or has no size */
REPLSVC_API int replsvc_volume_get_info(replsvc_volume *volume, replsvc_volume_info *info);

/** @name Asynchronous I/O: submit many, reap completions, a descriptor to poll */
/** @{ */
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

/** Open a queue for asynchronous I/O.
 *
 * @param[in] service the opened service
 * @param[in] depth requests in flight at a time; 0: 128
 * @param[out] queue the queue; close it with replsvc_io_queue_close()
 * @return 0, or a negative errno */
REPLSVC_API int replsvc_io_queue_open(replsvc_service *service, uint32_t depth, replsvc_io_queue **queue);

/** Close a queue, after waiting for the requests that are in flight. Completions that were not reaped are
 * lost.
 *
 * @param[in] queue from replsvc_io_queue_open()
 * @return 0, or a negative errno */
REPLSVC_API int replsvc_io_queue_close(replsvc_io_queue *queue);

/** Descriptor that is readable while completions wait, for poll() or epoll.
 *
 * @param[in] queue the queue
 * @return the descriptor, owned by the queue: do not read or close it */
REPLSVC_API int replsvc_io_queue_fd(replsvc_io_queue *queue);

/** Queue requests.
 *
 * Requests that overlap are done in the order in which they were submitted; others may complete in any
 * order.
 *
 * @param[in] queue the queue
 * @param[in] requests the requests; they and their buffers stay the library's until they are reaped
 * @param[in] n_requests entries of requests
 * @return the number taken from the front, fewer when the queue is full; or a negative errno */
REPLSVC_API int replsvc_io_submit(replsvc_io_queue *queue, replsvc_io_request *const requests[],
                                  size_t n_requests);

/** Take completed requests; the result of each is in it.
 *
 * @param[in] queue the queue
 * @param[out] completed the requests
 * @param[in] max room in completed
 * @param[in] min_wait wait for at least so many; 0: do not wait
 * @param[in] timeout_ms milliseconds to wait at most; -1: for ever
 * @return the number, or a negative errno */
REPLSVC_API int replsvc_io_reap(replsvc_io_queue *queue, replsvc_io_request *completed[], size_t max,
                                size_t min_wait, int64_t timeout_ms);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
