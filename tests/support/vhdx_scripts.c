/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done to an image under power cuts: see vhdx_scripts.h. */
#include "support/vhdx_scripts.h"

#include <stdlib.h>

#include "vhdx/create.h"
#include "vhdx/merge.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)
#define DISK VHDX_SCRIPT_DISK
#define IMAGE VHDX_SCRIPT_IMAGE
#define PARENT_STAMP UINT64_C(0xabcdef)

int vhdx_script_open(struct world *w, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(vhdx_sim_store(w), IMAGE, &o, v);
}

static int write_at(struct vhdx_script *s, struct world *w, struct vhdx *v, uint64_t offset, uint64_t length)
{
    return model_write(w, v, offset, length, ++s->stamp);
}

/* ---- the scripts ---- */

static int first_writes(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 0, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 4 * KIB, 4 * KIB);
    r = r != 0 ? r : write_at(s, w, v, MIB - 8 * KIB, 16 * KIB); /* across two blocks */
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB, MIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 8 * KIB);
    return r;
}

static int discard_and_reuse(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (uint64_t b = 0; b < 4 && r == 0; b++)
        r = write_at(s, w, v, b * MIB, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_discard(w, v, 0, 3 * MIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_flush(w, v); /* the space is zeroed, then durably so: it is reused */
    r = r != 0 ? r : write_at(s, w, v, 4 * MIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 5 * MIB + 512 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 4 * KIB);
    r = r != 0 ? r : model_zero(w, v, 3 * MIB, MIB);
    r = r != 0 ? r : model_zero(w, v, 4 * MIB, 4 * KIB);
    r = r != 0 ? r : model_discard(w, v, 5 * MIB + 512 * KIB, 4 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB + 4 * KIB, 4 * KIB);
    return r;
}

/* More entries than the ring holds, so that it is written round and round. */
static int many_entries(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (int round = 0; round < 26 && r == 0; round++) {
        for (uint64_t b = 0; b < 6 && r == 0; b++)
            r = write_at(s, w, v, b * MIB, 4 * KIB);
        r = r != 0 ? r : model_discard(w, v, 0, DISK);
        if (round % 7 == 6)
            r = r != 0 ? r : model_flush(w, v);
    }
    return r;
}

/* Entries of several pages each: a block and its bits must never be told apart. */
static int child_entries(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (uint64_t round = 0; round < 9 && r == 0; round++) {
        for (uint64_t b = 0; b < 6 && r == 0; b++)
            r = write_at(s, w, v, b * MIB + round * 8 * KIB, 4 * KIB);
        if (round % 4 == 3)
            r = r != 0 ? r : model_flush(w, v);
    }
    return r;
}

static int child_sectors(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * KIB, 4 * KIB); /* part: the parent shows around it */
    r = r != 0 ? r : write_at(s, w, v, 64 * KIB, 8 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : write_at(s, w, v, MIB, MIB); /* whole: no bitmap */
    r = r != 0 ? r : model_discard(w, v, 2 * MIB, MIB);
    r = r != 0 ? r : write_at(s, w, v, 2 * MIB + 4 * KIB, 4 * KIB); /* zero around it, not the parent */
    r = r != 0 ? r : write_at(s, w, v, 8 * KIB, MIB - 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 4 * KIB); /* now all of the block is there */
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_zero(w, v, 3 * MIB + 4 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB, 4 * KIB);
    return r;
}

static int resize(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * MIB, 2 * MIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_resize(w, v, 5 * MIB + 256 * KIB); /* inside a block that is there */
    r = r != 0 ? r : model_resize(w, v, 7 * MIB);             /* what comes back is zero */
    r = r != 0 ? r : write_at(s, w, v, 5 * MIB + 240 * KIB, 64 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 6 * MIB, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    return r;
}

static int before_merge(struct vhdx_script *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, MIB, MIB);
    r = r != 0 ? r : model_discard(w, v, 4 * MIB, MIB);
    r = r != 0 ? r : model_resize(w, v, 7 * MIB);
    r = r != 0 ? r : write_at(s, w, v, 6 * MIB + 64 * KIB, 8 * KIB);
    return r;
}

/* ---- what the crash harness calls ---- */

static int make_parent(struct world *w)
{
    struct vhdx_create_options c = {.size = DISK, .block_size = 2 * MIB};
    struct vhdx_open_options o = {.writable = true};
    struct vhdx *v;
    uint8_t *data = malloc(DISK);
    vhdx_pattern(data, DISK, PARENT_STAMP);
    int r = vhdx_create(vhdx_sim_store(w), "parent.vhdx", &c);
    r = r != 0 ? r : vhdx_open(vhdx_sim_store(w), "parent.vhdx", &o, &v);
    if (r == 0) {
        r = vhdx_pwrite(v, data, DISK, 0);
        int closed = vhdx_close(v);
        r = r != 0 ? r : closed;
    }
    free(data);
    return r;
}

int vhdx_script_setup(void *user, struct world *w)
{
    struct vhdx_script *s = user;
    struct vhdx_create_options c = {.size = DISK, .block_size = MIB};
    s->stamp = 0;
    int r = s->child ? make_parent(w) : 0;
    c.parent = s->child ? "parent.vhdx" : NULL;
    return r != 0 ? r : vhdx_create(vhdx_sim_store(w), IMAGE, &c);
}

int vhdx_script_run(void *user, struct world *w)
{
    struct vhdx_script *s = user;
    struct vhdx *v;
    int r = vhdx_script_open(w, true, &v);
    if (r != 0)
        return r;
    r = s->step(s, w, v);
    model_flushing(w);
    int closed = vhdx_close(v);
    if (closed == 0)
        model_flushed(w);
    r = r != 0 ? r : closed;
    return r == 0 && s->merge
               ? vhdx_merge(vhdx_sim_store(w), IMAGE, &(struct vhdx_merge_options){.all = false})
               : r;
}

void vhdx_script_restart(void *user)
{
    model_restart(((struct vhdx_script *)user)->model);
}

void vhdx_script_mark(void *user, const struct world_mark *m)
{
    model_mark(((struct vhdx_script *)user)->model, m);
}

/* ---- the list ---- */

const struct vhdx_script vhdx_scripts[] = {
    {.name = "vhdx first writes", .step = first_writes},
    {.name = "vhdx discard and reuse", .step = discard_and_reuse},
    {.name = "vhdx child", .child = true, .step = child_sectors},
    {.name = "vhdx merge", .child = true, .merge = true, .step = before_merge},
    {.name = "vhdx resize", .step = resize},
    {.name = "vhdx child resize", .child = true, .step = resize},
    {.name = "vhdx log ring", .many = true, .step = many_entries},
    {.name = "vhdx child log ring", .child = true, .many = true, .step = child_entries},
};
const size_t n_vhdx_scripts = sizeof(vhdx_scripts) / sizeof(vhdx_scripts[0]);

void vhdx_script_begin(struct vhdx_script *s, const struct vhdx_script *which)
{
    *s = *which;
    s->model = model_new(DISK, VHDX_SCRIPT_MOST);
    if (s->child)
        model_initial(s->model, 0, DISK, PARENT_STAMP);
}

void vhdx_script_end(struct vhdx_script *s)
{
    model_free(s->model);
}
