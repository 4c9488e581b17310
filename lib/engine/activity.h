/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What two sides of a relationship may differ in, known after any crash: a region map of differences and,
 * ahead of it, an activity log, so that a host write hardly ever has to wait for a mark.
 *
 * A write to a region whose mark is not durable could be cut between the two sides, and nobody would know.
 * Marking each region before each write would cost a sync a write. Instead the log names the *extents*
 * (runs of regions, 4 to 16 MiB) in which hosts have written lately. The rule:
 *
 *     While a write is under way, and until both sides have it on stable storage or its regions' bits are
 *     durable in the map, its extent stands in the log on stable storage.
 *
 * So a write to an extent that is in the log touches no metadata at all. A new extent costs one 4 KiB write
 * and a sync, shared by all that wait for one; when the log is full an eighth of it, least lately used, is
 * let go at once: first settle() makes both sides durable, then the map's changed bits are committed, then
 * the log is written without them. After a crash the regions of all extents in the log are taken to differ;
 * activity_open sets and commits their bits, then empties the log.
 *
 * In memory the map is exact: a bit is set by who knows that a region differs (one side failed, or is not
 * written now), and cleared by who has made it equal.
 *
 * On disk: the map's file, and a log file of two 4 KiB slots written in turn (magic, version, sequence
 * number, extent size, count, extents, CRC-32C). A slot write that a power cut has swallowed leaves the
 * older pair, which is what was true for all writes that have begun. A slot that is neither old nor new (torn
 * below 4 KiB, or rotten: the two look alike) might hide an extent, so then everything is taken to differ.
 *
 * Thread-safe. activity.lock covers the log in memory; it is never held during I/O. A write to one extent
 * that is in the log does not need it. The map's bits are atomic by themselves.
 */
#ifndef RSVC_ENGINE_ACTIVITY_H
#define RSVC_ENGINE_ACTIVITY_H

#include <stdbool.h>
#include <stdint.h>

#include "state/map.h"
#include "state/vfs.h"

/* The most bytes that one activity_enter may cover; larger writes are cut by the caller. */
#define ACTIVITY_MAX_WRITE (UINT64_C(64) << 20)

struct activity;

struct activity_options {
    struct vfs *vfs;
    const char *map_name; /* e.g. "maps/<id>.dirty" */
    const char *log_name; /* e.g. "maps/<id>.active" */
    uint64_t size;        /* bytes of a side */
    uint32_t region_size; /* activity_create only; activity_open takes the map's */
    /* Everything that ended before the call is on stable storage on both sides when it returns 0. Called
     * without locks, from a writer's thread; one call at a time. */
    int (*settle)(void *user);
    void *user;
};

/* A new one: nothing differs and nothing is active; durable when it returns. -EEXIST: there is one. */
int activity_create(const struct activity_options *options, struct activity **out);
/* An existing one, after a close or a crash. A damaged map page: all of it differs. A damaged or missing
 * log or map header: everything differs (the map is made anew). *guessed (may be NULL): that happened. */
int activity_open(const struct activity_options *options, struct activity **out, bool *guessed);
/* Commits the map, settles and empties the log. The error of what failed (then the log stays as it is,
 * which is right). Frees it in any case. */
int activity_close(struct activity *a);
/* Frees it, leaving the files as they are (they are right for a crash). */
void activity_abandon(struct activity *a);
int activity_remove(struct vfs *vfs, const char *map_name, const char *log_name);

/*
 * Around a write of [offset, offset + length), length <= ACTIVITY_MAX_WRITE. enter returns when its extents
 * are in the log on stable storage; on an error (marks can no longer be made durable; the log is poisoned,
 * every later call that needs it fails too) there is no leave. differs: the write's regions are to be marked
 * (one side did not get it, or not for certain).
 */
int activity_enter(struct activity *a, uint64_t offset, uint64_t length);
void activity_leave(struct activity *a, uint64_t offset, uint64_t length, bool differs);

/* The map, exact in memory: map_test, map_next, map_count, map_set, map_clear. Whoever clears a bit has
 * made both sides equal there while keeping hosts away (volume_lock_range), and does all of it between an
 * enter and its leave: what it wrote need not be durable yet, since the extent stays in the log until it is.
 */
struct map *activity_map(struct activity *a);
/* The map's bits as they are in memory are durable. */
int activity_commit(struct activity *a);
/* Marks everything as different, durably. */
int activity_mark_all(struct activity *a);

/* Marks all of the extents in the log as different, durably: what ended there before the call needs to be on
 * stable storage no more. For settle(), when one of the sides is not to be had. */
int activity_mark_active(struct activity *a);

/* Extents in the log, and log writes so far (for tests and statistics). */
void activity_stats(struct activity *a, uint64_t *active, uint64_t *log_writes);

#endif
