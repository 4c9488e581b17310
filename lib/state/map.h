/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region map: one bit per region of a volume, durable in a file of its own with 4 KiB pages that each
 * are named by checksum, so that a torn, lost or stale page is noticed (map_file.c has the layout). In
 * memory only pages that have had a set bit are held (about 2.05 MiB per TiB at 64 KiB regions when all
 * are, given back when the map is closed). Damage is reported: the owner decides (a dirty map: all of the
 * page dirty; a copy-before-write map: the replica is Invalid) - never silently empty. Making a map is
 * constant work whatever the size (the file is sparse).
 *
 * Bits change in memory at once (map_set/map_clear: atomic, lock-free for readers) and reach the file by
 * map_commit, which writes the changed pages and syncs once. Several committers share one sync. A commit
 * is there after a crash altogether or not at all.
 *
 * All functions may be called from several threads at once but map_resize, map_close, which want the map
 * for themselves.
 */
#ifndef RSVC_STATE_MAP_H
#define RSVC_STATE_MAP_H

#include "state/vfs.h"

struct map;

int map_create(struct vfs *vfs, const char *name, uint64_t regions, uint32_t region_size, struct map **out);
/* damaged (may be NULL) is called with the first region and count of each damaged page, before return.
 * If the header itself is damaged: -EUCLEAN. on_damage_set: bits of a damaged page are taken as set, and
 * the next commit makes that so; else they read as clear and every commit answers -EUCLEAN. */
int map_open(struct vfs *vfs, const char *name, bool on_damage_set,
             void (*damaged)(void *user, uint64_t first, uint64_t count), void *user, struct map **out);
/* A map in memory only (no file); commit does nothing. */
int map_memory(uint64_t regions, uint32_t region_size, struct map **out);
void map_close(struct map *m);
int map_remove(struct vfs *vfs, const char *name); /* durable on 0; also 0 when it is not there */

uint64_t map_regions(const struct map *m);
uint32_t map_region_size(const struct map *m);
bool map_test(const struct map *m, uint64_t region);
int map_set(struct map *m, uint64_t first, uint64_t count); /* -ENOMEM: nothing changed */
/* -ENOMEM: nothing changed; cannot be unless a part of a page is cleared that map_set_all had set. */
int map_clear(struct map *m, uint64_t first, uint64_t count);
uint64_t map_count(const struct map *m); /* set bits */
/* The next region >= from whose bit is `value`, or map_regions() when none; skips absent pages fast. */
uint64_t map_next(const struct map *m, uint64_t from, bool value);
int map_set_all(struct map *m); /* held as a flag per page, not as memory, until a bit is cleared */
int map_resize(struct map *m, uint64_t regions);    /* new regions are clear; durable by map_commit */
int map_commit(struct map *m);                      /* durable */
int map_or(struct map *m, const struct map *other); /* m |= other; same geometry. -ENOMEM: a part is done */
uint64_t map_memory_bytes(const struct map *m);

#endif
