/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the two halves of the operating system's files: store_posix.c finds them, file_posix.c uses them.
 */
#ifndef RSVC_VHDX_STORE_POSIX_H
#define RSVC_VHDX_STORE_POSIX_H

#include "vhdx/file.h"

/* Makes a file of an open descriptor (closed on error): regular files only, locked as the flags say. */
int vhdx_file_adopt(int fd, unsigned flags, struct vhdx_file **file);

#endif
