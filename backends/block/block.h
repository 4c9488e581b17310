/* SPDX-License-Identifier: BSD-2-Clause */
/* The backend "block": a raw block device. */
#ifndef RSVC_BLOCK_BLOCK_H
#define RSVC_BLOCK_BLOCK_H

#include <replsvc/backend.h>

extern const replsvc_backend block_backend;

#endif
