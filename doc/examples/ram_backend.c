/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A complete backend in one file, to start from: images in memory, named "ram:NAME", that live as long as
 * the process. doc/porting.md walks through it.
 *
 *     cc -shared -fPIC ram_backend.c $(pkg-config --cflags replsvc) -o ram.so
 *
 * and replsvc_backend_load("/path/to/ram.so") makes it known. An image has one lock, held for the copying
 * of bytes; handles hold a reference to their image, so that a removed image lives until its last close.
 */
#include <errno.h>
#include <pthread.h>
#include <replsvc/backend.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
    struct image *next;
    char name[128];
    unsigned references; /* the list's own, and each handle's; protected by list_lock */
    int openers;         /* handles; -1: one that excludes others; protected by list_lock */
    pthread_mutex_t lock;
    uint64_t size; /* protected by lock, as data is */
    unsigned char *data;
};

struct handle {
    struct image *image;
    bool exclusive, writable;
};

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static struct image *images;

static struct image *find(const char *name)
{
    struct image *i = images;
    while (i != NULL && strcmp(i->name, name) != 0)
        i = i->next;
    return i;
}

static void drop(struct image *image)
{
    if (--image->references != 0)
        return;
    pthread_mutex_destroy(&image->lock);
    free(image->data);
    free(image);
}

/* ---- whole images ---- */

static int ram_check(const char *path, char *canonical, size_t canonical_size)
{
    if (path[0] == '\0' || strlen(path) >= sizeof(images->name) || strlen(path) >= canonical_size) {
        replsvc_backend_set_error("ram: a name has 1 to %zu bytes", sizeof(images->name) - 1);
        return -EINVAL;
    }
    strcpy(canonical, path);
    return 0;
}

static int ram_create(const char *path, const replsvc_backend_create_options *options)
{
    struct image *image = calloc(1, sizeof(*image));
    unsigned char *data = calloc(1, options->size_bytes != 0 ? options->size_bytes : 1);
    int err = image == NULL || data == NULL ? -ENOMEM : 0;
    pthread_mutex_lock(&list_lock);
    if (err == 0 && find(path) != NULL)
        err = -EEXIST;
    if (err == 0) {
        snprintf(image->name, sizeof(image->name), "%s", path);
        pthread_mutex_init(&image->lock, NULL);
        image->references = 1;
        image->size = options->size_bytes;
        image->data = data;
        image->next = images;
        images = image;
    }
    pthread_mutex_unlock(&list_lock);
    if (err != 0) {
        replsvc_backend_set_error("ram: cannot make %s: %s", path, strerror(-err));
        free(image);
        free(data);
    }
    return err;
}

static int ram_remove(const char *path)
{
    pthread_mutex_lock(&list_lock);
    struct image *image = find(path);
    if (image != NULL) {
        struct image **at = &images;
        while (*at != image)
            at = &(*at)->next;
        *at = image->next;
        drop(image);
    }
    pthread_mutex_unlock(&list_lock);
    return image != NULL ? 0 : -ENOENT;
}

/* ---- handles ---- */

static int ram_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    struct handle *h = calloc(1, sizeof(*h));
    if (h == NULL)
        return -ENOMEM;
    h->exclusive = (options->flags & REPLSVC_BACKEND_SHARED) == 0;
    h->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    pthread_mutex_lock(&list_lock);
    struct image *image = find(path);
    int err = image == NULL ? -ENOENT : 0;
    if (err == 0 && h->exclusive && image->openers < 0)
        err = -EBUSY;
    if (err == 0) {
        h->image = image;
        image->references++;
        if (h->exclusive)
            image->openers = -1;
    }
    pthread_mutex_unlock(&list_lock);
    if (err != 0) {
        replsvc_backend_set_error("ram: %s %s", path, err == -ENOENT ? "does not exist" : "is in use");
        free(h);
        return err;
    }
    *handle = h;
    return 0;
}

static int ram_close(void *handle)
{
    struct handle *h = handle;
    pthread_mutex_lock(&list_lock);
    if (h->exclusive)
        h->image->openers = 0;
    drop(h->image);
    pthread_mutex_unlock(&list_lock);
    free(h);
    return 0;
}

static int ram_info(void *handle, replsvc_backend_info *info)
{
    struct handle *h = handle;
    replsvc_backend_info mine = {.size = info->size, .capabilities = REPLSVC_BACKEND_CAP_RESIZE};
    pthread_mutex_lock(&h->image->lock);
    mine.size_bytes = mine.allocated_bytes = h->image->size;
    pthread_mutex_unlock(&h->image->lock);
    mine.logical_block_size = mine.physical_block_size = 512;
    snprintf(mine.identity, sizeof(mine.identity), "ram-%p", (void *)h->image);
    /* A caller compiled against an older header has a smaller struct: fill what fits. */
    memcpy(info, &mine, info->size < sizeof(mine) ? info->size : sizeof(mine));
    return 0;
}

/* ---- I/O ---- */

/* Copies between the vector and the image; the whole range must lie in the image. */
static int move(struct handle *h, const struct iovec *iov, int iovcnt, uint64_t offset, bool writing)
{
    struct image *image = h->image;
    uint64_t length = 0;
    for (int i = 0; i < iovcnt; i++)
        length += iov[i].iov_len;
    pthread_mutex_lock(&image->lock);
    int err = offset > image->size || length > image->size - offset ? -EINVAL : 0;
    for (int i = 0; err == 0 && i < iovcnt; i++) {
        if (writing)
            memcpy(image->data + offset, iov[i].iov_base, iov[i].iov_len);
        else
            memcpy(iov[i].iov_base, image->data + offset, iov[i].iov_len);
        offset += iov[i].iov_len;
    }
    pthread_mutex_unlock(&image->lock);
    if (err != 0)
        replsvc_backend_set_error("ram: offset %llu is outside %s", (unsigned long long)offset, image->name);
    return err;
}

static int ram_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return move(handle, iov, iovcnt, offset, false);
}

static int ram_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct handle *h = handle;
    (void)flags; /* memory is as durable as it gets here */
    return h->writable ? move(h, iov, iovcnt, offset, true) : -EROFS;
}

static int ram_flush(void *handle)
{
    (void)handle;
    return 0;
}

static int ram_resize(void *handle, uint64_t size_bytes)
{
    struct handle *h = handle;
    pthread_mutex_lock(&h->image->lock);
    unsigned char *data = realloc(h->image->data, size_bytes != 0 ? size_bytes : 1);
    if (data != NULL) {
        if (size_bytes > h->image->size)
            memset(data + h->image->size, 0, size_bytes - h->image->size);
        h->image->data = data;
        h->image->size = size_bytes;
    }
    pthread_mutex_unlock(&h->image->lock);
    return data != NULL ? 0 : -ENOMEM;
}

/* What is not named here is NULL: the engine does without. */
static const replsvc_backend backend = {
    .size = sizeof(backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "ram",
    .description = "images in memory, as an example",
    .check = ram_check,
    .create = ram_create,
    .remove = ram_remove,
    .open = ram_open,
    .close = ram_close,
    .info = ram_info,
    .preadv = ram_preadv,
    .pwritev = ram_pwritev,
    .flush = ram_flush,
    .resize = ram_resize,
};

__attribute__((visibility("default"))) const replsvc_backend *replsvc_backend_module(void);

const replsvc_backend *replsvc_backend_module(void)
{
    return &backend;
}
