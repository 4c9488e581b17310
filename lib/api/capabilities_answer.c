/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about capabilities, and answers; see capabilities.h. */
#include "api/capabilities.h"

#include <errno.h>
#include <string.h>

#include "service/settings.h"
#include "service/transitions.h"
#include "util/alloc.h"

static uint32_t check_state(uint16_t copy_state)
{
    if (copy_state == 0 || copy_state_name(copy_state)[0] != '?')
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "CopyState", "CopyState: there is no state %u", copy_state);
}

static uint32_t check_operation(uint16_t operation)
{
    if (operation == 0 || operation_name(operation)[0] != '?')
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Operation", "Operation: there is no operation %u",
                    operation);
}

uint32_t question_enter(const struct question *q, struct replication_kind *kind)
{
    replsvc_replication_settings settings;
    uint32_t ret = api_enter(q->service);
    if (ret == REPLSVC_OK)
        ret = replication_kind(q->type, kind);
    if (ret == REPLSVC_OK)
        ret = settings_parse(q->settings, "ReplicationSettingData", &settings);
    if (ret == REPLSVC_OK)
        ret = capability_check_settings(kind->sync_type, &settings);
    if (ret == REPLSVC_OK)
        ret = check_operation(q->operation);
    return ret ? ret : check_state(q->copy_state);
}

uint32_t answer_no_memory(void)
{
    return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the answer cannot be put together");
}

uint32_t answer_none_here(const char *what)
{
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "%s is not supported", what);
}

uint32_t give(const void *values, size_t n, size_t size, void *list, size_t *n_list)
{
    void *copy = NULL;
    if (list != NULL && n != 0) {
        copy = mem_array(n, size);
        if (copy == NULL)
            return answer_no_memory();
        memcpy(copy, values, n * size);
    }
    if (list != NULL)
        memcpy(list, &copy, sizeof(copy));
    if (n_list != NULL)
        *n_list = n;
    return REPLSVC_OK;
}

void take_back(void *list)
{
    void *given = NULL;
    if (list == NULL)
        return;
    memcpy(&given, list, sizeof(given));
    mem_free(given);
    memset(list, 0, sizeof(given));
}

uint32_t give_values(const struct capability_list *l, uint16_t **list, size_t *n)
{
    return give(l->values, l->n, sizeof(l->values[0]), list, n);
}

uint32_t answer(const struct question *q, const uint16_t values[], size_t n, uint16_t **list, size_t *n_list)
{
    struct replication_kind k;
    uint32_t ret = question_enter(q, &k);
    return ret ? ret : give(values, n, sizeof(values[0]), list, n_list);
}

uint32_t answer_by(const struct question *q,
                   void (*collect)(const struct replication_kind *kind, struct capability_list *list),
                   uint16_t **list, size_t *n_list)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = question_enter(q, &k);
    if (ret)
        return ret;
    collect(&k, &l);
    return give_values(&l, list, n_list);
}
