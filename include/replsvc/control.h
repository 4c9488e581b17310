/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file control.h
 * Managing one service from several processes: the process that has the state
 * directory open listens on a Unix socket, others connect to it and call the
 * same functions on what replsvc_service_connect() gives them. Host I/O
 * (volume.h) stays with the process that has the state directory open.
 *
 * On a connected handle every function of service.h, methods.h,
 * capabilities.h, jobs.h, events.h and statistics.h answers as it would in the
 * service's own process: the same codes, the same replsvc_last_error(), lists
 * to be freed with replsvc_free(). What differs:
 *
 * - replsvc_volume_open() and replsvc_io_queue_open() answer -EOPNOTSUPP.
 * - Each connected handle is given all events, from its connecting on, whoever
 *   else takes them too.
 * - The parameters of one call may take a megabyte together.
 * - A call whose connection breaks answers code 4; system_errno and the
 *   message tell whether it was not done, or whether that is not known. A call
 *   is never made twice. The next one connects again, so that a handle
 *   outlives a restart of the service: references stay good.
 * - Paths in locators are those of the service's process.
 *
 * Any thread may use a connected handle, several at a time: a call that waits
 * (replsvc_job_wait(), WaitForCopyState) holds up no other. Each call that
 * runs takes a connection, and so does each handle that was asked for events.
 * The two libraries may be of different versions: a function that the
 * service's does not have answers code 1, structs are filled as far as both
 * know them.
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
    uint32_t mode;            /**< Permission bits of the socket, whatever the umask; 0 = 0600. */
    uint32_t max_connections; /**< Connections at a time, at most 4096; 0 = 64. */
    uint32_t n_user_ids;      /**< Entries of user_ids, at most 4096. */
    const uint32_t *user_ids; /**< Users that may connect besides root and the service's own, or NULL. */
} replsvc_listen_options;

/** Listen on a Unix socket.
 *
 * Whoever may connect may do everything that the service can. Who that is, is decided twice: by the file's
 * mode, and by the user of the process that connects, which the kernel tells. A service may listen on
 * several sockets. The library starts a thread for each, and one for each connection.
 *
 * @param[in] service the opened service
 * @param[in] path of the socket to be made, at most 107 bytes. A socket that a dead process left is
 *   replaced. The directory should be one that only the service's user can write to
 * @param[in] options NULL = defaults
 * @retval 0 clients may connect now
 * @retval 1 service is itself a connected one
 * @retval 4 the socket cannot be made: see replsvc_last_error()
 * @retval 5 the path or an option is wrong, or something that is no socket is there
 * @retval 6 somebody listens there */
REPLSVC_API uint32_t replsvc_service_listen(replsvc_service *service, const char *path,
                                            const replsvc_listen_options *options);

/** Stop listening.
 *
 * The socket is removed, calls that run are let end and answered, then the connections are closed. Calls
 * that wait for something are answered with code 4 at once; what they wait for goes on. Closing the service
 * does all this too.
 *
 * @param[in] service the opened service
 * @param[in] path as it was given to replsvc_service_listen()
 * @retval 0 done
 * @retval 1 service is itself a connected one
 * @retval 5 the service does not listen there */
REPLSVC_API uint32_t replsvc_service_unlisten(replsvc_service *service, const char *path);

/** Connect to a service that another process has open.
 *
 * @param[in] path of its socket; or of its state directory, if the process may look into that: the service
 *   leaves there where it listens
 * @param[out] service as from replsvc_service_open(), without host I/O; close it with
 *   replsvc_service_close(), which leaves the other process's service as it is
 * @retval 0 connected
 * @retval 1 the service's library speaks another version of the protocol, or is of another architecture
 * @retval 4 nobody listens there, or the peer refused: see replsvc_last_error()
 * @retval 5 the path is wrong or service is NULL */
REPLSVC_API uint32_t replsvc_service_connect(const char *path, replsvc_service **service);

#ifdef __cplusplus
}
#endif

#endif
