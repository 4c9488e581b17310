/* SPDX-License-Identifier: BSD-2-Clause */
/* The backend "file": a raw image in a regular file. */
#ifndef RSVC_FILE_FILE_H
#define RSVC_FILE_FILE_H

#include <replsvc/backend.h>

extern const replsvc_backend file_backend;

#endif
