/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends that are part of the library. */
#include "registry/registry.h"

const replsvc_backend *const backend_builtin[] = {NULL};
