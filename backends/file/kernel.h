/* SPDX-License-Identifier: BSD-2-Clause */
/* System calls and their constants that not every C library knows. */
#ifndef RSVC_FILE_KERNEL_H
#define RSVC_FILE_KERNEL_H

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/stat.h>

static inline int kernel_statx(int fd, unsigned mask, struct statx *st)
{
    return (int)syscall(SYS_statx, fd, "", AT_EMPTY_PATH, mask, st);
}

static inline int kernel_rename_noreplace(int directory, const char *from, const char *to)
{
    return (int)syscall(SYS_renameat2, directory, from, directory, to, RENAME_NOREPLACE);
}

/* The request is an int for some C libraries and an unsigned long for others. */
static inline int kernel_ioctl(int fd, unsigned long request, void *arg)
{
    return (int)syscall(SYS_ioctl, fd, request, arg);
}

#endif
