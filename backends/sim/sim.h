/* SPDX-License-Identifier: BSD-2-Clause */
/* The backend "sim": the disks of simulated worlds (world.h) as media. */
#ifndef RSVC_SIM_SIM_H
#define RSVC_SIM_SIM_H

#include <replsvc/backend.h>

extern const replsvc_backend sim_backend;

#endif
