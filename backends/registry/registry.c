/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Registration of backends: see registry.h.
 *
 * Entries form a list that only grows, under one lock; an entry never changes once it is in. Nothing
 * foreign is called under the lock (a module's constructors and entry point may register backends).
 */
#include "registry/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

struct entry {
    struct entry *next;
    const replsvc_backend *given; /* what was registered: registering it again is no error */
    replsvc_backend backend;      /* of today's size */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries; /* protected by lock */

/* A struct must reach so far that it can hold the operations without which nothing works. */
#define SMALLEST offsetof(replsvc_backend, discard)

/* Length of the scheme at the start of s (lower-case letter, then letters, digits, '+', '-', '.'). */
static size_t scheme_length(const char *s)
{
    size_t n = 0;
    while ((s[n] >= 'a' && s[n] <= 'z') ||
           (n != 0 && ((s[n] >= '0' && s[n] <= '9') || s[n] == '+' || s[n] == '-' || s[n] == '.')))
        n++;
    return n;
}

/* Copies what the struct has to one of today's size, and checks it. */
static uint32_t take(const replsvc_backend *given, replsvc_backend *b)
{
    if (given == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "backend", "no backend was given");
    if (given->size < SMALLEST)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "backend",
                        "the backend's struct has %u bytes; the least is %zu", given->size, SMALLEST);
    if (given->api_version != REPLSVC_BACKEND_API_VERSION)
        return svc_fail(REPLSVC_NOT_SUPPORTED, ENOTSUP, "backend",
                        "the backend was made for version %u of the backend API, this library has version %u",
                        given->api_version, REPLSVC_BACKEND_API_VERSION);
    memset(b, 0, sizeof(*b));
    memcpy(b, given, given->size < sizeof(*b) ? given->size : sizeof(*b));
    b->size = sizeof(*b);
    if (b->name == NULL || b->name[0] == '\0' ||
        strnlen(b->name, BACKEND_SCHEME_MAX + 1) > BACKEND_SCHEME_MAX ||
        b->name[scheme_length(b->name)] != '\0')
        return svc_fail(
            REPLSVC_INVALID_PARAMETER, EINVAL, "backend",
            "a backend's name is 1 to %d lower-case letters, digits, '+', '-' and '.', the first a "
            "letter",
            BACKEND_SCHEME_MAX);
    if (b->open == NULL || b->close == NULL || b->info == NULL || b->preadv == NULL || b->pwritev == NULL ||
        b->flush == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "backend",
                        "backend \"%s\" lacks one of open, close, info, preadv, pwritev, flush", b->name);
    int queue = (b->queue_open != NULL) + (b->queue_close != NULL) + (b->submit != NULL) + (b->reap != NULL);
    if (queue != 0 && queue != 4)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "backend",
                        "backend \"%s\" has some of queue_open, queue_close, submit, reap, but not all",
                        b->name);
    return REPLSVC_OK;
}

static const replsvc_backend *find_builtin(const char *name, size_t len)
{
    for (const replsvc_backend *const *b = backend_builtin; *b != NULL; b++)
        if (strlen((*b)->name) == len && memcmp((*b)->name, name, len) == 0)
            return *b;
    return NULL;
}

/* Called with the lock held. */
static const struct entry *find_entry(const char *name, size_t len)
{
    for (const struct entry *e = entries; e != NULL; e = e->next)
        if (strlen(e->backend.name) == len && memcmp(e->backend.name, name, len) == 0)
            return e;
    return NULL;
}

static const replsvc_backend *find_known(const char *name, size_t len)
{
    const replsvc_backend *b = find_builtin(name, len);
    if (b != NULL)
        return b;
    pthread_mutex_lock(&lock);
    const struct entry *e = find_entry(name, len);
    pthread_mutex_unlock(&lock);
    return e != NULL ? &e->backend : NULL;
}

/* *err, when it is not there: -ENOENT, or why its module is of no use. */
static const replsvc_backend *find(const char *name, size_t len, int *err)
{
    const replsvc_backend *b = find_known(name, len);
    *err = 0;
    if (b == NULL && len != 0 && len <= BACKEND_SCHEME_MAX && scheme_length(name) >= len) {
        *err = backend_load_for(name, len);
        b = *err == 0 ? find_known(name, len) : NULL;
    }
    return b;
}

