/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's handle on an element, for lib/api: an engine volume and what this opener may do with it. */
#ifndef RSVC_SERVICE_VOLUME_H
#define RSVC_SERVICE_VOLUME_H

#include "service/service.h"

struct replsvc_volume {
    struct replsvc_service *svc; /* held */
    struct volume *volume;       /* a reference of its own */
    bool writable;
    char element[REPLSVC_REF_SIZE];
};

/* Negative errno, with a CIM error left. */
int volume_handle_open(struct replsvc_service *svc, const replsvc_element_ref *element, uint32_t flags,
                       struct replsvc_volume **volume);
int volume_handle_close(struct replsvc_volume *volume);
int volume_handle_resize(struct replsvc_volume *volume, uint64_t size_bytes);

#endif
