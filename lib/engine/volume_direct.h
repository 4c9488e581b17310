/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shortest way for a host's asynchronous request: as it is, into the queue of the medium's backend. Only
 * reads and writes of a volume on which nothing hangs that would have to see them, only if the gate lets
 * them in without waiting, and only where the medium takes them as they are. Everything else goes the
 * ordinary way (volume_preadv...), which may block, on a thread.
 *
 * The request is inside the gate until volume_direct_end, which any thread may call. Who keeps requests
 * inside like this is a gate_helper, or a closer might wait for what only he could bring in.
 */
#ifndef RSVC_ENGINE_VOLUME_DIRECT_H
#define RSVC_ENGINE_VOLUME_DIRECT_H

#include "engine/volume.h"

struct direct_io {
    struct volume *volume;
    struct gate_shard *shard;
    int side; /* GATE_* */
    uint64_t offset, length;
    int64_t began;            /* io_begin */
    struct region_hold edges; /* of a write: the medium's blocks */
};

/* 0: *r is filled but for .user, and may be submitted to (*backend)'s queue. -EAGAIN: take the ordinary
 * way. Else the host's error. */
int volume_direct_begin(struct volume *v, bool write, const struct iovec *iov, int iovcnt, uint64_t offset,
                        uint32_t flags, struct direct_io *d, replsvc_backend_request *r,
                        const replsvc_backend **backend);
/* It was carried out, with that result. */
void volume_direct_end(struct direct_io *d, int result);
/* It was never submitted: it goes the ordinary way. */
void volume_direct_cancel(struct direct_io *d);

#endif
