/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A test bed for what measures host I/O: an engine whose state directory and images lie in one directory of
 * a real file system, and *sides* that take turns at the same load.
 *
 * A program makes its volumes and sides and calls bed_serve, which does what the standard input says, one
 * line a time, and answers each with a line of JSON; the driver (a workload in Python) decides who runs
 * when, so that ours and others' programs take turns in one run:
 *
 *     SIDE WRITERS BLOCK LIMIT_MS LIMIT_OPS
 *
 * WRITERS threads write BLOCK bytes each until LIMIT_MS have passed or LIMIT_OPS (0 = none) are written. The
 * side's end() (a flush, say) belongs to the time, its begin() does not.
 */
#ifndef BENCH_SUPPORT_BED_H
#define BENCH_SUPPORT_BED_H

#include "engine/engine.h"
#include "state/vfs.h"

#define BED_BLOCK_MAX (1u << 20)

struct bed {
    char directory[3072];
    bool direct; /* hosts' I/O goes past the page cache, with every side */
    uint64_t size;
    struct vfs *vfs;
    struct engine *engine;
};

struct side {
    const char *name;
    /* The next of a writer's writes; worker < 64. */
    int (*write)(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset);
    int (*begin)(struct side *s); /* may be NULL */
    int (*end)(struct side *s);   /* may be NULL */
    /* Where the n-th write of the run goes (block: its length); NULL: anywhere. */
    uint64_t (*where)(struct side *s, uint64_t n, uint32_t block);
    struct volume *volume;
    int fd, fd2;
    void *user;
    uint64_t size;
};

/* Fills a struct bed. direct: "direct" or "cached". Prints why it fails. */
int bed_open(struct bed *b, const char *directory, const char *direct, uint64_t size, uint64_t overlay_bytes);
void bed_close(struct bed *b);
/* A file full of data (or a sparse one) as a volume of that name; NULL: it said why. */
struct volume *bed_volume(struct bed *b, const char *name, uint64_t size, bool full);
/* The file itself, opened for writing, in the same manner (direct or cached); -1: it said why. */
int bed_file(struct bed *b, const char *name);

/* A write of the side's volume. */
int side_volume_write(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset);
int side_volume_flush(struct side *s);
/* A write of the side's fd. */
int side_raw_write(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset);

/* Returns at the end of the input: what main returns. */
int bed_serve(struct side sides[], size_t n);
int bed_fail(const char *what, int err);

#endif
