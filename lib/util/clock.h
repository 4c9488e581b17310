/* SPDX-License-Identifier: BSD-2-Clause */
/* The two clocks. Stamps that others see are wall time; durations and deadlines are monotonic. */
#ifndef RSVC_UTIL_CLOCK_H
#define RSVC_UTIL_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void); /* microseconds since the epoch; may jump */
int64_t clock_monotonic_ns(void);
int64_t clock_monotonic_us(void); /* microseconds since some start; never goes back */

#endif
