/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_Error of a job; see job_error.h. */
#include "service/job_error.h"

#include <stdio.h>

#include "service/embedded.h"

/* Status codes of DSP0200 that come nearest to the methods' return codes. */
#define CIM_ERR_FAILED 1u
#define CIM_ERR_INVALID_PARAMETER 4u
#define CIM_ERR_NOT_SUPPORTED 7u

static uint32_t status_of(uint32_t code)
{
    return code == REPLSVC_INVALID_PARAMETER ? CIM_ERR_INVALID_PARAMETER
           : code == REPLSVC_NOT_SUPPORTED   ? CIM_ERR_NOT_SUPPORTED
                                             : CIM_ERR_FAILED;
}

static uint16_t type_of(uint32_t code)
{
    return code == REPLSVC_NOT_SUPPORTED ? REPLSVC_ERROR_TYPE_UNSUPPORTED_OPERATION_ERROR
           : code == REPLSVC_IN_USE      ? REPLSVC_ERROR_TYPE_UNAVAILABLE_RESOURCE_ERROR
                                         : REPLSVC_ERROR_TYPE_OTHER;
}

char *job_error_format(const replsvc_job_info *info, enum replsvc_encoding encoding)
{
    char id[32];
    const char *const arguments[] = {info->name, info->synchronization, info->error_description};
    struct embedded_writer w;
    snprintf(id, sizeof(id), "RSVC%04u", info->error_code);
    embedded_begin(&w, encoding, "CIM_Error");
    embedded_put_number(&w, "ErrorType", "uint16", type_of(info->error_code));
    if (type_of(info->error_code) == REPLSVC_ERROR_TYPE_OTHER)
        embedded_put_string(&w, "OtherErrorType", "Replication error");
    embedded_put_string(&w, "OwningEntity", "libreplsvc");
    embedded_put_string(&w, "MessageID", id);
    embedded_put_string(&w, "Message", info->error_description);
    embedded_put_strings(&w, "MessageArguments", arguments, 3);
    embedded_put_number(&w, "PerceivedSeverity", "uint16", REPLSVC_PERCEIVED_SEVERITY_MAJOR);
    embedded_put_number(&w, "ProbableCause", "uint16",
                        REPLSVC_PROBABLE_CAUSE_UNDERLYING_RESOURCE_UNAVAILABLE);
    embedded_put_string(&w, "ErrorSource", info->id);
    embedded_put_number(&w, "ErrorSourceFormat", "uint16", 1);
    embedded_put_string(&w, "OtherErrorSourceFormat", "libreplsvc job id");
    embedded_put_number(&w, "CIMStatusCode", "uint32", status_of(info->error_code));
    return embedded_end(&w);
}
