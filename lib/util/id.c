/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes and ids; see id.h. */
#include "util/id.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>

int random_bytes(void *buffer, size_t size)
{
    uint8_t *p = buffer;
    while (size) {
        ssize_t n = getrandom(p, size, 0);
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return -errno;
        }
        p += n;
        size -= (size_t)n;
    }
    return 0;
}

int uuid_new(char uuid[UUID_TEXT_SIZE])
{
    uint8_t b[16];
    int r = random_bytes(b, sizeof b);
    if (r)
        return r;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4: random */
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80); /* variant of RFC 9562 */
    (void)snprintf(uuid, UUID_TEXT_SIZE,
                   "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
                   b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
    return 0;
}

int id_new(const char *prefix, char *id, size_t size)
{
    char uuid[UUID_TEXT_SIZE];
    int r = uuid_new(uuid);
    if (r)
        return r;
    int n = snprintf(id, size, "%s-%s", prefix, uuid);
    return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}
