/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completing a replica: a clone's fill, and what is the same for a snapshot that was detached. When the
 * last region is there and durable, the replica leaves its source's points and its target becomes a plain
 * volume again. The map file stays until the replica is removed: a crash may come before the completion
 * is recorded, and then it shows that all is done.
 */
#include "engine/clone.h"

#include <errno.h>

#include "engine/fill.h"
#include "util/fail.h"

int replica_complete(struct replica *r)
{
    r->complete = true;     /* only a restore looks, and operations do not overlap */
    replica_show(r, false); /* all is kept: neither reads nor writes of the target need its points now */
    int rc = replica_leave_points(r);
    if (rc)
        return rc;
    replica_set_state(r, REPLICA_COMPLETE);
    volume_target_complete(r->target, true);
    events_raise(&r->engine->events, &r->events, REPLICA_EVENT_COMPLETE, 0, "complete");
    return 0;
}

int replica_fill_all(struct replica *r, const struct engine_control *control)
{
    struct fill f = {.r = r, .control = control, .total = volume_size(r->source)};
    uint64_t regions = replica_regions(r);
    bool target_failed = false;
    int rc = 0;
    /* A region that was copied before write and then lost its commit may have been passed: look again. */
    while (!rc && map_next(r->kept, 0, false) < regions) {
        f.done_before = map_count(r->kept) << r->shift;
        rc = fill_run(&f, &target_failed);
    }
    if (rc && target_failed && rc != -ENOMEM)
        replica_break(r, rc, "%s: could not be filled (%s)", volume_id(r->target), svc_backend_error());
    return rc;
}

int replica_fill(struct replica *r, const struct engine_control *control)
{
    enum replica_state state = replica_get_state(r);
    if (state == REPLICA_COMPLETE)
        return 0;
    if (state == REPLICA_BROKEN)
        return -EIO;
    if (state == REPLICA_DETACHING)
        return snapshot_detach(r, control);
    if (r->kind != REPLICA_CLONE || state != REPLICA_ACTIVE)
        return -EINVAL;
    int rc = volume_settle(r->source); /* what was written before the cut is on the medium then */
    if (!rc)
        rc = replica_fill_all(r, control);
    return rc ? rc : replica_complete(r);
}