/* *added: whether an entry was made (false: it had been registered before). */
static uint32_t add(const replsvc_backend *backend, bool *added)
{
    *added = false;
    replsvc_backend copy;
    uint32_t code = take(backend, &copy);
    if (code != REPLSVC_OK)
        return code;
    const replsvc_backend *builtin = find_builtin(copy.name, strlen(copy.name));
    if (builtin == backend)
        return REPLSVC_OK;
    struct entry *e = mem_zalloc(sizeof(*e));
    if (e == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "out of memory");
    e->given = backend;
    e->backend = copy;

    pthread_mutex_lock(&lock);
    const struct entry *old = find_entry(copy.name, strlen(copy.name));
    const replsvc_backend *given = old != NULL ? old->given : NULL;
    if (old == NULL && builtin == NULL) {
        e->next = entries;
        entries = e;
        *added = true;
    }
    pthread_mutex_unlock(&lock);
    if (*added)
        return REPLSVC_OK;
    mem_free(e);
    if (given == backend)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_IN_USE, EEXIST, "backend", "there is another backend named \"%s\"", copy.name);
}

uint32_t replsvc_backend_register(const replsvc_backend *backend)
{
    svc_clear_error();
    bool added;
    return add(backend, &added);
}

uint32_t replsvc_backend_load(const char *path)
{
    svc_clear_error();
    return backend_load(path);
}

uint32_t backend_load(const char *path)
{
    /* Without a slash dlopen would look for the name in the library path. */
    if (path == NULL || strchr(path, '/') == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "path",
                        "the path of a module must contain a '/': \"%s\"", path != NULL ? path : "");
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (module == NULL) {
        const char *why = dlerror();
        return svc_fail(REPLSVC_FAILED, ENOEXEC, "path", "the module cannot be loaded: %s",
                        why != NULL ? why : path);
    }
    union {
        void *object;
        replsvc_backend_module_function function;
    } entry = {.object = dlsym(module, REPLSVC_BACKEND_MODULE_SYMBOL)};
    uint32_t code;
    bool added = false;
    if (entry.object == NULL) {
        code =
            svc_fail(REPLSVC_INVALID_PARAMETER, ENOEXEC, "path",
                     "%s is not a backend module: it has no function " REPLSVC_BACKEND_MODULE_SYMBOL, path);
    } else {
        const replsvc_backend *backend = entry.function();
        if (backend == NULL)
            code = svc_fail(REPLSVC_FAILED, 0, "path", "the module %s offers no backend", path);
        else
            code = add(backend, &added);
    }
    /* A module that gave a backend stays loaded for ever; else the reference that dlopen took is dropped
     * (a module loaded twice stays by its first reference). */
    if (!added)
        dlclose(module);
    return code;
}

const replsvc_backend *replsvc_backend_find(const char *name)
{
    int err;
    return name != NULL ? find(name, strlen(name), &err) : NULL;
}

int backend_locate(const char *locator, const replsvc_backend **backend, const char **path)
{
    size_t len = strnlen(locator, REPLSVC_LOCATOR_SIZE);
    if (len == REPLSVC_LOCATOR_SIZE) {
        replsvc_backend_set_error("the locator is longer than %d bytes", REPLSVC_LOCATOR_SIZE - 1);
        return -EINVAL;
    }
    int err;
    size_t scheme = scheme_length(locator);
    if (scheme == 0 || scheme > BACKEND_SCHEME_MAX || locator[scheme] != ':') {
        replsvc_backend_set_error("\"%s\" is not a locator: it must be SCHEME:PATH, such as file:/a/b.img",
                                  locator);
        return -EINVAL;
    }
    if (locator[scheme + 1] == '\0') {
        replsvc_backend_set_error("the locator \"%s\" has no path", locator);
        return -EINVAL;
    }
    const replsvc_backend *b = find(locator, scheme, &err);
    if (b == NULL && err == -ENOEXEC)
        return -EPROTONOSUPPORT; /* the loader has said why */
    if (b == NULL) {
        replsvc_backend_set_error("there is no backend \"%.*s\" for the locator \"%s\"", (int)scheme, locator,
                                  locator);
        return -EPROTONOSUPPORT;
    }
    *backend = b;
    *path = locator + scheme + 1;
    return 0;
}

int backend_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
{
    const replsvc_backend *b;
    const char *path;
    int err = backend_locate(locator, &b, &path);
    if (err != 0)
        return err;
    size_t scheme = (size_t)(path - locator); /* with the colon */
    if (b->check == NULL) {
        memcpy(canonical, locator, scheme + strlen(path) + 1);
        return 0;
    }
    memcpy(canonical, locator, scheme);
    return b->check(path, canonical + scheme, REPLSVC_LOCATOR_SIZE - scheme);
}
