/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file backend.h
 * For authors of backends: the vtable behind which every medium lives.
 *
 * The engine works with the least (open, close, info, preadv, pwritev, flush)
 * and gets faster with more: an operation that is missing is NULL. All
 * functions return 0 or a negative errno; a sentence that names place and
 * reason is left with replsvc_backend_set_error(). All I/O functions may be
 * called from several threads at once on one handle. Reads and writes are
 * whole or fail: a short transfer is the backend's to complete, a read past
 * the end is -EINVAL. Buffers, offsets and lengths handed in by the engine may
 * be of any alignment unless info.request_alignment says otherwise (>1: the
 * engine then aligns offsets, lengths and buffers to it).
 *
 * The struct starts with size and api_version; new operations are only ever
 * appended, so a backend compiled today goes on working.
 */
#ifndef REPLSVC_BACKEND_H
#define REPLSVC_BACKEND_H

#include <sys/uio.h>

#include <replsvc/cim.h>
#include <replsvc/volume.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REPLSVC_BACKEND_API_VERSION 1u

/** @name Flags of open */
/** @{ */
#define REPLSVC_BACKEND_WRITABLE 0x1u /**< Open for writing. */
#define REPLSVC_BACKEND_SHARED 0x2u   /**< Do not take the exclusive lock (reading only). */
#define REPLSVC_BACKEND_DIRECT 0x4u   /**< Bypass the page cache where possible. */
#define REPLSVC_BACKEND_NO_IO_URING 0x8u
/** @} */

/** @name Bits of info.capabilities */
/** @{ */
#define REPLSVC_BACKEND_CAP_THIN 0x1u /**< Unwritten space takes no room. */
#define REPLSVC_BACKEND_CAP_DISCARD 0x2u
#define REPLSVC_BACKEND_CAP_DISCARD_ZEROES 0x4u /**< Discarded space reads as zeroes. */
#define REPLSVC_BACKEND_CAP_WRITE_ZEROES 0x8u
#define REPLSVC_BACKEND_CAP_CLONE_RANGE 0x10u /**< clone_range shares data within one file system. */
#define REPLSVC_BACKEND_CAP_EXTENTS 0x20u
#define REPLSVC_BACKEND_CAP_RESIZE 0x40u
#define REPLSVC_BACKEND_CAP_ROTATIONAL 0x80u
#define REPLSVC_BACKEND_CAP_READ_ONLY 0x100u
#define REPLSVC_BACKEND_CAP_NATIVE_SNAPSHOT 0x200u
#define REPLSVC_BACKEND_CAP_QUEUE 0x400u /**< queue_open, submit, reap exist. */
#define REPLSVC_BACKEND_CAP_MEMORY                                                                           \
    0x800u /**< The medium is memory (tmpfs): bulk copies use small requests. */
/** @} */

/** Flag of preadv, pwritev and of a queue's requests, beside REPLSVC_IO_*: bulk data that will not be
 *  wanted again soon; leave no trace in the page cache where that can be done. A hint. */
#define REPLSVC_BACKEND_IO_UNCACHED 0x10000u

/** What a handle is. */
typedef struct replsvc_backend_info {
    uint32_t size; /**< [in] sizeof this struct. */
    uint32_t capabilities;
    uint64_t size_bytes;
    uint64_t allocated_bytes;
    uint32_t logical_block_size;
    uint32_t physical_block_size;
    uint32_t optimal_io_size;   /**< 0 = no wish. */
    uint32_t request_alignment; /**< 0 or 1 = none. */
    /** What the medium is, to notice that it was replaced or written behind the service's back. */
    char identity[128];   /**< Stable for the medium's life (e.g. device and inode, GUID). */
    char generation[128]; /**< Changes with every change by others (e.g. size, mtime, DataWriteGuid); "" =
                             unknown. */
} replsvc_backend_info;

/** Options of open. */
typedef struct replsvc_backend_open_options {
    uint32_t size;
    uint32_t flags; /**< REPLSVC_BACKEND_*. */
    const char *const
        *roots; /**< Directories inside which referenced files (parents) may lie; NULL = the image's own. */
    size_t n_roots;
} replsvc_backend_open_options;

/** Options of create. */
typedef struct replsvc_backend_create_options {
    uint32_t size;
    uint32_t flags;
    uint64_t size_bytes;
    uint64_t block_size;          /**< Allocation unit of the format; 0 = default. */
    uint32_t logical_sector_size; /**< 0 = default. */
    uint32_t physical_sector_size;
    bool preallocate;
    bool reserved[7];
    const char *parent; /**< Path of the parent of a differencing image, or NULL. */
} replsvc_backend_create_options;

