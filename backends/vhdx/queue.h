/* SPDX-License-Identifier: BSD-2-Clause */
/* The asynchronous queue of the backend "vhdx". */
#ifndef RSVC_VHDX_QUEUE_H
#define RSVC_VHDX_QUEUE_H

#include <stdint.h>

int vhdx_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd);

#endif
