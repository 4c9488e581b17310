/* SPDX-License-Identifier: BSD-2-Clause */
/* The queue operations of the backend "file" (see backend.h). One thread at a time per queue. */
#ifndef RSVC_FILE_FILE_QUEUE_H
#define RSVC_FILE_FILE_QUEUE_H

#include <replsvc/backend.h>

int image_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd);
int image_queue_close(void *queue);
int image_queue_submit(void *queue, replsvc_backend_request *const requests[], size_t n);
int image_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                     int64_t timeout_ms);

#endif
