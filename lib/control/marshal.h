/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A call as the body of a CALL message, and its outcome as the body of a REPLY, driven by the table of
 * calls.h. No sockets here, so that a test or a fuzzer can hand over any bytes.
 *
 * A CALL has the function's name and, for parameter i (from 0), fields VALUE(i) and COUNT(i):
 *   texts        their bytes with the NUL; an empty field is NULL
 *   references   their bytes without the NULs that fill them up; no field is NULL
 *   numbers      any codec number
 *   options      the struct's bytes, as many as its size says
 *   arrays       VALUE again for each entry, COUNT: how many the caller said
 *   what comes out: an empty VALUE where the pointer is not NULL (a list's length: an empty COUNT); an
 *   info's VALUE is a number, the caller's size
 * A REPLY has the code, what replsvc_last_error() says, and the same fields for what came out. A parameter
 * that the function left alone has none, so that the caller's stays as it was.
 */
#ifndef RSVC_CONTROL_MARSHAL_H
#define RSVC_CONTROL_MARSHAL_H

#include "control/calls.h"
#include "state/codec.h"

enum {
    TAG_NAME = 1, /* CALL: the function */
    TAG_CODE = 1, /* REPLY and WELCOME: what it returned; then the thread's error, if there is one: */
    TAG_ERROR_CODE = 2,
    TAG_ERROR_ERRNO = 3,
    TAG_ERROR_MESSAGE_ID = 4,
    TAG_ERROR_PARAMETER = 5,
    TAG_ERROR_MESSAGE = 6,
    TAG_LAST_EVENT = 7 /* REPLY: the number of the last event raised when the call had been made */
};
#define TAG_VALUE(i) ((uint16_t)(16 + 2 * (i)))
#define TAG_COUNT(i) ((uint16_t)(17 + 2 * (i)))

/* ---- the calling side ---- */

/* args: the call's struct args_NAME. 0, or an Invalid Parameter or Failed with its error left: what was
 * given cannot be sent. */
uint32_t request_put(struct codec_writer *w, const struct control_call *call, const void *args);
/* Leaves the error and sets what came out, then returns the function's code; or Failed with an error that
 * says what is wrong with the reply, and nothing set. */
uint32_t reply_take(const struct control_call *call, const void *args, const void *body, size_t len);
/* What TAG_LAST_EVENT says; 0: nothing. */
uint64_t reply_last_event(const void *body, size_t len);
/* Code and error only (WELCOME). */
uint32_t reply_take_code(const void *body, size_t len);

/* ---- the serving side ---- */

/* Does what a CALL asks for, and writes the reply. */
void request_serve(replsvc_service *service, const void *body, size_t len, struct codec_writer *reply);
/* A code and this thread's error. */
void reply_put_code(struct codec_writer *w, uint32_t code);

#endif
