/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Crash scenarios of the whole service: steps that are done one after the other on disks d0, d1 …, of which
 * d0 and d1 are the group "sources" and d2 and d3 the group "targets". Before the first step d0 and d1 are
 * full of A. After a crash at any point the service is opened, its jobs are waited for, and the scenario's
 * check looks whether what it finds may be, by the steps that had begun and that were done.
 */
#ifndef TESTS_SUPPORT_SERVICE_CRASH_H
#define TESTS_SUPPORT_SERVICE_CRASH_H

#include "support/crash.h"
#include "support/file_world.h"

#define SC_BLOCKS 12u
#define SC_DISKS 7
#define SC_STATE(name) REPLSVC_COPY_STATE_##name
#define SC_OP(name) REPLSVC_OPERATION_##name

struct sc_scenario {
    const char *name;
    int steps;  /* numbered from 1 */
    int reopen; /* after this one the service is closed in order and opened again, and its jobs end; 0: never
                 */
    bool jobs_may_fail; /* after the crash: the check looks what has become of it */
    unsigned every;     /* only every so many blocks are written */
    uint32_t (*step)(replsvc_service *svc, int step);                /* 0, or it failed */
    int (*check)(replsvc_service *svc, const struct crash_point *p); /* 0, or crash_wrong */
};

/* What was acknowledged at the crash. */
extern struct sc_model {
    int started, done; /* the last step that had begun, and that was done; 0: none */
    replsvc_element_ref e[SC_DISKS];
} sc;

/* The number of failures. */
int sc_run(const struct sc_scenario *s);

/* ---- steps ---- */

/* Writes the blocks (of the scenario's stride) of a disk as its host, and flushes. */
uint32_t sc_write(replsvc_service *svc, size_t disk, unsigned char byte);
/* "sources" to "targets". */
uint32_t sc_replicate(replsvc_service *svc, const char *name, uint16_t sync_type, uint16_t mode,
                      uint16_t wait);
/* With Force, to its end. */
uint32_t sc_operate(replsvc_service *svc, const char *name, uint16_t operation);
void sc_wait_for_jobs(replsvc_service *svc);

/* ---- checks ---- */

/* Every written block of the disk is whole, and one of these. */
int sc_expect_blocks(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of);
/* And all of them are the same. */
int sc_expect_content(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of);
/* All blocks of two disks. */
int sc_expect_alike(replsvc_service *svc, const struct crash_point *p, size_t a, size_t b);

#endif
