/* SPDX-License-Identifier: BSD-2-Clause */
/* How this backend fails: a sentence that names structure and offset, and a negative errno. */
#ifndef RSVC_VHDX_ERROR_H
#define RSVC_VHDX_ERROR_H

#include <errno.h>

#include <replsvc/backend.h>

/* What damaged images give, whatever is wrong in them. */
#define VHDX_CORRUPT (-EUCLEAN)

/* Leaves the sentence and evaluates to the code: `return VHDX_FAIL(VHDX_CORRUPT, "header at offset …");`. */
#define VHDX_FAIL(code, ...) (replsvc_backend_set_error(__VA_ARGS__), (code))

#endif
