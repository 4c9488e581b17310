/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is done to an image under power cuts, for all tests that cut it: an image "a.vhdx", a child of
 * "parent.vhdx" in some scripts, written through the model of vhdx_model.h.
 */
#ifndef TESTS_SUPPORT_VHDX_SCRIPTS_H
#define TESTS_SUPPORT_VHDX_SCRIPTS_H

#include "support/vhdx_model.h"

#define VHDX_SCRIPT_IMAGE "a.vhdx"
#define VHDX_SCRIPT_DISK (UINT64_C(6) << 20) /* bytes at first, in blocks of 1 MiB */
#define VHDX_SCRIPT_MOST (UINT64_C(8) << 20)

struct vhdx_script {
    const char *name;
    bool child;
    bool merge; /* at the end, into the parent */
    bool many;  /* very many operations: cut it more coarsely */
    int (*step)(struct vhdx_script *s, struct world *w, struct vhdx *v);
    uint64_t stamp;
    struct model *model;
};

extern const struct vhdx_script vhdx_scripts[];
extern const size_t n_vhdx_scripts;

/* A script of the list, with a model; it is the `user` of the functions below, which a crash_scenario takes.
 */
void vhdx_script_begin(struct vhdx_script *s, const struct vhdx_script *which);
void vhdx_script_end(struct vhdx_script *s);
int vhdx_script_setup(void *user, struct world *w);
int vhdx_script_run(void *user, struct world *w);
void vhdx_script_restart(void *user);
void vhdx_script_mark(void *user, const struct world_mark *m);

int vhdx_script_open(struct world *w, bool writable, struct vhdx **v);

#endif
