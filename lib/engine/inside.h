/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O to a volume in a host's place: a mirror's leg, a resync, a repair. It passes the gate, the taps and the
 * points in time of the volume like a host's (snapshots of a mirror's target stay exact), but asks nobody
 * for access, and the volume's view, if it has one, is not for it.
 */
#ifndef RSVC_ENGINE_INSIDE_H
#define RSVC_ENGINE_INSIDE_H

#include "engine/tap.h"

/* w->origin: the volume for whose hosts this is done; writes to it may be waiting for this one. own: the
 * caller's own tap on v, which lets the write pass untouched; while no other hangs there the way is short,
 * and the caller must see to it that nothing else writes to these bytes. NULL: none. */
int inside_write(struct volume *v, const struct volume_write *w, const struct tap *own);
/* Whether that way is short now, and the write one that the medium takes. Inside v's gate. */
bool inside_is_plain(struct volume *v, const struct volume_write *w, const struct tap *own);
int inside_flush(struct volume *v);
/* Extents of what volume_read_now reads. */
int inside_extents(struct volume *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
/* volume_lock_range, if nobody is in the way. */
bool inside_trylock(struct volume *v, struct region_hold *hold, uint64_t first, uint64_t end);

#endif
