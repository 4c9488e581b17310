/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file copy.h
 * Stand-alone functions on images, which need no opened service and no state
 * directory: copy one image to another, look at an image.
 *
 * A locator is "scheme:path" with the scheme of a registered backend, for
 * example "file:/srv/a.img"; a path without a scheme is taken as "file:".
 * Both functions return a CIM code (0 = done); replsvc_last_error() has the
 * sentence. They may be called from any thread.
 */
#ifndef REPLSVC_COPY_H
#define REPLSVC_COPY_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** @name Flags of replsvc_copy */
/** @{ */
/** The target may exist: its content is replaced. It must not be smaller than the source. Without this
 *  flag an existing target is refused (In Use), except one that is a device and cannot be made. */
#define REPLSVC_COPY_OVERWRITE 0x1u
/** The target must exist (implies overwriting it); never make one. */
#define REPLSVC_COPY_MUST_EXIST 0x2u
/** Read both sides again afterwards and compare them. */
#define REPLSVC_COPY_VERIFY 0x4u
/** Do not share data with the source (reflink), even where the file system can: a full copy. */
#define REPLSVC_COPY_NO_REFLINK 0x8u
/** Never use io_uring. */
#define REPLSVC_COPY_NO_IO_URING 0x10u
/** Copy by threads, whatever the backends can do (for tests and comparisons). */
#define REPLSVC_COPY_FORCE_THREADS 0x20u
/** Allocate all of a target that is made. */
#define REPLSVC_COPY_PREALLOCATE 0x40u
/** Do not make the target durable at the end. */
#define REPLSVC_COPY_NO_FLUSH 0x80u
/** @} */

/** Called during a copy, in the thread that called replsvc_copy, a few times a second.
 *  @param user what the options say
 *  @param done bytes of the source that are dealt with, holes included
 *  @param total bytes of the source (of a verifying copy: twice that)
 *  @param rate bytes per second lately, 0 = not known yet
 *  @return 0 to go on; anything else cancels the copy. */
typedef int (*replsvc_copy_progress)(void *user, uint64_t done, uint64_t total, uint64_t rate);

/** How to copy. Zero-filled with size set = all defaults. */
typedef struct replsvc_copy_options {
    uint32_t size;                 /**< sizeof this struct. */
    uint32_t flags;                /**< REPLSVC_COPY_*. */
    uint64_t bytes_per_second;     /**< Bound of the copy's speed; 0 = none. */
    uint64_t block_size;           /**< Allocation unit of a target that is made; 0 = its format's default. */
    uint32_t logical_sector_size;  /**< Of a target that is made; 0 = as the source. */
    uint32_t physical_sector_size; /**< Of a target that is made; 0 = as the source. */
    uint64_t target_size;          /**< Bytes of a target that is made; 0 = as the source; never smaller. */
    const char *parent;            /**< Parent of a differencing target that is made, or NULL. */
    replsvc_copy_progress progress; /**< NULL = none. */
    void *progress_user;
} replsvc_copy_options;

/** What a copy did. Set size before. */
typedef struct replsvc_copy_statistics {
    uint32_t size; /**< [in] sizeof this struct. */
    bool target_created;
    bool reserved[3];
    uint64_t bytes_total; /**< Size of the source. */
    uint64_t bytes_read;
    uint64_t bytes_written;
    uint64_t bytes_shared; /**< Shared by reflink. */
    uint64_t bytes_zero;   /**< Holes and zeroes, which were not copied. */
    int64_t elapsed_us;    /**< The flush at the end included. */
    char method[32];       /**< "reflink", "queue" or "threads". */
} replsvc_copy_statistics;

/** Copy one image to another, of any formats.
 *
 * Holes stay holes. The source is opened for reading and locked against
 * writers where its backend can. A target that does not exist is made; if the
 * copy fails or is cancelled, a target that was made is removed, and an older
 * one is left with undefined content. The target is durable when the function
 * returns 0.
 *
 * @param source_locator the image to copy
 * @param target_locator where to
 * @param options NULL = defaults
 * @param statistics [out] what was done, also after a failure; may be NULL
 * @return 0; 5 (Invalid Parameter): a locator is wrong or does not exist, both name one image, the target
 * is smaller than the source; 6 (In Use): an image is locked by somebody else, or the target exists and was
 * not to be overwritten; 4 (Failed): an I/O error (the message names image and offset), no space, cancelled
 * (system_errno is ECANCELED), or the sides differ after a verified copy (EILSEQ). */
REPLSVC_API uint32_t replsvc_copy(const char *source_locator, const char *target_locator,
                                  const replsvc_copy_options *options, replsvc_copy_statistics *statistics);

/** Look at an image: opens it for reading, without locking it, and closes it again.
 *
 * @param locator the image
 * @param info [in,out] set size before; id, name and pool are ""; locator is the canonical form
 * @return 0, 5 (Invalid Parameter) or 4 (Failed). */
REPLSVC_API uint32_t replsvc_locator_get_info(const char *locator, replsvc_element_info *info);

/** What to make. Zero-filled with size and size_bytes set = all defaults. */
typedef struct replsvc_image_options {
    uint32_t size;                 /**< sizeof this struct. */
    uint32_t flags;                /**< 0. */
    uint64_t size_bytes;           /**< Bytes a host will see; 0 with a parent: the parent's. */
    uint64_t block_size;           /**< Allocation unit; 0 = the format's default. */
    uint32_t logical_sector_size;  /**< 0 = the format's default. */
    uint32_t physical_sector_size; /**< 0 = the format's default. */
    bool preallocate;              /**< Allocate all of it. */
    bool reserved[7];              /**< false. */
    const char *parent;            /**< Path of the parent of a differencing image, or NULL. */
} replsvc_image_options;

/** Make an empty image.
 *
 * @param locator the image, which must not exist
 * @param options what to make; required
 * @return 0: made, durable, and reads as zeroes (a differencing one: as its parent); 1 (Not Supported): its
 * backend makes no images; 4 (Failed): an I/O error or no space, nothing was made; 5 (Invalid Parameter): the
 * locator or an option is wrong; 6 (In Use): it exists. */
REPLSVC_API uint32_t replsvc_locator_create(const char *locator, const replsvc_image_options *options);

#ifdef __cplusplus
}
#endif

#endif
