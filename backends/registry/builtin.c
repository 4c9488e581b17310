/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends that are part of the library. */
#include "registry/registry.h"
#include "block/block.h"
#include "file/file.h"
#include "sim/sim.h"

#include "vhdx/vhdx.h"

const replsvc_backend *const backend_builtin[] = {&block_backend, &file_backend, &sim_backend, &vhdx_backend,
                                                  NULL};
