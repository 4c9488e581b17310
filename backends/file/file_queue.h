/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue of the backend "file": see fd_queue.h for its other operations. */
#ifndef RSVC_FILE_FILE_QUEUE_H
#define RSVC_FILE_FILE_QUEUE_H

#include <replsvc/backend.h>

int image_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd);

#endif
