/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restore from Replica: the source becomes what the target is, and shows it at once.
 *
 * Nothing new is needed for it. From the instant of mirrors_restore_begin the mirror runs in the other
 * direction, and whoever reads or writes the source is sent to the target (a view on the source): so hosts
 * see the restored content, and what they write goes to both sides like any write to a mirror's source,
 * whatever the mode of its group. When all is copied, mirrors_restore_end turns the mirror round again and
 * takes the view away; both sides are alike then.
 *
 * The end has to be on record before it happens or after, and a crash may come in between: whichever side is
 * taken for the source then must have every write that was acknowledged. So before it is recorded the mirrors
 * are *settled*: from then on a write is acknowledged only when both sides have it.
 *
 * After a crash the service loads the mirror with its sides as they are meanwhile (the target as source,
 * COPYING) and calls mirrors_restore_resume, before hosts may use the source.
 */
#include <errno.h>

#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "engine/volume.h"

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

/* ---- the switches, for all at one instant ---- */

struct several {
    struct mirror *const *mirrors;
    size_t n;
    bool settled;
};

static int switch_all(struct mirror *const mirrors[], size_t n, bool settled, int (*fn)(void *user))
{
    struct several s = {mirrors, n, settled};
    return mirrors_cut(mirrors, n, GATE_CLOSE_ALL, fn, &s, NULL);
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

static int resume_all(void *user)
{
    const struct several *s = user;
    for (size_t i = 0; i < s->n; i++) {
        show(mirror_to(s->mirrors[i]), mirror_from(s->mirrors[i]));
        atomic_store(&s->mirrors[i]->restoring, true);
    }
    return 0;
}

int mirrors_restore_resume(struct mirror *const mirrors[], size_t n)
{
    return switch_all(mirrors, n, false, resume_all);
}

static int begin_all(void *user)
{
    const struct several *s = user;
    for (size_t i = 0; i < s->n; i++) {
        struct mirror *m = s->mirrors[i];
        show(mirror_from(m), mirror_to(m));
        atomic_fetch_xor(&m->from, 1);
        atomic_store(&m->restoring, true);
        atomic_store(&m->target_written, false);
        atomic_store(&m->phase, MIRROR_COPYING);
    }
    return 0;
}

int mirrors_restore_begin(struct mirror *const mirrors[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (mirror_phase(mirrors[i]) != MIRROR_APART || mirror_from(mirrors[i])->volume->view != NULL)
            return -EBUSY;
    /* A cycle that was committed before they parted must not reach the targets after they changed. */
    int ret = n != 0 ? mirror_group_restart(mirrors[0]->group) : 0;
    if (ret == 0)
        ret = mirrors_trade_roles(mirrors, n);
    if (ret != 0)
        return ret;
    for (size_t i = 0; i < n && ret == 0; i++)
        ret = mirror_make_fit(mirrors[i]);
    if (ret == 0)
        ret = switch_all(mirrors, n, false, begin_all);
    if (ret != 0)
        mirrors_untrade_roles(mirrors, n);
    return ret;
}

static int settle_all(void *user)
{
    const struct several *s = user;
    for (size_t i = 0; i < s->n && s->settled; i++)
        if (mirror_phase(s->mirrors[i]) != MIRROR_IN_SYNC)
            return -EAGAIN;
    for (size_t i = 0; i < s->n; i++)
        atomic_store(&s->mirrors[i]->settled, s->settled);
    return 0;
}

int mirrors_restore_settle(struct mirror *const mirrors[], size_t n, bool settled)
{
    return switch_all(mirrors, n, settled, settle_all);
}

/* What broke since it was settled is as good: nothing was acknowledged that its source does not have. */
static int end_one(void *user)
{
    struct mirror *m = user;
    show(mirror_to(m), NULL);
    atomic_fetch_xor(&m->from, 1);
    atomic_store(&m->restoring, false);
    atomic_store(&m->settled, false);
    atomic_store(&m->phase, MIRROR_APART);
    return 0;
}

/* One by one: they are alike, so nobody sees a difference. */
int mirrors_restore_end(struct mirror *const mirrors[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!atomic_load(&mirrors[i]->settled))
            return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        struct volume *both[] = {mirrors[i]->side[0].volume, mirrors[i]->side[1].volume};
        (void)volumes_cut(both, 2, GATE_CLOSE_ALL, end_one, mirrors[i], NULL);
    }
    mirrors_untrade_roles(mirrors, n);
    return 0;
}
