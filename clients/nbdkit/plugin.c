/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nbdkit-replsvc-plugin: every element of a state directory as an NBD export, so that any NBD client is a
 * host of the service and writes through its engine.
 *
 *     nbdkit replsvc state=DIRECTORY [control=SOCKET]
 *
 * nbdkit calls from as many threads as it has (its option -t), and each call goes straight to the volume:
 * handing it to a queue of ours would only add a change of threads. All connections to an export share the
 * element's one volume, so that a flush through any of them is one for all (multi-conn).
 *
 * The library starts threads when a service is opened, and nbdkit forks when it becomes a daemon; so the
 * service is opened once before the fork, for its errors to be seen, closed, and opened for good after it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

#define THREAD_MODEL NBDKIT_THREAD_MODEL_PARALLEL

struct plugin plugin;

int plugin_failed(const char *what, const char *name)
{
    const replsvc_error *e = replsvc_last_error();
    nbdkit_error("%s%s%s: %s", what, *name ? " " : "", name,
                 e->code ? e->message : "it cannot be done; see the other messages");
    return -1;
}

/* ---- configuration ---- */

static int set_path(char **path, const char *value)
{
    free(*path);
    *path = nbdkit_absolute_path(value); /* a daemon has the root for its working directory */
    return *path ? 0 : -1;
}

static int plugin_config(const char *key, const char *value)
{
    if (strcmp(key, "state") == 0)
        return set_path(&plugin.state_directory, value);
    if (strcmp(key, "control") == 0)
        return set_path(&plugin.socket, value);
    if (strcmp(key, "control-mode") == 0) {
        char *end;
        errno = 0;
        unsigned long mode = strtoul(value, &end, 8);
        if (errno || end == value || *end || !mode || mode > 0777) {
            nbdkit_error("control-mode=%s: permission bits in octal are wanted, such as 0660", value);
            return -1;
        }
        plugin.socket_mode = (uint32_t)mode;
        return 0;
    }
    if (strcmp(key, "element") == 0) {
        plugin.default_element = value; /* nbdkit keeps it */
        return 0;
    }
    nbdkit_error("unknown parameter %s: there are state, control, control-mode and element", key);
    return -1;
}

static int plugin_config_complete(void)
{
    if (plugin.state_directory)
        return 0;
    nbdkit_error("state=DIRECTORY is required: the state directory of the service");
    return -1;
}

#define CONFIG_HELP                                                                                          \
    "[state=]<DIRECTORY>  (required) The service's state directory.\n"                                       \
    "control=<SOCKET>     Let other processes manage the service over this Unix socket.\n"                   \
    "control-mode=<MODE>  Its permission bits, octal (default 0600).\n"                                      \
    "element=<NAME>       Element for clients that name no export."

static void plugin_dump(void)
{
    printf("replsvc_version=%s\n", replsvc_version_string());
    printf("replsvc_control_socket=%d\n", (replsvc_features() & REPLSVC_LIBRARY_CONTROL_SOCKET) != 0);
}

/* ---- the service ---- */

static void log_line(void *user, enum replsvc_log_level level, const char *line)
{
    (void)user;
    if (level <= REPLSVC_LOG_WARNING)
        nbdkit_error("%s", line);
    else
        nbdkit_debug("%s", line);
}

static int service_open(void)
{
    const replsvc_service_options options = {
        .size = sizeof options,
        .flags = REPLSVC_SERVICE_MUST_EXIST,
        .log = log_line,
        .log_level = REPLSVC_LOG_INFO,
    };
    if (replsvc_service_open(plugin.state_directory, &options, &plugin.service))
        return plugin_failed("opening the service on", plugin.state_directory);
    return 0;
}

static int service_try(void)
{
    if (service_open())
        return -1;
    replsvc_element_ref element;
    uint32_t rc =
        plugin.default_element ? replsvc_element_find(plugin.service, plugin.default_element, &element) : 0;
    if (rc)
        plugin_failed("element", plugin.default_element);
    replsvc_service_close(plugin.service);
    plugin.service = NULL;
    return rc ? -1 : 0;
}

static int service_start(void)
{
    if (service_open())
        return -1;
    const replsvc_listen_options options = {.size = sizeof options, .mode = plugin.socket_mode};
    if (plugin.socket && replsvc_service_listen(plugin.service, plugin.socket, &options))
        return plugin_failed("listening on", plugin.socket);
    return 0;
}

static void service_end(void)
{
    replsvc_service_close(plugin.service);
    plugin.service = NULL;
}

static void plugin_unload(void)
{
    free(plugin.state_directory);
    free(plugin.socket);
}

/* ---- requests ---- */

static int answer(int rc)
{
    if (!rc)
        return 0;
    nbdkit_set_error(-rc);
    nbdkit_debug("request: %s", strerror(-rc));
    return -1;
}

