/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * See cycle_log.h. Little-endian. A record's header:
 *
 *     0  8  magic "RSVCREDO"     8  4  CRC-32C of header (this field zero) and data
 *    12  4  length of the data that follows: length of the record, or 0 for zeroes
 *    16  8  cycle               24  8  offset              32  8  length of the record
 *    40 64  member, NUL-padded
 *
 * A commit slot (slot = number modulo 2):
 *
 *     0  8  magic "RSVCCMIT"     8  4  CRC-32C of the slot (this field zero)
 *    16  8  number              24  8  cycle               32  8  bytes to replay
 *    40  8  time of the cut, microseconds since the epoch
 */
#include "engine/cycle_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/crc32c.h"

#define BLOCK 4096u
#define MEMBER 64u
enum { AT_CRC = 8, AT_DATA = 12, AT_CYCLE = 16, AT_OFFSET = 24, AT_LENGTH = 32, AT_MEMBER = 40 };
enum { AT_NUMBER = 16, AT_SLOT_CYCLE = 24, AT_REPLAY = 32, AT_CUT = 40 };

static const char redo_magic[8] = {'R', 'S', 'V', 'C', 'R', 'E', 'D', 'O'};
static const char slot_magic[8] = {'R', 'S', 'V', 'C', 'C', 'M', 'I', 'T'};

static uint64_t round_up(uint64_t length)
{
    return (length + BLOCK - 1) / BLOCK * BLOCK;
}

/* ---- the commit file ---- */

static int write_slot(struct cycle_log *log, uint64_t replay, int64_t cut_us)
{
    uint8_t s[BLOCK] = {0};
    uint64_t number = log->number + 1;
    memcpy(s, slot_magic, sizeof(slot_magic));
    put_le64(s + AT_NUMBER, number);
    put_le64(s + AT_SLOT_CYCLE, log->cycle);
    put_le64(s + AT_REPLAY, replay);
    put_le64(s + AT_CUT, (uint64_t)cut_us);
    put_le32(s + AT_CRC, crc32c(0, s, sizeof(s)));
    int ret = log->commit->ops->pwrite(log->commit, s, sizeof(s), (number & 1) * BLOCK);
    if (ret == 0)
        ret = log->commit->ops->sync(log->commit);
    if (ret != 0)
        return ret;
    log->number = number;
    log->replay = replay;
    log->cut_us = cut_us;
    return 0;
}

/* 1 = a sound slot that is newer than what is known. */
static int read_slot(struct cycle_log *log, unsigned which)
{
    uint8_t s[BLOCK];
    int ret = log->commit->ops->pread(log->commit, s, sizeof(s), (uint64_t)which * BLOCK);
    if (ret != 0)
        return ret == -ENODATA ? 0 : ret;
    uint32_t crc = get_le32(s + AT_CRC);
    put_le32(s + AT_CRC, 0);
    if (memcmp(s, slot_magic, sizeof(slot_magic)) != 0 || crc32c(0, s, sizeof(s)) != crc ||
        (get_le64(s + AT_NUMBER) & 1) != which)
        return 0;
    if (get_le64(s + AT_NUMBER) > log->number) {
        log->number = get_le64(s + AT_NUMBER);
        log->cycle = get_le64(s + AT_SLOT_CYCLE);
        log->replay = get_le64(s + AT_REPLAY);
        log->cut_us = (int64_t)get_le64(s + AT_CUT);
    }
    return 1;
}

static int open_file(struct vfs *vfs, const char *id, const char *what, int flags, struct vfs_file **file)
{
    char name[320];
    snprintf(name, sizeof(name), "cycles/%s.%s", id, what);
    return vfs->ops->open(vfs, name, flags, file);
}

static int make_files(struct cycle_log *log, const char *id)
{
    int ret = log->vfs->ops->mkdir(log->vfs, "cycles");
    if (ret == 0)
        ret = log->vfs->ops->sync_dir(log->vfs, "");
    if (ret == 0)
        ret = open_file(log->vfs, id, "redo", VFS_CREATE, &log->redo);
    if (ret == 0)
        ret = open_file(log->vfs, id, "commit", VFS_CREATE, &log->commit);
    for (int i = 0; i < 2 && ret == 0; i++)
        ret = write_slot(log, 0, 0);
    return ret != 0 ? ret : log->vfs->ops->sync_dir(log->vfs, "cycles");
}

int cycle_log_open(struct cycle_log *log, struct vfs *vfs, const char *id)
{
    *log = (struct cycle_log){.vfs = vfs};
    uint64_t size = 0;
    int ret = open_file(vfs, id, "commit", 0, &log->commit);
    if (ret == 0)
        ret = log->commit->ops->size(log->commit, &size);
    /* A file shorter than its slots was never finished: no cycle has been gathered yet. */
    if (ret == -ENOENT || (ret == 0 && size < 2 * BLOCK)) {
        cycle_log_close(log);
        *log = (struct cycle_log){.vfs = vfs};
        ret = make_files(log, id);
    } else if (ret == 0) {
        int first = read_slot(log, 0), second = first < 0 ? first : read_slot(log, 1);
        ret = second < 0            ? second
              : first + second == 0 ? -EUCLEAN
                                    : open_file(vfs, id, "redo", VFS_CREATE, &log->redo);
        if (ret == 0)
            ret = log->redo->ops->size(log->redo, &log->size);
    }
    if (ret != 0)
        cycle_log_close(log);
    return ret;
}

