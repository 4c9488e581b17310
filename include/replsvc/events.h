/* SPDX-License-Identifier: BSD-2-Clause */
/** @file events.h Life-cycle indications: a bounded queue with a pollable descriptor. */
#ifndef REPLSVC_EVENTS_H
#define REPLSVC_EVENTS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

enum replsvc_event_kind {
    REPLSVC_EVENT_CREATED = 1,
    REPLSVC_EVENT_MODIFIED = 2,
    REPLSVC_EVENT_DELETED = 3,
    /** Events were lost: read again what you watch. */
    REPLSVC_EVENT_OVERFLOW = 4
};
enum replsvc_object_kind {
    REPLSVC_OBJECT_ELEMENT = 1,
    REPLSVC_OBJECT_GROUP = 2,
    REPLSVC_OBJECT_SYNCHRONIZATION = 3,
    REPLSVC_OBJECT_JOB = 4,
    REPLSVC_OBJECT_POOL = 5,
    REPLSVC_OBJECT_COLLECTION = 6, /**< A remote replication collection. */
    REPLSVC_OBJECT_ENTITY = 7      /**< A replication entity. */
};

/** Which property a MODIFIED event tells of. */
enum replsvc_event_property {
    REPLSVC_EVENT_PROPERTY_NONE = 0,
    REPLSVC_EVENT_PROPERTY_COPY_STATE = 1,
    REPLSVC_EVENT_PROPERTY_PROGRESS_STATUS = 2,
    REPLSVC_EVENT_PROPERTY_PERCENT_SYNCED = 3,
    REPLSVC_EVENT_PROPERTY_CONSISTENCY_STATE = 4,
    REPLSVC_EVENT_PROPERTY_JOB_STATE = 5,
    REPLSVC_EVENT_PROPERTY_PERCENT_COMPLETE = 6,
    REPLSVC_EVENT_PROPERTY_MEMBERS = 7
};

/** One indication. */
typedef struct replsvc_event {
    uint32_t size;
    uint16_t kind;        /**< enum replsvc_event_kind. */
    uint16_t object_kind; /**< enum replsvc_object_kind; 0 for OVERFLOW. */
    uint16_t property;    /**< enum replsvc_event_property. */
    uint16_t reserved;
    uint32_t previous_value;
    uint32_t value;
    uint64_t sequence; /**< Rises by 1 for each event of the service. */
    int64_t time;      /**< Microseconds since the epoch. */
    char object[REPLSVC_REF_SIZE];
} replsvc_event;

/** Descriptor that is readable while events wait, for poll() or epoll.
 *
 * @param[in] service the opened service
 * @return the descriptor, owned by the service: do not read or close it; -1: service is NULL, or a connected
 *   one (control.h) cannot be reached: see replsvc_last_error() */
REPLSVC_API int replsvc_event_fd(replsvc_service *service);

/** Take the oldest event.
 *
 * Each event is given to one caller; each connected handle (control.h) is given all of them besides. When
 * more wait than the queue takes, the oldest are dropped and one of kind ::REPLSVC_EVENT_OVERFLOW is given
 * in their place.
 *
 * @param[in] service the opened service
 * @param[in,out] event set size before; the library fills what fits
 * @param[in] timeout_ms milliseconds to wait for one; 0: do not wait, -1: for ever
 * @retval 0 taken
 * @retval 3 none came in that time
 * @retval 4 the connection to the service broke; the next call tries to connect again
 * @retval 5 a parameter is NULL or event has no size */
REPLSVC_API uint32_t replsvc_event_next(replsvc_service *service, replsvc_event *event, int64_t timeout_ms);

#ifdef __cplusplus
}
#endif

#endif
