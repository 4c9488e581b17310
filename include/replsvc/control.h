/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file control.h
 * Managing one service from several processes: the process that has the state
 * directory open listens on a Unix socket, others connect to it and call the
 * same functions on what replsvc_service_connect() gives them. Host I/O
 * (volume.h) stays with the process that has the state directory open.
 */
#ifndef REPLSVC_CONTROL_H
#define REPLSVC_CONTROL_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How to listen. Zero-filled with size set = all defaults. */
typedef struct replsvc_listen_options {
    uint32_t size;            /**< sizeof this struct. */
    uint32_t mode;            /**< Permission bits of the socket; 0 = 0600. */
    uint32_t max_connections; /**< Clients at a time; 0 = 64. */
    uint32_t n_user_ids;      /**< Entries of user_ids. */
    const uint32_t *user_ids; /**< Users that may connect besides root and the service's own, or NULL. */
} replsvc_listen_options;

/** Listen on a Unix socket.
 *
 * @note Not served by this version yet: it answers Not Supported.
 *
 * @param[in] service the opened service
 * @param[in] path of the socket to be made; at most 107 bytes; a stale one is replaced
 * @param[in] options NULL = defaults
 * @retval 0 clients may connect now
 * @retval 1 this build has no control socket
 * @retval 4 the socket cannot be made: see replsvc_last_error()
 * @retval 5 the path or an option is wrong
 * @retval 6 another process listens there */
REPLSVC_API uint32_t replsvc_service_listen(replsvc_service *service, const char *path,
                                            const replsvc_listen_options *options);

/** Stop listening, let calls that run end, and remove the socket. Closing the service does so too.
 *
 * @note Not served by this version yet: it answers Not Supported.
 *
 * @param[in] service the opened service
 * @param[in] path as it was given to replsvc_service_listen()
 * @retval 0 done
 * @retval 1 this build has no control socket
 * @retval 5 the service does not listen there */
REPLSVC_API uint32_t replsvc_service_unlisten(replsvc_service *service, const char *path);

/** Connect to a service that another process has open.
 *
 * @note Not served by this version yet: it answers Not Supported.
 *
 * @param[in] path of its socket
 * @param[out] service as from replsvc_service_open(), without host I/O; close it with
 * replsvc_service_close(), which leaves the other process's service as it is
 * @retval 0 connected
 * @retval 1 this build has no control socket
 * @retval 4 nobody listens there, or the peer refused: see replsvc_last_error()
 * @retval 5 the path is wrong or service is NULL */
REPLSVC_API uint32_t replsvc_service_connect(const char *path, replsvc_service **service);

#ifdef __cplusplus
}
#endif

#endif
