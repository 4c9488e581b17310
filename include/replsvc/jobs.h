/* SPDX-License-Identifier: BSD-2-Clause */
/** @file jobs.h CIM_ConcreteJob: look at a job, wait for it, change its state. */
#ifndef REPLSVC_JOBS_H
#define REPLSVC_JOBS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Wait until the job has ended: 0 when it Completed, its ErrorCode when it did not, 3 on timeout (-1 = for
 * ever). */
REPLSVC_API uint32_t replsvc_job_wait(replsvc_service *service, const replsvc_job_ref *job,
                                      int64_t timeout_ms);
REPLSVC_API uint32_t replsvc_job_get_info(replsvc_service *service, const replsvc_job_ref *job,
                                          replsvc_job_info *info);
REPLSVC_API uint32_t replsvc_job_list(replsvc_service *service, replsvc_job_ref **jobs, size_t *n_jobs);
/** Mirrors CIM_ConcreteJob.RequestStateChange. timeout_period: microseconds, 0 = absent. */
REPLSVC_API uint32_t replsvc_job_request_state_change(replsvc_service *service, const replsvc_job_ref *job,
                                                      uint16_t requested_state, int64_t timeout_period);
/** Mirrors CIM_ConcreteJob.GetError: an embedded CIM_Error, or NULL when the job has none; free with
 * replsvc_free. */
REPLSVC_API uint32_t replsvc_job_get_error(replsvc_service *service, const replsvc_job_ref *job,
                                           char **error);
/** Mirrors CIM_ConcreteJob.GetErrors. */
REPLSVC_API uint32_t replsvc_job_get_errors(replsvc_service *service, const replsvc_job_ref *job,
                                            char ***errors, size_t *n_errors);
/** Mirrors CIM_Job.KillJob. */
REPLSVC_API uint32_t replsvc_job_kill(replsvc_service *service, const replsvc_job_ref *job,
                                      bool delete_on_kill);
/** Set the properties of a job that a client may change. delete_on_completion absent and
 * time_before_removal_us < 0 leave them. */
REPLSVC_API uint32_t replsvc_job_modify(replsvc_service *service, const replsvc_job_ref *job,
                                        replsvc_opt_bool delete_on_completion, int64_t time_before_removal_us,
                                        uint32_t priority);
/** Remove an ended job. */
REPLSVC_API uint32_t replsvc_job_delete(replsvc_service *service, const replsvc_job_ref *job);

#ifdef __cplusplus
}
#endif

#endif
