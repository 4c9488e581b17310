/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaging VHDX images: an image with known places, bytes of it changed one way or the other, and what must
 * come of it: an error that names structure and offset, and nothing changed in the file.
 */
#ifndef TESTS_SUPPORT_VHDX_POKE_H
#define TESTS_SUPPORT_VHDX_POKE_H

#include "support/vhdx_sim.h"

#define POKE_LOG (UINT64_C(1) << 20)
#define POKE_METADATA (UINT64_C(2) << 20)
#define POKE_BAT (UINT64_C(3) << 20)

/* The image, and two names beside it. */
extern char poke_path[64], poke_parent[64], poke_copy[64];

/* A folder for them, and its end. */
bool poke_begin(const char *name);
void poke_end(void);

/* Makes the image: 8 blocks of 1 MiB, of which 0, 1 and 2 are there, at 4, 5 and 6 MiB. dirty: as a process
 * leaves it that was killed. */
void poke_make(bool dirty);
struct vhdx *poke_open(bool writable);

/* Bytes of the file; a structure's checksum, 4 bytes behind its beginning; the same field of both headers, or
 * both region tables, with the checksum; the file's length. */
void poke_bytes(uint64_t offset, uint64_t value, size_t width);
void poke_checksum(uint64_t offset, size_t length);
void poke_headers(uint64_t field, uint64_t value, size_t width);
void poke_tables(uint64_t field, uint64_t value, size_t width);
void poke_cut(uint64_t size);
uint64_t poke_sum(void);

/* What the last error says. */
void poke_expect_sentence(const char *wanted, uint64_t offset);
/* Opening fails, for reading and for writing. */
void poke_refused(const char *sentence, uint64_t offset);
/* The block cannot be read, and nothing can be written. */
void poke_block_refused(uint64_t block, const char *sentence, uint64_t offset);

#endif
