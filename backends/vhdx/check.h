/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking an image, and repairing what is safe to repair. */
#ifndef RSVC_VHDX_CHECK_H
#define RSVC_VHDX_CHECK_H

#include <replsvc/vhdx.h>

#include "vhdx/image.h"

struct vhdx_check {
    replsvc_vhdx_finding_function found;
    void *user;
    bool no_parent;
    bool repair;
    const char *const *roots; /* where the parent may lie; NULL: in the image's folder */
    size_t n_roots;
    replsvc_vhdx_check_result result;
    bool stopped; /* the caller wants no more */
};

/* 0: the check was made, see the result; or a negative errno: it could not be. */
int vhdx_check(struct vhdx_store *store, const char *path, struct vhdx_check *check);

#endif
