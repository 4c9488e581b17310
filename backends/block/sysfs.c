/* SPDX-License-Identifier: BSD-2-Clause */
/* What sysfs tells of a block device: numbers, texts, and what names the medium. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/loop.h>

#include "block/device.h"
#include "file/kernel.h"

static bool read_line(dev_t device, const char *up, const char *name, char *text, size_t size)
{
    char path[192];
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s%s", major(device), minor(device), up, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, size - 1);
    close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    text[strcspn(text, "\n")] = '\0';
    size_t start = strspn(text, " \t"), end = strlen(text);
    while (end > start && isspace((unsigned char)text[end - 1]))
        end--;
    memmove(text, text + start, end - start);
    text[end - start] = '\0';
    return text[0] != '\0';
}

bool sysfs_text(dev_t device, const char *name, char *text, size_t size)
{
    return read_line(device, "", name, text, size);
}

bool sysfs_number(dev_t device, const char *name, uint64_t *value)
{
    char text[32];
    if (!read_line(device, "", name, text, sizeof(text)) &&
        !read_line(device, "../", name, text, sizeof(text)))
        return false;
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

/* A loop device is what its file is, wherever it is attached. */
static bool loop_identity(const struct device *d, char *text, size_t size)
{
    struct loop_info64 loop;
    if (kernel_ioctl(d->fd, LOOP_GET_STATUS64, &loop) != 0)
        return false;
    snprintf(text, size, "block-loop-%llx-%llu-%llu", (unsigned long long)loop.lo_device,
             (unsigned long long)loop.lo_inode, (unsigned long long)loop.lo_offset);
    return true;
}

/* Spaces and what does not print become '_'. */
static void make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if (!isgraph((unsigned char)*text))
            *text = '_';
}

void device_identity(const struct device *d, char *text, size_t size)
{
    static const char *const sources[] = {"wwid",          "dm/uuid", "md/uuid",  "device/wwid",
                                          "device/serial", "serial",  "nsid/uuid"};
    char serial[80], start[24];
    bool partition = sysfs_text(d->number, "partition", serial, sizeof(serial));
    if (!partition && loop_identity(d, text, size))
        return;
    if (!partition || !sysfs_text(d->number, "start", start, sizeof(start)))
        start[0] = '\0';
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (!read_line(d->number, partition ? "../" : "", sources[i], serial, sizeof(serial)))
            continue;
        make_plain(serial);
        snprintf(text, size, "block-%s%s%s", serial, partition ? "-at-" : "", start);
        return;
    }
    /* Nothing better: the number, which another device may get one day, and the size. */
    snprintf(text, size, "block-dev%u:%u-%llu", major(d->number), minor(d->number),
             (unsigned long long)atomic_load(&d->size));
}
