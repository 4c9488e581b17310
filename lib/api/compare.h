/* SPDX-License-Identifier: BSD-2-Clause */
/* An image as the target of a copy that compares instead of writing: the copy fails with -EILSEQ, and a
 * sentence with the offset, where the image is not what would have been written. */
#ifndef RSVC_API_COMPARE_H
#define RSVC_API_COMPARE_H

#include "engine/copy.h"

struct comparer {
    const replsvc_backend *backend;
    void *handle;
    uint32_t alignment; /* its info.request_alignment */
};

/* The end to put into a copy_job; c must live as long. */
struct copy_end comparer_end(struct comparer *c);

#endif
