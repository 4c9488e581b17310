/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The socket in the file system: made without an instant in which somebody else could connect, taken over
 * from a service that died, never from one that lives, and never in place of something that is no socket.
 */
#ifndef RSVC_CONTROL_SOCKET_H
#define RSVC_CONTROL_SOCKET_H

#include <stdint.h>
#include <sys/stat.h>
#include <sys/un.h>

#define SOCKET_PATH_SIZE sizeof(((struct sockaddr_un *)0)->sun_path)

struct listening_socket {
    char path[SOCKET_PATH_SIZE]; /* as it was given */
    int fd;
    int directory; /* in which it lies, so that chdir() changes nothing */
    dev_t device;  /* of the file that was made */
    ino_t inode;
};

/* 0, or a CIM code with its error left: Invalid Parameter, In Use, Failed. */
uint32_t socket_listen(const char *path, mode_t mode, struct listening_socket *s);
/* Removes its file, if that is still ours: nobody finds it any more. */
void socket_remove(struct listening_socket *s);
/* When nobody accepts on it any more. */
void socket_close(struct listening_socket *s);

/* A path that a socket may have: 0 or Invalid Parameter. */
uint32_t socket_check_path(const char *path);
/* Connects, waiting a while for a service that is busy: 0 or a negative errno. */
int socket_connect(const char *path, int *fd);

#endif
