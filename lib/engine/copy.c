/* SPDX-License-Identifier: BSD-2-Clause */
/* The bulk mover's front: chooses the way, and says how it ended (see copy.h and copy_internal.h). */
#include "engine/copy_internal.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

static bool by_queue(const struct cut *c)
{
    if ((c->job->flags & COPY_FORCE_THREADS) || !c->source.queue || !c->target.queue)
        return false;
    return !(c->source.memory && c->target.memory);
}

int copy_run(const struct copy_job *job, struct copy_result *result)
{
    struct copy_result own;
    if (!result)
        result = &own;
    memset(result, 0, sizeof *result);
    result->method = "none";
    struct cut *c = mem_alloc(sizeof *c);
    if (!c)
        return result->err = -ENOMEM;
    cut_init(c, job, result);
    int err = -EOPNOTSUPP;
    if (by_queue(c))
        err = copy_by_queue(c);
    if (err == -EOPNOTSUPP)
        err = copy_by_threads(c);
    /* What a way fails with before it has asked for anything; all else is in the cutter. */
    if (err && !c->stop)
        cut_abort(c, err, strerror(-err));
    result->err = c->stop;
    if (c->stop)
        replsvc_backend_set_error("%s", c->sentence);
    mem_free(c);
    return result->err;
}
