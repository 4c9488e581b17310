/* SPDX-License-Identifier: BSD-2-Clause */
/** @file jobs.h CIM_ConcreteJob: look at a job, wait for it, change its state. */
#ifndef REPLSVC_JOBS_H
#define REPLSVC_JOBS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Wait until a job has ended.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[in] timeout_ms milliseconds to wait; 0: only look, -1: for ever
 * @retval 0 it Completed
 * @retval 3 it has not ended in that time
 * @retval 5 no such job (an ended one may have been removed)
 * @retval other its ErrorCode, when it ended otherwise; replsvc_last_error() has its description */
REPLSVC_API uint32_t replsvc_job_wait(replsvc_service *service, const replsvc_job_ref *job,
                                      int64_t timeout_ms);

/** Properties of a job.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such job (an ended one may have been removed), or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_job_get_info(replsvc_service *service, const replsvc_job_ref *job,
                                          replsvc_job_info *info);

/** All jobs, ended ones too until they are removed.
 *
 * @param[in] service the opened service
 * @param[out] jobs list, in order of submission; free it with replsvc_free()
 * @param[out] n_jobs its length
 * @retval 0 answered; no jobs: NULL and 0
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_job_list(replsvc_service *service, replsvc_job_ref **jobs, size_t *n_jobs);

/** Ask a job to start, suspend, terminate or die.
 *
 * Mirrors CIM_ConcreteJob.RequestStateChange. Terminate leaves things whole, Kill stops at once.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[in] requested_state enum replsvc_job_requested_state
 * @param[in] timeout_period microseconds in which it must be done; 0: absent, no bound
 * @retval 0 the job is in the requested state
 * @retval 3 not in that time; the job is on its way
 * @retval 4 the change could not be recorded
 * @retval 5 no such job (an ended one may have been removed), or the state is unknown
 * @retval 4096 the job is on its way there
 * @retval 4097 the job cannot go there from its state */
REPLSVC_API uint32_t replsvc_job_request_state_change(replsvc_service *service, const replsvc_job_ref *job,
                                                      uint16_t requested_state, int64_t timeout_period);

/** Why a job failed.
 *
 * Mirrors CIM_ConcreteJob.GetError.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[out] error an embedded CIM_Error instance in the service's instance_encoding, or NULL when there
 *   is none; free it with replsvc_free()
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 no such job (an ended one may have been removed) */
REPLSVC_API uint32_t replsvc_job_get_error(replsvc_service *service, const replsvc_job_ref *job,
                                           char **error);

/** Why a job failed, all reasons.
 *
 * Mirrors CIM_ConcreteJob.GetErrors.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[out] errors list of embedded CIM_Error instances in the service's instance_encoding; one
 *   replsvc_free() frees list and texts
 * @param[out] n_errors its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 no such job (an ended one may have been removed) */
REPLSVC_API uint32_t replsvc_job_get_errors(replsvc_service *service, const replsvc_job_ref *job,
                                            char ***errors, size_t *n_errors);

/** Stop a job at once.
 *
 * Mirrors CIM_Job.KillJob.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[in] delete_on_kill also remove it
 * @retval 0 it is dead
 * @retval 4 the change could not be recorded
 * @retval 5 no such job (an ended one may have been removed)
 * @retval 4096 it is about to die
 * @retval 4097 it had ended already */
REPLSVC_API uint32_t replsvc_job_kill(replsvc_service *service, const replsvc_job_ref *job,
                                      bool delete_on_kill);

/** Set the properties of a job that a client may set.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @param[in] delete_on_completion remove the job when it has Completed; absent: leave as it is
 * @param[in] time_before_removal_us microseconds between its end and its removal; negative: leave as it
 *   is
 * @param[in] priority lower is sooner; 0: leave as it is
 * @retval 0 set
 * @retval 4 the change could not be recorded
 * @retval 5 no such job (an ended one may have been removed) */
REPLSVC_API uint32_t replsvc_job_modify(replsvc_service *service, const replsvc_job_ref *job,
                                        replsvc_opt_bool delete_on_completion, int64_t time_before_removal_us,
                                        uint32_t priority);

/** Remove a job that has ended.
 *
 * @param[in] service the opened service
 * @param[in] job the job
 * @retval 0 gone
 * @retval 4 the change could not be recorded
 * @retval 5 no such job (an ended one may have been removed)
 * @retval 6 it has not ended */
REPLSVC_API uint32_t replsvc_job_delete(replsvc_service *service, const replsvc_job_ref *job);

#ifdef __cplusplus
}
#endif

#endif
