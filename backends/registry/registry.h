/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which backends there are, and which one a locator means.
 *
 * The built-in ones stand in a table (builtin.c) and are known without any constructor; others come by
 * replsvc_backend_register or replsvc_backend_load, or are loaded when their scheme is met (modules.c). A
 * registered backend stays for the life of the process, so that what replsvc_backend_find returned may be
 * kept.
 *
 * A backend that was compiled against an older header has a smaller struct. It is seen through a copy of
 * today's size in which the operations it does not know are NULL: whoever has a replsvc_backend from here
 * may look at every member.
 */
#ifndef RSVC_REGISTRY_REGISTRY_H
#define RSVC_REGISTRY_REGISTRY_H

#include <replsvc/backend.h>

/* Longest scheme, without the NUL (replsvc_element_info.backend). */
#define BACKEND_SCHEME_MAX 31

/* Takes "scheme:path" apart: *path points into locator. -EINVAL: not of that form, or too long;
 * -EPROTONOSUPPORT: no such backend. A sentence is left by replsvc_backend_set_error. */
int backend_locate(const char *locator, const replsvc_backend **backend, const char **path);

/* The canonical form of a locator, by the backend's check: two locators of one medium become equal as far
 * as the backend can tell. -ENAMETOOLONG if it does not fit, else as backend_locate and check. */
int backend_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE]);

/* replsvc_backend_load, leaving an earlier error alone where it succeeds. */
uint32_t backend_load(const char *path);

/* Loads the module for a scheme that is not known, if there is one where modules lie: 0, -ENOENT, or -ENOEXEC
 * with the reason left as the backend's sentence. */
int backend_load_for(const char *scheme, size_t length);

/* The table of built-in backends; ends with NULL. */
extern const replsvc_backend *const backend_builtin[];

#endif
