/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The create methods: CreateElementReplica, CreateListReplica, CreateGroupReplica are one thing seen from
 * three sides. A method fills in a request with what its caller gave; the request is checked and becomes a
 * plan (who is copied to whom, what is made); the plan is carried out, all or nothing.
 */
#ifndef RSVC_SERVICE_REPLICA_H
#define RSVC_SERVICE_REPLICA_H

#include "service/relationship.h"

struct replica_plan;
struct group_join;

enum replica_form { FORM_ELEMENT, FORM_LIST, FORM_GROUP };

/* As the caller gave it; references may be absent, foreign, stale. */
struct replica_request {
    const char *method; /* CIM's name: the job is named so */
    enum replica_form form;
    const char *name; /* RelationshipName or ElementName, or NULL */
    const char *name_parameter;
    const char *const *names; /* FORM_LIST: ElementNames, n_names of them or none */
    size_t n_names;
    uint16_t sync_type, mode, consistency, wait;
    const replsvc_group_ref *source_group;
    const replsvc_element_ref *sources; /* FORM_GROUP: NULL or one */
    size_t n_sources;
    const char *source_parameter;
    replsvc_group_ref *target_group; /* FORM_GROUP: in, out */
    uint64_t target_count;
    replsvc_element_ref *targets; /* FORM_ELEMENT, FORM_LIST: in, out */
    size_t n_targets;
    const char *target_parameter;
    bool elsewhere; /* an access point or collection was given */
    const char *elsewhere_parameter;
    const char *settings;
    const replsvc_setting_ref *goal;
    const replsvc_pool_ref *pool;
    replsvc_job_ref *job; /* out; may be NULL */
    /* FORM_LIST: the sources may be a group's members; relationships and targets are the service's own,
     * and what they are for is recorded in the same change (after all checks, before the save). */
    bool hidden;
    uint32_t (*record)(struct change *c, const struct replica_request *q, const struct replica_plan *plan,
                       struct relationship *const syncs[]);
    void *user;
    struct group_join *join; /* not FORM_GROUP: the group relationship that the pairs join; or NULL */
};

/* Who is copied to whom. */
struct replica_pair {
    struct element *source;
    struct element *target; /* NULL: to be made */
    struct pool *pool;      /* where */
    bool made;
    size_t index;                 /* in the caller's list, or the group */
    char name[REPLSVC_NAME_SIZE]; /* of the relationship, and of the element that is made */
};

struct replica_plan {
    const struct replica_request *request;
    replsvc_replication_settings settings;
    uint16_t mode;
    bool delta_update;            /* a mirror that is brought forward when its settings say so */
    bool consistent;              /* the caller is told that all members have one instant */
    struct group *source_group;   /* FORM_GROUP, or NULL: one element; hidden: or NULL: a list */
    struct group *target_group;   /* FORM_GROUP: the given one, or NULL: to be made */
    struct goal *goal;            /* or NULL */
    char name[REPLSVC_NAME_SIZE]; /* FORM_GROUP: of the group relationship */
    struct replica_pair *pairs;
    size_t n;
};

/* Checks everything; nothing is changed but names that are made up (in the change). Frees nothing of the
 * plan on failure: replica_plan_free. */
uint32_t replica_plan_make(struct change *c, const struct replica_request *request,
                           struct replica_plan *plan);
void replica_plan_free(struct replica_plan *plan);

/* Whether the one may be copied to the other now; NULL: to or from some other element. */
bool replica_can_be(const struct element *source, const struct element *target);

/* The whole method. syncs: FORM_GROUP and FORM_ELEMENT: one reference or NULL; FORM_LIST: *list of *n. */
uint32_t replicate(struct replsvc_service *svc, const struct replica_request *request, replsvc_sync_ref *sync,
                   replsvc_sync_ref **list, size_t *n);

#endif
