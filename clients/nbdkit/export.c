/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Elements as exports: an export's name is its ElementName (or its id), its description says what it is.
 * Targets are exports like all others; what a host may do with one now, by its role, is looked at when a
 * client connects, and again by the engine at every request.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin.h"

static void describe(const replsvc_element_info *e, char *text, size_t room)
{
    replsvc_sync_ref sync;
    replsvc_sync_info s = {.size = sizeof s};
    replsvc_element_ref ref;
    memcpy(ref.id, e->id, sizeof ref.id);
    const char *role = "";
    if (e->in_use && !replsvc_sync_find_by_target(plugin.service, &ref, &sync) &&
        !replsvc_sync_get_info(plugin.service, &sync, &s))
        role = s.sync_type == REPLSVC_SYNC_TYPE_MIRROR     ? ", a mirror's target"
               : s.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT ? ", a snapshot"
                                                           : ", a clone";
    else if (e->in_use)
        role = ", a source";
    snprintf(text, room, "%s, %" PRIu64 " bytes%s%s", e->backend, e->size_bytes, role,
             e->read_only ? ", read-only" : "");
}

int export_list(int readonly, int is_tls, struct nbdkit_exports *exports)
{
    (void)readonly, (void)is_tls;
    replsvc_element_ref *elements;
    size_t n;
    if (replsvc_element_list(plugin.service, &elements, &n))
        return plugin_failed("listing the elements", "");
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        replsvc_element_info e = {.size = sizeof e};
        char text[128];
        if (replsvc_element_get_info(plugin.service, &elements[i], &e))
            continue; /* gone since the list was made */
        describe(&e, text, sizeof text);
        rc = nbdkit_add_export(exports, e.name, text);
    }
    replsvc_free(elements);
    return rc;
}

/* The element for a client that names none: the configured one, or the only one there is. */
const char *export_default(int readonly, int is_tls)
{
    (void)readonly, (void)is_tls;
    if (plugin.default_element)
        return plugin.default_element;
    replsvc_element_ref *elements;
    size_t n;
    if (replsvc_element_list(plugin.service, &elements, &n))
        return NULL;
    replsvc_element_info e = {.size = sizeof e};
    const char *name = NULL;
    if (n == 1 && !replsvc_element_get_info(plugin.service, &elements[0], &e))
        name = nbdkit_strdup_intern(e.name);
    replsvc_free(elements);
    if (!name)
        nbdkit_error("which element? Name one of %zu as the export, or configure element=NAME", n);
    return name;
}

void *export_open(int readonly)
{
    const char *name = nbdkit_export_name();
    if (name && !*name)
        name = export_default(readonly, nbdkit_is_tls());
    if (!name) {
        nbdkit_set_error(ENOENT);
        return NULL;
    }
    replsvc_element_ref element;
    replsvc_element_info e = {.size = sizeof e};
    struct export *x = calloc(1, sizeof *x);
    if (!x || replsvc_element_find(plugin.service, name, &element) ||
        replsvc_element_get_info(plugin.service, &element, &e)) {
        plugin_failed("export", name);
        nbdkit_set_error(x ? ENOENT : ENOMEM);
        free(x);
        return NULL;
    }
    int rc = readonly ? -EROFS
                      : replsvc_volume_open(plugin.service, &element, REPLSVC_VOLUME_WRITABLE, &x->volume);
    x->writable = !rc;
    if (rc == -EROFS || rc == -EPERM)
        rc = replsvc_volume_open(plugin.service, &element, 0, &x->volume);
    if (rc) {
        plugin_failed("export", name);
        nbdkit_set_error(-rc);
        free(x);
        return NULL;
    }
    x->info.size = sizeof x->info;
    if (replsvc_volume_get_info(x->volume, &x->info)) {
        export_close(x);
        return NULL;
    }
    describe(&e, x->description, sizeof x->description);
    return x;
}

void export_close(void *handle)
{
    struct export *x = handle;
    replsvc_volume_close(x->volume);
    free(x);
}

const char *export_description(void *handle)
{
    return ((const struct export *)handle)->description;
}
