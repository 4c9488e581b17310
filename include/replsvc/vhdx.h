/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file vhdx.h
 * Stand-alone functions on VHDX images, which need no opened service: look
 * inside one, check and repair one, merge a child into its parent or a whole
 * chain into one image.
 *
 * Paths are those of the file system (no scheme). All functions return a CIM
 * code (0 = done); replsvc_last_error() has the sentence. They may be called
 * from any thread. Images are created through the backend "vhdx" (block size,
 * sector sizes, preallocation and parent are options of its create function).
 */
#ifndef REPLSVC_VHDX_H
#define REPLSVC_VHDX_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Kinds of images. */
enum replsvc_vhdx_type {
    REPLSVC_VHDX_FIXED = 1,       /**< All blocks are allocated from the beginning. */
    REPLSVC_VHDX_DYNAMIC = 2,     /**< Blocks are allocated when they are first written. */
    REPLSVC_VHDX_DIFFERENCING = 3 /**< Holds what differs from its parent. */
};

/** What an image says about itself. Set size before. */
typedef struct replsvc_vhdx_info {
    uint32_t size;                 /**< [in] sizeof this struct. */
    uint32_t type;                 /**< enum replsvc_vhdx_type. */
    uint64_t virtual_size;         /**< Bytes of the disk. */
    uint64_t file_size;            /**< Bytes of the file. */
    uint64_t allocated_bytes;      /**< Space that the file takes on its medium. */
    uint32_t block_size;           /**< Allocation unit. */
    uint32_t logical_sector_size;  /**< Of the disk. */
    uint32_t physical_sector_size; /**< Of the disk. */
    bool log_in_use;               /**< It was not closed cleanly: its log must be replayed. */
    bool reserved[3];
    uint64_t log_offset;      /**< Place of the log in the file. */
    uint64_t log_length;      /**< Bytes of the log. */
    uint64_t bat_offset;      /**< Place of the block allocation table. */
    uint64_t bat_length;      /**< Bytes of its region. */
    char creator[128];        /**< The program that made it, as it calls itself. */
    char disk_id[40];         /**< VirtualDiskId; a child has its parent's. */
    char data_write_guid[40]; /**< Identity of the content: what children check. */
    char file_write_guid[40]; /**< Changes with every session that writes. */
    char parent_linkage[40];  /**< DataWriteGuid of the parent; "" = no parent. */
    char parent_path[1024];   /**< The parent's path as the image has it; "" = no parent. */
} replsvc_vhdx_info;

/** Look inside an image; its parent is not opened and nothing is changed.
 *
 * @param path the image
 * @param info [in,out] set size before
 * @return 0, 5 (Invalid Parameter) or 4 (Failed: no such file, no VHDX image, damaged). */
REPLSVC_API uint32_t replsvc_vhdx_get_info(const char *path, replsvc_vhdx_info *info);

/** Say where parents may lie. An image that names its parent is not trusted: without this, only a parent in
 * the image's own folder is opened; with it, one below these folders too, everywhere in this process where no
 * roots are given: elements, copies, checks, merges. What was opened before stays as it is.
 *
 * @param roots absolute paths of folders, instead of those of an earlier call; NULL = none
 * @param n_roots how many
 * @retval 0 from now on it is so
 * @retval 4 no memory; it is as it was
 * @retval 5 a path is not absolute */
REPLSVC_API uint32_t replsvc_vhdx_allow_roots(const char *const roots[], size_t n_roots);

/** How bad a finding is. */
enum replsvc_vhdx_severity {
    REPLSVC_VHDX_NOTE = 1,  /**< Deviates from the format; harmless. */
    REPLSVC_VHDX_ERROR = 2, /**< Wrong, but the content is not in doubt: can be repaired. */
    REPLSVC_VHDX_DAMAGE = 3 /**< Content is lost or in doubt: cannot be repaired here. */
};

/** One thing that a check found. */
typedef struct replsvc_vhdx_finding {
    uint32_t size;     /**< sizeof this struct. */
    uint32_t severity; /**< enum replsvc_vhdx_severity. */
    uint64_t offset;   /**< In the file. */
    const char *text;  /**< A sentence that names the structure. Valid during the call. */
} replsvc_vhdx_finding;

/** Called for each finding, in the thread that called replsvc_vhdx_check.
 *  @param user what the caller of the check gave
 *  @param finding what was found
 *  @return 0 to go on; anything else ends the check. */
