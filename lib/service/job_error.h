/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_ConcreteJob.GetError: what went wrong as an embedded CIM_Error. */
#ifndef RSVC_SERVICE_JOB_ERROR_H
#define RSVC_SERVICE_JOB_ERROR_H

#include <replsvc/service.h>

/* mem_free; NULL: no memory. For a job with an error only. */
char *job_error_format(const replsvc_job_info *info, enum replsvc_encoding encoding);

#endif
