/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What this version can do, as data: the methods ask here before they do anything, and the capability
 * methods tell from here, so the two cannot disagree. Immutable; no locks.
 *
 * transitions.h says what is legal in which state; here stands what there is at all.
 */
#ifndef RSVC_SERVICE_CAPABILITIES_TABLE_H
#define RSVC_SERVICE_CAPABILITIES_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/enums.h>

#include "service/settings.h"

/* Whether relationships of that SyncType and Mode can be made between local elements. */
bool capability_sync(uint16_t sync_type, uint16_t mode);
/* The Mode that is taken when none is given; 0: no such SyncType here. */
uint16_t capability_default_mode(uint16_t sync_type);
/* Whether ModifyReplicaSynchronization has the operation for them. group: on GroupSynchronized. */
bool capability_operation(uint16_t sync_type, bool group, uint16_t operation);
/* Whether a create method can wait for that CopyState / an operation can. */
bool capability_wait_create(uint16_t sync_type, uint16_t copy_state);
bool capability_wait_operation(uint16_t sync_type, bool group, uint16_t operation, uint16_t copy_state);
/* Values of a property of the setting data that have the effect they promise: bit n for value n of a
 * number, bit 0 and 1 for FALSE and TRUE, any bit for "a value is taken" of the others; 0: none. */
uint32_t capability_setting(uint16_t sync_type, const struct setting_property *p);

/* Not Supported, naming the property, if the settings ask for what they cannot have. */
uint32_t capability_check_settings(uint16_t sync_type, const replsvc_replication_settings *s);

#endif
