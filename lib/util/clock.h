/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two clocks. Stamps that others see are wall time; durations and deadlines are monotonic. Tests may
 * make them jump or stand still.
 */
#ifndef RSVC_UTIL_CLOCK_H
#define RSVC_UTIL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

int64_t clock_wall_us(void); /* microseconds since the epoch; may jump */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_us(void); /* microseconds since some start; never goes back */

/* The instant of a monotonic deadline as condition variables of CLOCK_MONOTONIC want it. */
struct timespec clock_deadline(int64_t monotonic_us);

/* Tests: both go on from where they are plus that. Who sleeps already is not woken. */
void clock_jump(int64_t wall_us, int64_t monotonic_us);
/* Tests: the monotonic clock moves by jumps only, or by itself again. */
void clock_stand_still(bool still);

#endif
