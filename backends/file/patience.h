/* SPDX-License-Identifier: BSD-2-Clause */
/* Trying again for a second what another process may be about to let go of. */
#ifndef RSVC_FILE_PATIENCE_H
#define RSVC_FILE_PATIENCE_H

#include <errno.h>
#include <stdbool.h>
#include <time.h>

struct patience {
    unsigned tries; /* zero at first */
};

/* Waits a little, longer each time; false when about a second has been waited for. Keeps errno. */
static inline bool patience_left(struct patience *p)
{
    int err = errno;
    if (p->tries >= 10)
        return false;
    struct timespec t = {.tv_nsec = 1000000L << p->tries++};
    (void)nanosleep(&t, NULL);
    errno = err;
    return true;
}

#endif
