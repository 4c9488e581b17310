/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of a world as plain data, and what each operation does to it: see record.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record.h"

static void dir_unref(struct world_dir *d)
{
    if (d != NULL && __atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL) == 0)
        free(d);
}

int state_init(struct world_state *s)
{
    *s = (struct world_state){0};
    int64_t root = state_add(s, true);
    return root < 0 ? (int)root : 0;
}

void state_free(struct world_state *s)
{
    for (size_t i = 0; i < s->n; i++) {
        pages_free(&s->inodes[i].pages);
        dir_unref(s->inodes[i].dir);
    }
    free(s->inodes);
    *s = (struct world_state){0};
}

int state_fork(struct world_state *to, const struct world_state *from)
{
    *to = (struct world_state){0};
    to->inodes = calloc(from->n, sizeof(*to->inodes));
    if (to->inodes == NULL)
        return -ENOMEM;
    to->n = from->n;
    for (size_t i = 0; i < from->n; i++) {
        to->inodes[i] = from->inodes[i];
        pages_share(&to->inodes[i].pages, &from->inodes[i].pages);
        if (to->inodes[i].dir != NULL)
            __atomic_add_fetch(&to->inodes[i].dir->refs, 1, __ATOMIC_RELAXED);
    }
    return 0;
}

int64_t state_add(struct world_state *s, bool directory)
{
    struct world_inode *grown = realloc(s->inodes, (s->n + 1) * sizeof(*grown));
    if (grown == NULL)
        return -ENOMEM;
    s->inodes = grown;
    s->inodes[s->n] = (struct world_inode){.directory = directory};
    return (int64_t)s->n++;
}

int64_t state_lookup(const struct world_state *s, uint32_t dir, const char *name)
{
    const struct world_dir *d = s->inodes[dir].dir;
    for (size_t i = 0; d != NULL && i < d->n; i++)
        if (strcmp(d->entries[i].name, name) == 0)
            return d->entries[i].inode;
    return -ENOENT;
}

int state_set_entry(struct world_state *s, uint32_t dir, const char *name, int64_t inode)
{
    const struct world_dir *old = s->inodes[dir].dir;
    size_t n = old != NULL ? old->n : 0;
    struct world_dir *d = malloc(sizeof(*d) + (n + 1) * sizeof(d->entries[0]));
    if (d == NULL)
        return -ENOMEM;
    d->refs = 1;
    d->n = 0;
    for (size_t i = 0; i < n; i++)
        if (strcmp(old->entries[i].name, name) != 0)
            d->entries[d->n++] = old->entries[i];
    if (inode >= 0) {
        struct world_entry *e = &d->entries[d->n++];
        memset(e, 0, sizeof(*e));
        strncpy(e->name, name, sizeof(e->name) - 1);
        e->inode = (uint32_t)inode;
    }
    dir_unref(s->inodes[dir].dir);
    s->inodes[dir].dir = d;
    return 0;
}

int state_resize(struct world_inode *inode, uint64_t size)
{
    inode->size = size;
    return pages_zero(&inode->pages, size, UINT64_MAX - size);
}

int state_create_inode(struct world_state *s, const struct world_op *op)
{
    if (op->target < s->n) /* it is there already: only its name is new */
        return 0;
    while (s->n <= op->target) {
        int64_t added = state_add(s, false);
        if (added < 0)
            return (int)added;
    }
    s->inodes[op->target].directory = op->length != 0;
    s->inodes[op->target].size = op->size;
    return 0;
}

static int apply_create(struct world_state *s, const struct world_op *op)
{
    int err = state_create_inode(s, op);
    return err != 0 ? err : state_set_entry(s, op->inode, op->name, op->target);
}

static int apply_rename(struct world_state *s, const struct world_op *op)
{
    int64_t inode = state_lookup(s, op->inode, op->name);
    if (inode < 0) /* after a power cut: its creation was lost */
        return 0;
    int err = state_set_entry(s, op->inode, op->name, -1);
    return err != 0 ? err : state_set_entry(s, op->target, op->new_name, inode);
}

int state_apply(struct world_state *s, const struct world_op *op)
{
    struct world_inode *inode = &s->inodes[op->inode];
    switch (op->kind) {
    case WORLD_OP_WRITE:
    case WORLD_OP_ZERO:
        inode->changes++;
        if (op->size > inode->size)
            inode->size = op->size;
        return op->kind == WORLD_OP_WRITE ? pages_write(&inode->pages, op->data, op->length, op->offset)
                                          : pages_zero(&inode->pages, op->offset, op->length);
    case WORLD_OP_TRUNCATE:
        inode->changes++;
        return state_resize(inode, op->offset);
    case WORLD_OP_CREATE:
        return apply_create(s, op);
    case WORLD_OP_UNLINK:
        return state_set_entry(s, op->inode, op->name, -1);
    case WORLD_OP_RENAME:
        return apply_rename(s, op);
    default:
        return 0;
    }
}
