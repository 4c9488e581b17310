/* SPDX-License-Identifier: BSD-2-Clause */
/* See engine_world.h. */
#include "support/engine_world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/simvfs.h"

static void note_event(void *user, struct replica *r, enum replica_event event, int err, const char *text)
{
    struct engine_world *ew = user;
    (void)text;
    if (ew && ew->n_events < sizeof ew->events / sizeof *ew->events)
        ew->events[ew->n_events++] = (struct ew_event){r, event, err};
}

int ew_start(struct engine_world *ew, struct world *w)
{
    ew->world = w;
    ew->n_volumes = ew->n_events = 0;
    int rc = simvfs_open(w, "state", true, &ew->vfs);
    if (rc)
        return rc;
    struct engine_options options = {.vfs = ew->vfs,
                                     .region_size = ew->region_size,
                                     .overlay_bytes = ew->overlay_bytes,
                                     .event = note_event};
    rc = engine_new(&options, &ew->engine);
    if (rc)
        ew->vfs->ops->close(ew->vfs);
    return rc;
}

void ew_stop(struct engine_world *ew)
{
    while (ew->n_volumes)
        volume_put(ew->volumes[--ew->n_volumes]);
    engine_free(ew->engine);
    ew->vfs->ops->close(ew->vfs);
}

struct volume *ew_volume(struct engine_world *ew, const char *disk)
{
    for (size_t i = 0; i < ew->n_volumes; i++)
        if (strcmp(volume_id(ew->volumes[i]), disk) == 0)
            return ew->volumes[i];
    char locator[128];
    struct volume *v;
    (void)snprintf(locator, sizeof locator, "sim:%s", disk);
    if (ew->n_volumes == EW_VOLUMES || volume_get(ew->engine, disk, locator, 0, &v))
        return NULL;
    ew->volumes[ew->n_volumes++] = v;
    return v;
}

static int spec_of(struct engine_world *ew, const char *id, enum replica_kind kind, const char *source,
                   const char *target, struct replica_spec *s)
{
    *s = (struct replica_spec){.id = id,
                               .kind = kind,
                               .source = ew_volume(ew, source),
                               .target = ew_volume(ew, target),
                               .target_zeroed = true,
                               .user = ew};
    return s->source && s->target ? 0 : -ENODEV;
}

int ew_create(struct engine_world *ew, const char *id, enum replica_kind kind, const char *source,
              const char *target, struct replica **r)
{
    struct replica_spec s;
    int rc = spec_of(ew, id, kind, source, target, &s);
    return rc ? rc : replica_create(&s, r);
}

int ew_load(struct engine_world *ew, const char *id, enum replica_kind kind, const char *source,
            const char *target, enum replica_state state, uint64_t order, struct replica **r)
{
    struct replica_spec s;
    int rc = spec_of(ew, id, kind, source, target, &s);
    s.state = state;
    s.order = order;
    return rc ? rc : replica_load(&s, r);
}

int ew_write(struct volume *v, uint64_t first, uint64_t n, unsigned char byte)
{
    char *buf = malloc(n * EW_BLOCK);
    if (!buf)
        return -ENOMEM;
    memset(buf, byte, n * EW_BLOCK);
    struct iovec one = {buf, n * EW_BLOCK};
    int rc = volume_pwritev(v, &one, 1, first * EW_BLOCK, 0);
    free(buf);
    return rc;
}

int ew_read(struct volume *v, uint64_t block)
{
    unsigned char buf[EW_BLOCK];
    struct iovec one = {buf, sizeof buf};
    if (volume_preadv(v, &one, 1, block * EW_BLOCK, 0))
        return -2;
    for (size_t i = 1; i < sizeof buf; i++)
        if (buf[i] != buf[0])
            return -1;
    return buf[0];
}
