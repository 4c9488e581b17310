/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service on real files: a directory with the state, a pool "pool" and raw images "v0", "v1" … as elements
 * of the same names. Content is made of numbered 4 KiB blocks, so that a test can say in one line what it
 * writes and what it expects.
 */
#ifndef TESTS_SUPPORT_FILE_WORLD_H
#define TESTS_SUPPORT_FILE_WORLD_H

#include <replsvc/replsvc.h>

#include "support/service_world.h"
#include "support/tempdir.h"

#define FW_BLOCK 4096u

struct file_world {
    char directory[TEMPDIR_SIZE];
    replsvc_service *svc;
    replsvc_service_options options; /* for the next opening */
    replsvc_pool_ref pool;
    replsvc_element_ref elements[32];
    size_t n;
};

void file_world_make(struct file_world *w, size_t n, uint64_t blocks);
void file_world_reopen(struct file_world *w);
void file_world_free(struct file_world *w);
/* A further image of that many blocks as an element. */
replsvc_element_ref file_world_element(struct file_world *w, const char *name, uint64_t blocks);

/* Host I/O through the service: fills blocks with a byte; a negative errno if it is not allowed. */
int fw_write(replsvc_service *svc, const replsvc_element_ref *e, uint64_t first, uint64_t n,
             unsigned char byte);
/* The byte that fills the block; -1: not all the same; else a negative errno - 1000. */
int fw_read(replsvc_service *svc, const replsvc_element_ref *e, uint64_t block);
/* Whether hosts can open it for writing now. */
bool fw_writable(replsvc_service *svc, const replsvc_element_ref *e);

replsvc_sync_info fw_info(replsvc_service *svc, const replsvc_sync_ref *s);
size_t fw_count_syncs(replsvc_service *svc);
size_t fw_count_elements(replsvc_service *svc);
/* Files in the pool's directory. */
size_t fw_count_images(const struct file_world *w);
replsvc_element_ref fw_target(replsvc_service *svc, const replsvc_sync_ref *s);

#endif