typedef int (*replsvc_vhdx_finding_function)(void *user, const replsvc_vhdx_finding *finding);

/** @name Flags of replsvc_vhdx_check */
/** @{ */
/** Repair what can be repaired safely (severity Error), and replay the log. Nothing is changed in an image
 *  that has damage. The content, and the identity that children check, stay the same. */
#define REPLSVC_VHDX_CHECK_REPAIR 0x1u
/** Do not look for the parent of a differencing image. */
#define REPLSVC_VHDX_CHECK_NO_PARENT 0x2u
/** @} */

/** The sums of a check. Set size before. */
typedef struct replsvc_vhdx_check_result {
    uint32_t size;     /**< [in] sizeof this struct. */
    uint32_t notes;    /**< Findings of severity Note. */
    uint32_t errors;   /**< Findings of severity Error. */
    uint32_t damage;   /**< Findings of severity Damage. */
    bool repaired;     /**< The errors were repaired. */
    bool log_replayed; /**< The log was replayed into the file. */
    bool reserved[6];
    uint64_t blocks;                /**< Payload blocks of the disk. */
    uint64_t blocks_present;        /**< Of these, wholly in the file. */
    uint64_t blocks_partly_present; /**< Partly in the file, partly the parent's. */
    uint64_t blocks_zero;           /**< Known to read as zeroes. */
    uint64_t unused_bytes;          /**< Bytes of the file that belong to nobody. */
} replsvc_vhdx_check_result;

/** Check an image: every structure, every block's place against all others.
 *
 * @param path the image
 * @param flags REPLSVC_VHDX_CHECK_*
 * @param found called for each finding; NULL = none
 * @param user handed to found
 * @param result [in,out] the sums, also when there is damage; may be NULL
 * @return 0: no errors and no damage, or all errors were repaired; 4 (Failed): errors or damage (the message
 * counts them), or the check could not be made; 5 (Invalid Parameter); 6 (In Use). */
REPLSVC_API uint32_t replsvc_vhdx_check(const char *path, uint32_t flags, replsvc_vhdx_finding_function found,
                                        void *user, replsvc_vhdx_check_result *result);

/** Merge a differencing image into its parent: the parent gets the child's content and size. Both stay, and
 * read the same, also after a cut or kill at any moment of the merge; the child can be removed afterwards.
 * Refused (6) while the parent has other children, which would not fit any more; they are looked for in the
 * folders of both images and in the roots.
 *
 * @param child the differencing image
 * @param roots directories inside which the parent may lie; NULL = the child's own, and those of
 * replsvc_vhdx_allow_roots()
 * @param n_roots how many
 * @return 0, 4 (Failed), 5 (Invalid Parameter: no differencing image) or 6 (In Use: one of the images is in
 * use, or has another child). */
REPLSVC_API uint32_t replsvc_vhdx_merge(const char *child, const char *const roots[], size_t n_roots);

/** @name Flags of replsvc_vhdx_collapse */
/** @{ */
/** Remove the child and the images between it and the ancestor once all is in the ancestor. */
#define REPLSVC_VHDX_COLLAPSE_REMOVE 0x1u
/** Do so even where other images depend on one that changes: they can no longer be opened then. */
#define REPLSVC_VHDX_COLLAPSE_IGNORE_OTHERS 0x2u
/** @} */

/** Collapse a chain: an ancestor gets the content and size of a differencing image that is based on it, over
 * any number of images between; what lies in several of them is written once. The child reads the same at
 * every moment, also after a cut or kill at any write, and the call can simply be made again then. The images
 * between go on being part of the chain, but no longer show what they did by themselves: they are of no use
 * but to the child, and can be removed with it.
 *
 * @param child the differencing image
 * @param into an image that it is based on; NULL = the first of its chain
 * @param roots directories inside which the parents may lie; NULL = each child's own, and those of
 * replsvc_vhdx_allow_roots()
 * @param n_roots how many
 * @param flags REPLSVC_VHDX_COLLAPSE_*
 * @return 0, 4 (Failed), 5 (Invalid Parameter: no differencing image, or into is no ancestor) or 6 (In Use:
 * one of the images is in use, or an image outside the chain depends on one that would change or go). */
REPLSVC_API uint32_t replsvc_vhdx_collapse(const char *child, const char *into, const char *const roots[],
                                           size_t n_roots, uint32_t flags);

#ifdef __cplusplus
}
#endif

#endif
