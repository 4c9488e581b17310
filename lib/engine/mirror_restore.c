/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restore from Replica: the source becomes what the target is, and shows it at once.
 *
 * Nothing new is needed for it. From the instant of mirrors_restore_begin the mirror runs in the other
 * direction, and whoever reads or writes the source is sent to the target (a view on the source): so hosts
 * see the restored content, and what they write goes to both sides like any write to a mirror's source. When
 * all is copied, mirrors_restore_end turns the mirror round again and takes the view away; both sides are
 * alike then.
 *
 * After a crash the service loads the mirror with its sides as they are meanwhile (the target as source,
 * COPYING) and calls mirrors_restore_resume, before hosts may use the source.
 *
 * Only synchronous groups can: in between, every write has to be on both sides.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "engine/volume.h"
#include "util/alloc.h"

/* ---- the source's view: user is the side that is shown ---- */

static int view_read(void *user, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    const struct mirror_side *shown = user;
    return volume_read_now(shown->volume, iov, iovcnt, offset);
}

static int view_write(void *user, const struct volume_write *w)
{
    const struct mirror_side *shown = user;
    return inside_write(shown->volume, w, NULL);
}

static int view_flush(void *user)
{
    const struct mirror_side *shown = user;
    return inside_flush(shown->volume);
}

static const struct view_ops restore_view = {.read = view_read, .write = view_write, .flush = view_flush};

/* ---- the switch, for all at one instant ---- */

static int by_address(const void *a, const void *b)
{
    const struct gate *x = *(struct gate *const *)a, *y = *(struct gate *const *)b;
    return x < y ? -1 : x > y;
}

/* The gates of both sides of all, closed to everybody. NULL: no memory. */
static struct gate **close_all(struct mirror *const mirrors[], size_t n, size_t *n_gates)
{
    struct gate **gates = mem_array(2 * n + 1, sizeof(struct gate *));
    if (gates == NULL)
        return NULL;
    for (size_t i = 0; i < 2 * n; i++)
        gates[i] = &mirrors[i / 2]->side[i % 2].volume->gate;
    qsort(gates, 2 * n, sizeof(struct gate *), by_address);
    *n_gates = 0;
    for (size_t i = 0; i < 2 * n; i++)
        if (*n_gates == 0 || gates[*n_gates - 1] != gates[i])
            gates[(*n_gates)++] = gates[i];
    gates_close(gates, *n_gates, GATE_CLOSE_ALL);
    return gates;
}

/* The side that hosts know as the source shows the other one, or itself again. */
static void show(struct mirror_side *source, struct mirror_side *shown)
{
    volume_view_closed(source->volume, shown != NULL ? &restore_view : NULL, shown);
}

void mirror_hide(struct mirror *m)
{
    for (int i = 0; i < 2; i++)
        if (m->side[i].volume->view == &restore_view)
            volume_set_view(m->side[i].volume, NULL, NULL);
}

int mirrors_restore_resume(struct mirror *const mirrors[], size_t n)
{
    size_t n_gates;
    struct gate **gates = close_all(mirrors, n, &n_gates);
    if (gates == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        show(mirror_to(mirrors[i]), mirror_from(mirrors[i]));
    gates_open(gates, n_gates);
    mem_free(gates);
    return 0;
}

int mirrors_restore_begin(struct mirror *const mirrors[], size_t n)
{
    if (n == 0)
        return 0;
    if (atomic_load(&mirrors[0]->group->mode) != MIRROR_SYNCHRONOUS)
        return -EOPNOTSUPP;
    for (size_t i = 0; i < n; i++)
        if (mirror_phase(mirrors[i]) != MIRROR_APART || mirror_from(mirrors[i])->volume->view != NULL)
            return -EBUSY;
    int ret = mirrors_trade_roles(mirrors, n);
    if (ret != 0)
        return ret;
    for (size_t i = 0; i < n && ret == 0; i++)
        ret = mirror_make_fit(mirrors[i]);
    size_t n_gates;
    struct gate **gates = ret == 0 ? close_all(mirrors, n, &n_gates) : NULL;
    if (gates == NULL) {
        mirrors_untrade_roles(mirrors, n);
        return ret != 0 ? ret : -ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        struct mirror *m = mirrors[i];
        show(mirror_from(m), mirror_to(m));
        atomic_fetch_xor(&m->from, 1);
        atomic_store(&m->target_written, false);
        atomic_store(&m->phase, MIRROR_COPYING);
    }
    gates_open(gates, n_gates);
    mem_free(gates);
    return 0;
}

int mirrors_restore_end(struct mirror *const mirrors[], size_t n)
{
    size_t n_gates;
    struct gate **gates = close_all(mirrors, n, &n_gates);
    if (gates == NULL)
        return -ENOMEM;
    int ret = 0;
    for (size_t i = 0; i < n && ret == 0; i++)
        if (mirror_phase(mirrors[i]) != MIRROR_IN_SYNC)
            ret = -EAGAIN;
    for (size_t i = 0; i < n && ret == 0; i++) {
        struct mirror *m = mirrors[i];
        show(mirror_to(m), NULL);
        atomic_fetch_xor(&m->from, 1);
        atomic_store(&m->phase, MIRROR_APART);
    }
    gates_open(gates, n_gates);
    mem_free(gates);
    if (ret == 0)
        mirrors_untrade_roles(mirrors, n);
    return ret;
}