/** One request of a queue. The submitter owns it and its buffers until it is reaped. */
typedef struct replsvc_backend_request {
    void *handle;
    uint32_t operation; /**< enum replsvc_io_operation. */
    uint32_t flags;     /**< REPLSVC_IO_*. */
    const struct iovec *iov;
    int iovcnt;
    int result; /**< [out] 0 or a negative errno. */
    uint64_t offset;
    uint64_t length; /**< Bytes, for every operation. */
    void *user;
    void *private_data[4]; /**< The backend's, while it has the request. */
} replsvc_backend_request;

/** The operations of a backend. */
typedef struct replsvc_backend {
    uint32_t size;        /**< sizeof this struct. */
    uint32_t api_version; /**< REPLSVC_BACKEND_API_VERSION. */
    const char *name;     /**< The locator's scheme, e.g. "file". */
    const char *description;

    /** Check a path without opening it and write its canonical form. NULL = taken as it is. */
    int (*check)(const char *path, char *canonical, size_t canonical_size);
    /** Make a new image, durable when it returns, or nothing; -EEXIST if there is one. */
    int (*create)(const char *path, const replsvc_backend_create_options *options);
    /** Remove an image that create made. */
    int (*remove)(const char *path);

    int (*open)(const char *path, const replsvc_backend_open_options *options, void **handle);
    /** Close; does not promise durability (flush does). The handle is gone whatever is returned. */
    int (*close)(void *handle);
    int (*info)(void *handle, replsvc_backend_info *info);
    int (*preadv)(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
    int (*pwritev)(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
    /** Make every completed write durable. After an error the handle is poisoned: later flushes fail too. */
    int (*flush)(void *handle);
    int (*discard)(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
    int (*write_zeroes)(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
    /** Extents from offset on, in order, without gaps, clipped to [offset, offset+length); *n: in the room,
     * out the number filled (>= 1). */
    int (*extents)(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
    int (*resize)(void *handle, uint64_t size_bytes);
    /** Share a range between two handles of this backend: -EXDEV, -EOPNOTSUPP or -EINVAL if it cannot be, and
     * then nothing changed. */
    int (*clone_range)(void *source, uint64_t source_offset, void *target, uint64_t target_offset,
                       uint64_t length);

    /** Native point in time: make path a copy of what the handle holds now, sharing data. */
    int (*native_snapshot)(void *handle, const char *path, uint32_t flags);

    /** A queue for asynchronous I/O on any handles of this backend. *fd is readable while completions wait.
     */
    int (*queue_open)(uint32_t depth, uint32_t flags, void **queue, int *fd);
    int (*queue_close)(void *queue);
    /** Queue n requests; returns the number taken (>= 0; fewer when full) or a negative errno. */
    int (*submit)(void *queue, replsvc_backend_request *const requests[], size_t n);
    /** Take up to max completed requests, waiting for min_wait of them (timeout_ms -1 = for ever); the
     * number, or a negative errno. */
    int (*reap)(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                int64_t timeout_ms);

    /** Look at a place in which create makes images as "PLACE/NAME", e.g. a pool of a cluster: a pool of the
     * service may be there. NULL: this backend's pools are directories. */
    int (*place_info)(const char *place, uint64_t *free_bytes, uint64_t *total_bytes);
} replsvc_backend;

/** Make a backend known to the process.
 *
 * @param[in] backend its operations; must stay valid
 * @retval 0 known
 * @retval 1 its api_version is not one that this library knows
 * @retval 4 no memory
 * @retval 5 a required operation is missing
 * @retval 6 there is one of that name */
REPLSVC_API uint32_t replsvc_backend_register(const replsvc_backend *backend);

/** Load a module and register the backend that its `replsvc_backend_module` function returns.
 *
 * There is seldom need to: when a locator has a scheme that nobody registered, `replsvc-SCHEME.so` is looked
 * for in the directories of the environment variable REPLSVC_BACKENDS (absolute, separated by colons) and
 * where the library's own modules were installed (LIBDIR/replsvc).
 *
 * @param[in] path the shared object
 * @retval 0 loaded; it stays loaded
 * @retval 1 its api_version is not one that this library knows
 * @retval 4 it cannot be loaded: the message says why
 * @retval 5 it is no module of a backend */
REPLSVC_API uint32_t replsvc_backend_load(const char *path);

/** The backend of a scheme.
 *
 * @param[in] name the scheme, e.g. "file"
 * @return its operations, or NULL */
REPLSVC_API const replsvc_backend *replsvc_backend_find(const char *name);

/** Leave a sentence for the call of this thread that is about to fail.
 *
 * @param[in] format as of printf: what went wrong, naming place and reason */
REPLSVC_API void replsvc_backend_set_error(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;

/** Entry point of a loadable module. */
typedef const replsvc_backend *(*replsvc_backend_module_function)(void);
#define REPLSVC_BACKEND_MODULE_SYMBOL "replsvc_backend_module"

#ifdef __cplusplus
}
#endif

#endif
