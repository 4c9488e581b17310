/* SPDX-License-Identifier: BSD-2-Clause */
/** @file replsvc.h The whole public API. */
#ifndef REPLSVC_REPLSVC_H
#define REPLSVC_REPLSVC_H

#include <replsvc/backend.h>
#include <replsvc/capabilities.h>
#include <replsvc/cim.h>
#include <replsvc/control.h>
#include <replsvc/copy.h>
#include <replsvc/events.h>
#include <replsvc/jobs.h>
#include <replsvc/methods.h>
#include <replsvc/service.h>
#include <replsvc/statistics.h>
#include <replsvc/vhdx.h>
#include <replsvc/volume.h>

#endif
