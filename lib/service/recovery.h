/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors whose target was lost: CopyRecoveryMode. While one is Broken or Partitioned, its target is looked
 * at from time to time. When it is there again, can be read, and is the medium that it was,
 *
 *   Automatic  the mirror (of a group: all of it that parted with it) is resumed, as by Resume: what differs
 *              is copied;
 *   Manual     it becomes Suspended, and whoever wants it resumes it.
 *
 * Another medium in its place, or one of another size, makes it Invalid: nothing is ever copied there by
 * itself. Nor is a mirror taken up of which it is not known what differs and in which direction to go: one
 * side was written behind the service's back, or its records are damaged.
 *
 * The looks come at growing distances, FIRST to LONGEST, until the mirror has been whole again: a target
 * that can be read and breaks at each write costs no more than one that stays away. Clones and snapshots have
 * no part in this: the point in time of one that broke is lost, and only a new one can be had.
 */
#ifndef RSVC_SERVICE_RECOVERY_H
#define RSVC_SERVICE_RECOVERY_H

#include "service/service.h"

bool recovery_concerns(const struct relationship *s);

#endif
