/* SPDX-License-Identifier: BSD-2-Clause */
/* What the VHDX backend offers to the rest of the library: its vtable. */
#ifndef RSVC_VHDX_VHDX_H
#define RSVC_VHDX_VHDX_H

#include <replsvc/backend.h>

extern const replsvc_backend vhdx_backend;

#endif
