/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file "control" in the state directory: while its service listens, the absolute path of the socket.
 * So who finds the directory in use finds the service too. It is a hint, and may outlive a service that was
 * killed: the directory's lock tells whether there is one.
 */
#ifndef RSVC_CONTROL_ADVERT_H
#define RSVC_CONTROL_ADVERT_H

#include <stddef.h>

#include <replsvc/cim.h>

/* Failing to write it is logged, no more. */
void advert_put(replsvc_service *service, const char *path);
void advert_remove(replsvc_service *service);
/* The path in a state directory: 0 or a negative errno (-ENOENT: there is none). */
int advert_read(const char *state_directory, char *path, size_t size);

#endif
