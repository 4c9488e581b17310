/* SPDX-License-Identifier: BSD-2-Clause */
/* Very many objects: see many.h. */
#include "support/many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 1000u /* records of a transaction */
#define SIZE (UINT64_C(1) << 30)

static struct element *add_element(struct change *c, const char *directory, size_t i)
{
    char name[32], locator[REPLSVC_LOCATOR_SIZE], identity[64];
    struct element *e = object_new(c, KIND_ELEMENT);
    if (!e)
        return NULL;
    snprintf(name, sizeof name, "many-%zu", i);
    snprintf(locator, sizeof locator, "%s/%s", directory, name);
    snprintf(identity, sizeof identity, "many:%zu", i);
    change_string(c, &e->r.name, name);
    change_string(c, &e->r.locator, locator);
    change_string(c, &e->r.identity, identity);
    e->r.size_bytes = SIZE;
    e->r.block_size = e->r.physical_block_size = 512;
    e->r.state = ELEMENT_PRESENT;
    return e;
}

static void add_pair(struct change *c, const struct element *source, const struct element *target, size_t i)
{
    char name[32];
    struct relationship *s = object_new(c, KIND_SYNC);
    if (!s)
        return;
    snprintf(name, sizeof name, "pair-%zu", i);
    change_string(c, &s->r.name, name);
    memcpy(s->r.source, source->o.id, sizeof s->r.source);
    memcpy(s->r.target, target->o.id, sizeof s->r.target);
    s->r.sync_type = REPLSVC_SYNC_TYPE_CLONE;
    s->r.mode = REPLSVC_MODE_ASYNCHRONOUS;
    s->r.copy_state = REPLSVC_COPY_STATE_SYNCHRONIZED;
    s->r.requested_copy_state = REPLSVC_COPY_STATE_NOT_APPLICABLE;
    s->r.progress_status = REPLSVC_PROGRESS_STATUS_COMPLETED;
    s->r.region_size = 65536;
    s->r.replica_state = REPLICA_COMPLETE;
    s->r.order = i + 1;
    s->r.bytes_total = s->r.bytes_synced = SIZE;
    s->r.when_established = s->r.when_activated = s->r.when_point_in_time = 1;
}

uint32_t many_make(replsvc_service *svc, const char *scheme_and_directory, size_t elements,
                   size_t relationships)
{
    struct element **made = calloc(elements + 1, sizeof *made);
    uint32_t ret = made ? REPLSVC_OK : REPLSVC_FAILED;
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < elements && ret == REPLSVC_OK; i++) {
        made[i] = add_element(&c, scheme_and_directory, i);
        if (!made[i] || i + 1 == elements || i % BATCH == BATCH - 1)
            ret = change_save(&c);
    }
    for (size_t i = 0; i < relationships && 2 * i + 1 < elements && ret == REPLSVC_OK; i++) {
        add_pair(&c, made[2 * i], made[2 * i + 1], i);
        if (i + 1 == relationships || i % BATCH == BATCH - 1)
            ret = change_save(&c);
    }
    change_end(&c);
    free(made);
    return ret;
}