static uint32_t fua(uint32_t flags)
{
    return flags & NBDKIT_FLAG_FUA ? REPLSVC_IO_FUA : 0;
}

static int request_read(void *handle, void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
    const struct export *x = handle;
    (void)flags;
    return answer(replsvc_volume_pread(x->volume, buffer, count, offset, 0));
}

static int request_write(void *handle, const void *buffer, uint32_t count, uint64_t offset, uint32_t flags)
{
    const struct export *x = handle;
    return answer(replsvc_volume_pwrite(x->volume, buffer, count, offset, fua(flags)));
}

static int request_flush(void *handle, uint32_t flags)
{
    const struct export *x = handle;
    (void)flags;
    return answer(replsvc_volume_flush(x->volume));
}

static int request_trim(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
    const struct export *x = handle;
    return answer(replsvc_volume_discard(x->volume, offset, count, fua(flags)));
}

static int request_zero(void *handle, uint32_t count, uint64_t offset, uint32_t flags)
{
    const struct export *x = handle;
    uint32_t unmap = flags & NBDKIT_FLAG_MAY_TRIM ? REPLSVC_IO_MAY_UNMAP : 0;
    if (flags & NBDKIT_FLAG_FAST_ZERO) /* what it would cost cannot be told beforehand */
        return answer(-EOPNOTSUPP);
    return answer(replsvc_volume_write_zeroes(x->volume, offset, count, fua(flags) | unmap));
}

static int request_extents(void *handle, uint32_t count, uint64_t offset, uint32_t flags,
                           struct nbdkit_extents *extents)
{
    const struct export *x = handle;
    uint64_t end = offset + count;
    while (offset < end) {
        replsvc_extent found[32];
        size_t n = sizeof found / sizeof found[0];
        int rc = replsvc_volume_extents(x->volume, offset, end - offset, found, &n);
        if (rc)
            return answer(rc);
        for (size_t i = 0; i < n; i++) {
            uint32_t type =
                (found[i].flags & REPLSVC_EXTENT_HOLE ? NBDKIT_EXTENT_HOLE | NBDKIT_EXTENT_ZERO : 0) |
                (found[i].flags & REPLSVC_EXTENT_ZERO ? NBDKIT_EXTENT_ZERO : 0);
            if (nbdkit_add_extent(extents, found[i].offset, found[i].length, type))
                return -1;
            offset = found[i].offset + found[i].length;
        }
        if (flags & NBDKIT_FLAG_REQ_ONE)
            break;
    }
    return 0;
}

/* ---- what an export can do ---- */

static int64_t export_size(void *handle)
{
    return (int64_t)((const struct export *)handle)->info.size_bytes;
}

static int export_block_size(void *handle, uint32_t *minimum, uint32_t *preferred, uint32_t *maximum)
{
    const struct export *x = handle;
    *minimum = 1; /* the engine takes any; less than a block costs a read */
    *preferred = x->info.physical_block_size > 4096 ? x->info.physical_block_size : 4096;
    if (*preferred > 1U << 25)
        *preferred = 1U << 25;
    *maximum = 32U << 20;
    return 0;
}

static int export_can_write(void *handle)
{
    return ((const struct export *)handle)->writable;
}

static int export_can_trim(void *handle)
{
    return ((const struct export *)handle)->info.can_discard;
}

static int export_can_fua(void *handle)
{
    (void)handle;
    return NBDKIT_FUA_NATIVE;
}

static int always(void *handle)
{
    (void)handle;
    return 1;
}

static int never(void *handle)
{
    (void)handle;
    return 0;
}

static struct nbdkit_plugin nbdkit = {
    .name = "replsvc",
    .longname = "libreplsvc",
    .version = PLUGIN_VERSION,
    .description = "Elements of a replication service as exports, with replicas made while they are served.",
    .magic_config_key = "state",
    .config = plugin_config,
    .config_complete = plugin_config_complete,
    .config_help = CONFIG_HELP,
    .dump_plugin = plugin_dump,
    .get_ready = service_try,
    .after_fork = service_start,
    .cleanup = service_end,
    .unload = plugin_unload,
    .list_exports = export_list,
    .default_export = export_default,
    .export_description = export_description,
    .open = export_open,
    .close = export_close,
    .get_size = export_size,
    .block_size = export_block_size,
    .can_write = export_can_write,
    .can_flush = always,
    .can_fua = export_can_fua,
    .can_trim = export_can_trim,
    .can_zero = always,
    .can_fast_zero = never,
    .can_extents = always,
    .can_multi_conn = always,
    .pread = request_read,
    .pwrite = request_write,
    .flush = request_flush,
    .trim = request_trim,
    .zero = request_zero,
    .extents = request_extents,
};

NBDKIT_REGISTER_PLUGIN(nbdkit)
