/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the plugin share: its configuration and the opened service. */
#ifndef REPLSVC_NBDKIT_PLUGIN_H
#define REPLSVC_NBDKIT_PLUGIN_H

#include <replsvc/replsvc.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

/* An export of a connection: one handle of an element's volume. */
struct export
{
    replsvc_volume *volume;
    replsvc_volume_info info;
    bool writable;
    char description[128];
};

/* Set up before the first connection and not changed until the last is gone. */
struct plugin {
    char *state_directory;
    char *socket;
    uint32_t socket_mode;
    const char *default_element;
    replsvc_service *service;
};
extern struct plugin plugin;

/* Says the library's last error of this thread to nbdkit, after what was being done. Returns -1. */
int plugin_failed(const char *what, const char *name);

/* The exports: export.c. */
int export_list(int readonly, int is_tls, struct nbdkit_exports *exports);
const char *export_default(int readonly, int is_tls);
void *export_open(int readonly);
void export_close(void *handle);
const char *export_description(void *handle);

#endif