void cycle_log_close(struct cycle_log *log)
{
    if (log->redo != NULL)
        log->redo->ops->close(log->redo);
    if (log->commit != NULL)
        log->commit->ops->close(log->commit);
    log->redo = log->commit = NULL;
}

int cycle_log_remove(struct vfs *vfs, const char *id)
{
    char name[320];
    int ret = 0;
    for (int i = 0; i < 2 && (ret == 0 || ret == -ENOENT); i++) {
        snprintf(name, sizeof(name), "cycles/%s.%s", id, i == 0 ? "commit" : "redo");
        ret = vfs->ops->unlink(vfs, name);
    }
    return ret == -ENOENT ? 0 : ret;
}

/* ---- a cycle ---- */

int cycle_log_begin(struct cycle_log *log)
{
    if (log->replay != 0)
        return -EBUSY;
    log->cycle++;
    /* What the last cycle filled is filled again: the file system need not find room for it anew. */
    uint64_t last = atomic_exchange(&log->end, 0);
    atomic_store(&log->torn, false);
    log->size = last > log->size ? last : log->size;
    if (log->size / 2 <= last)
        return 0;
    log->size = last;
    return log->redo->ops->truncate(log->redo, last);
}

uint8_t *cycle_log_buffer(uint64_t length)
{
    return mem_aligned(BLOCK, (size_t)(BLOCK + round_up(length)));
}

uint8_t *cycle_log_data(uint8_t *buffer)
{
    return buffer + BLOCK;
}

int cycle_log_append(struct cycle_log *log, const char *member, uint64_t offset, uint64_t length,
                     uint8_t *data, bool zeroes)
{
    uint64_t data_length = zeroes ? 0 : length, room = BLOCK + round_up(data_length);
    if (length > CYCLE_RECORD_MAX || strlen(member) >= MEMBER)
        return -EINVAL;
    uint8_t *b = data - BLOCK;
    memset(b, 0, BLOCK);
    memcpy(b, redo_magic, sizeof(redo_magic));
    put_le32(b + AT_DATA, (uint32_t)data_length);
    put_le64(b + AT_CYCLE, log->cycle);
    put_le64(b + AT_OFFSET, offset);
    put_le64(b + AT_LENGTH, length);
    memcpy(b + AT_MEMBER, member, strlen(member));
    memset(data + data_length, 0, (size_t)(room - BLOCK - data_length));
    put_le32(b + AT_CRC, crc32c(0, b, (size_t)room));
    int ret = log->redo->ops->pwrite(log->redo, b, (size_t)room, atomic_fetch_add(&log->end, room));
    if (ret != 0)
        atomic_store(&log->torn, true);
    return ret;
}

int cycle_log_commit(struct cycle_log *log, int64_t cut_us)
{
    if (atomic_load(&log->torn))
        return -EIO;
    int ret = log->redo->ops->sync(log->redo);
    return ret != 0 ? ret : write_slot(log, atomic_load(&log->end), cut_us);
}

int cycle_log_applied(struct cycle_log *log)
{
    return write_slot(log, 0, log->cut_us);
}

/* Reads the record at `at` into b (room for its header and the largest data). */
static int read_record(struct cycle_log *log, uint64_t at, uint8_t *b, uint64_t *room)
{
    int ret = log->redo->ops->pread(log->redo, b, BLOCK, at);
    if (ret != 0)
        return ret == -ENODATA ? -EUCLEAN : ret;
    uint64_t data_length = get_le32(b + AT_DATA);
    *room = BLOCK + round_up(data_length);
    if (memcmp(b, redo_magic, sizeof(redo_magic)) != 0 || get_le64(b + AT_CYCLE) != log->cycle ||
        data_length > CYCLE_RECORD_MAX || *room > log->replay - at || b[AT_MEMBER + MEMBER - 1] != 0 ||
        (data_length != 0 && data_length != get_le64(b + AT_LENGTH)))
        return -EUCLEAN;
    if (data_length != 0)
        ret = log->redo->ops->pread(log->redo, b + BLOCK, (size_t)(*room - BLOCK), at + BLOCK);
    if (ret != 0)
        return ret == -ENODATA ? -EUCLEAN : ret;
    uint32_t crc = get_le32(b + AT_CRC);
    put_le32(b + AT_CRC, 0);
    return crc32c(0, b, (size_t)*room) == crc ? 0 : -EUCLEAN;
}

int cycle_log_replay(struct cycle_log *log,
                     int (*fn)(void *user, const char *member, uint64_t offset, uint64_t length,
                               const void *data),
                     void *user)
{
    if (log->replay == 0)
        return 0;
    uint8_t *b = mem_alloc(BLOCK + CYCLE_RECORD_MAX);
    int ret = b == NULL ? -ENOMEM : 0;
    for (uint64_t at = 0, room = 0; at < log->replay && ret == 0; at += room) {
        ret = log->replay - at < BLOCK ? -EUCLEAN : read_record(log, at, b, &room);
        if (ret == 0)
            ret = fn(user, (const char *)b + AT_MEMBER, get_le64(b + AT_OFFSET), get_le64(b + AT_LENGTH),
                     get_le32(b + AT_DATA) != 0 ? b + BLOCK : NULL);
    }
    mem_free(b);
    return ret;
}
