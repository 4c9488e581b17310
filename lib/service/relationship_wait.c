/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * WaitForCopyState. A wait ends when the state is reached, when nothing is under way that could reach it,
 * or by the service's own timeout; the work goes on then.
 */
#include "service/relationship.h"

#include <stdio.h>
#include <string.h>

#include "service/transitions.h"
#include "util/caller.h"
#include "util/clock.h"
#include "util/fail.h"

enum verdict { WAIT_ON, WAIT_MET, WAIT_VAIN };

static bool failed_state(uint16_t copy_state)
{
    return copy_state == REPLSVC_COPY_STATE_BROKEN || copy_state == REPLSVC_COPY_STATE_INVALID ||
           copy_state == REPLSVC_COPY_STATE_ABORTED || copy_state == REPLSVC_COPY_STATE_PARTITIONED;
}

static enum verdict look(const struct relationship *s, uint16_t wanted)
{
    bool at_rest = s->r.intent == INTENT_NONE;
    if (wanted == REPLSVC_COPY_STATE_NOT_APPLICABLE)
        return !at_rest ? WAIT_ON : failed_state(s->r.copy_state) ? WAIT_VAIN : WAIT_MET;
    if (s->r.copy_state == wanted)
        return WAIT_MET;
    /* A copy that is complete has been through it. */
    if (wanted == REPLSVC_COPY_STATE_UNSYNCHRONIZED && s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED)
        return WAIT_MET;
    return at_rest || failed_state(s->r.copy_state) ? WAIT_VAIN : WAIT_ON;
}

static uint32_t in_vain(const struct relationship *s, uint16_t wanted)
{
    const char *why = s->r.error_message != NULL ? s->r.error_message : "";
    if (wanted == REPLSVC_COPY_STATE_NOT_APPLICABLE)
        return svc_fail(REPLSVC_FAILED, 0, NULL, "relationship \"%s\" is %s%s%s", s->r.name,
                        copy_state_name(s->r.copy_state), *why != '\0' ? ": " : "", why);
    return svc_fail(REPLSVC_FAILED, 0, "WaitForCopyState",
                    "relationship \"%s\" is %s and will not become %s%s%s", s->r.name,
                    copy_state_name(s->r.copy_state), copy_state_name(wanted), *why != '\0' ? ": " : "", why);
}

/* How long a wait sleeps before it looks again whether anybody still works: if even the end of a job could
 * not be recorded, nothing else wakes it. */
#define LOOK_AGAIN_US INT64_C(500000)

static bool job_has_ended(struct replsvc_service *svc, const char *job)
{
    replsvc_job_info info = {.size = sizeof(info)};
    if (*job == '\0')
        return false;
    bool ended =
        jobs_get_info(svc->jobs, job, &info) != REPLSVC_OK ||
        (info.job_state >= REPLSVC_JOB_STATE_COMPLETED && info.job_state <= REPLSVC_JOB_STATE_EXCEPTION);
    svc_clear_error();
    return ended;
}

uint32_t relationship_wait(struct replsvc_service *svc, const char *id, uint16_t copy_state)
{
    char ended[REPLSVC_REF_SIZE] = "";
    int64_t timeout = svc->options.wait_timeout_ms;
    int64_t deadline = timeout > 0 ? clock_monotonic_us() + timeout * 1000 : -1;
    for (;;) {
        uint64_t seen = service_generation(svc);
        uint32_t ret = REPLSVC_OK;
        enum verdict v = WAIT_MET; /* gone: the operation has ended */
        model_read(svc);
        const struct relationship *s = object_by_id(svc, KIND_SYNC, id);
        char job[REPLSVC_REF_SIZE] = "";
        if (s != NULL) {
            v = look(s, copy_state);
            memcpy(job, s->r.job, sizeof(job));
            if (v == WAIT_ON && *ended != '\0' && strcmp(job, ended) == 0)
                v = WAIT_VAIN; /* its job is over, and this is how it was left */
        }
        if (s == NULL && copy_state != REPLSVC_COPY_STATE_NOT_APPLICABLE)
            ret = svc_fail(REPLSVC_FAILED, 0, "WaitForCopyState", "the relationship is gone");
        if (v == WAIT_VAIN)
            ret = in_vain(s, copy_state);
        model_done(svc);
        if (v != WAIT_ON)
            return ret;
        if (job_has_ended(svc, job)) {
            memcpy(ended, job, sizeof(ended)); /* look once more at what it left */
            continue;
        }
        if (caller_gone())
            return caller_fail();
        int64_t now = clock_monotonic_us(), until = now + LOOK_AGAIN_US;
        if (service_wait_changed(svc, seen, deadline >= 0 && deadline < until ? deadline : until))
            continue;
        if (deadline >= 0 && clock_monotonic_us() >= deadline)
            return svc_fail(REPLSVC_TIMEOUT, 0, "WaitForCopyState",
                            "%s was not reached in %lld ms; the job goes on",
                            copy_state == REPLSVC_COPY_STATE_NOT_APPLICABLE ? "the end of the operation"
                                                                            : copy_state_name(copy_state),
                            (long long)timeout);
    }
}

uint32_t relationship_wait_job(struct replsvc_service *svc, const char *job)
{
    int64_t timeout = svc->options.wait_timeout_ms;
    return jobs_wait(svc->jobs, job, timeout > 0 ? timeout : -1);
}
