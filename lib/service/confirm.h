/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ConfirmTargetData: a job that compares both sides of mirrors while hosts go on. What differs is counted in
 * the job's error. It is made alike when the setting data ask for CopyRecoveryMode Automatic; else the
 * relationship is Unsynchronized until something copies (a Confirm with repair, Suspend and Resume, or the
 * next opening), for what is known to differ is not said to be alike.
 */
#ifndef RSVC_SERVICE_CONFIRM_H
#define RSVC_SERVICE_CONFIRM_H

#include "service/service.h"

struct confirm_request {
    const replsvc_sync_ref *sync;
    const char *elsewhere_parameter; /* an access point or collection that was given, or NULL */
    const char *settings;
    replsvc_job_ref *job; /* out; may be NULL */
    int64_t wait_us;
};

uint32_t confirm_target_data(struct replsvc_service *svc, const struct confirm_request *q);

#endif
