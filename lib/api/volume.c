/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_volume_*: host I/O. Each I/O function is the engine's, plus what this handle may do. */
#include "api/api.h"

#include <errno.h>

#include "service/volume.h"

int replsvc_volume_open(replsvc_service *service, const replsvc_element_ref *element, uint32_t flags,
                        replsvc_volume **volume)
{
    if (api_enter(service) || !volume || (flags & ~REPLSVC_VOLUME_WRITABLE) || ref_absent(element)) {
        if (service)
            (void)svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, !volume ? "volume" : "element",
                           "an element, known flags and a place for the volume are required");
        return -EINVAL;
    }
    *volume = NULL;
    int err = api_host_io(service);
    return err ? err : volume_handle_open(service, element, flags, volume);
}

int replsvc_volume_close(replsvc_volume *volume)
{
    svc_clear_error();
    return volume ? volume_handle_close(volume) : -EINVAL;
}

/* ---- I/O: nothing here but checks, since every host write passes ---- */

int replsvc_volume_preadv(replsvc_volume *volume, const struct iovec *iov, int iovcnt, uint64_t offset,
                          uint32_t flags)
{
    if (!volume || iovcnt < 0 || (iovcnt && !iov) || flags)
        return -EINVAL;
    return volume_preadv(volume->volume, iov, iovcnt, offset, flags);
}

int replsvc_volume_pwritev(replsvc_volume *volume, const struct iovec *iov, int iovcnt, uint64_t offset,
                           uint32_t flags)
{
    if (!volume || iovcnt < 0 || (iovcnt && !iov) || (flags & ~REPLSVC_IO_FUA))
        return -EINVAL;
    if (!volume->writable)
        return -EROFS;
    return volume_pwritev(volume->volume, iov, iovcnt, offset, flags);
}

int replsvc_volume_pread(replsvc_volume *volume, void *buffer, size_t count, uint64_t offset, uint32_t flags)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = count};
    return count && !buffer ? -EINVAL : replsvc_volume_preadv(volume, &iov, 1, offset, flags);
}

int replsvc_volume_pwrite(replsvc_volume *volume, const void *buffer, size_t count, uint64_t offset,
                          uint32_t flags)
{
    struct iovec iov = {.iov_base = (void *)(uintptr_t)buffer, .iov_len = count};
    return count && !buffer ? -EINVAL : replsvc_volume_pwritev(volume, &iov, 1, offset, flags);
}

int replsvc_volume_flush(replsvc_volume *volume)
{
    return volume ? volume_flush(volume->volume) : -EINVAL;
}

int replsvc_volume_discard(replsvc_volume *volume, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (!volume || (flags & ~REPLSVC_IO_FUA))
        return -EINVAL;
    return volume->writable ? volume_discard(volume->volume, offset, length, flags) : -EROFS;
}

int replsvc_volume_write_zeroes(replsvc_volume *volume, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (!volume || (flags & ~(REPLSVC_IO_FUA | REPLSVC_IO_MAY_UNMAP)))
        return -EINVAL;
    return volume->writable ? volume_write_zeroes(volume->volume, offset, length, flags) : -EROFS;
}

int replsvc_volume_extents(replsvc_volume *volume, uint64_t offset, uint64_t length, replsvc_extent extents[],
                           size_t *n_extents)
{
    if (!volume || !extents || !n_extents || *n_extents == 0)
        return -EINVAL;
    return volume_extents(volume->volume, offset, length, extents, n_extents);
}

int replsvc_volume_resize(replsvc_volume *volume, uint64_t size_bytes)
{
    svc_clear_error();
    if (!volume)
        return -EINVAL;
    return volume->writable ? volume_handle_resize(volume, size_bytes) : -EROFS;
}

int replsvc_volume_get_info(replsvc_volume *volume, replsvc_volume_info *info)
{
    replsvc_volume_info filled = {.size = sizeof filled};
    svc_clear_error();
    if (!volume || !info)
        return -EINVAL;
    volume_get_info(volume->volume, &filled);
    filled.read_only |= !volume->writable;
    return info_out(info, &filled, sizeof filled, "info") ? -EINVAL : 0;
}
