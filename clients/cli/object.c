/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding objects by name: see object.h. */
#include "object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int find_element(struct cli *cli, const char *name, replsvc_element_ref *ref)
{
    uint32_t ret = replsvc_element_find(cli->service, name, ref);
    return ret != 0 ? call_failed(cli, ret, "find element `%s`", name) : 0;
}

int find_pool(struct cli *cli, const char *name, replsvc_pool_ref *ref)
{
    uint32_t ret = replsvc_pool_find(cli->service, name, ref);
    return ret != 0 ? call_failed(cli, ret, "find pool `%s`", name) : 0;
}

int find_group(struct cli *cli, const char *name, replsvc_group_ref *ref)
{
    uint32_t ret = replsvc_group_find(cli->service, name, ref);
    return ret != 0 ? call_failed(cli, ret, "find group `%s`", name) : 0;
}

/* By its name or id, or by the element that is its target. */
int find_replica(struct cli *cli, const char *name, replsvc_sync_ref *ref)
{
    replsvc_element_ref target;
    if (replsvc_sync_find(cli->service, name, ref) == 0)
        return 0;
    if (replsvc_element_find(cli->service, name, &target) == 0 &&
        replsvc_sync_find_by_target(cli->service, &target, ref) == 0)
        return 0;
    uint32_t ret = replsvc_sync_find(cli->service, name, ref);
    return ret != 0 ? call_failed(cli, ret, "find relationship `%s`", name) : 0;
}

int find_elements(struct cli *cli, char *const words[], int n, replsvc_element_ref **elements)
{
    *elements = calloc((size_t)n + 1, sizeof(**elements));
    if (*elements == NULL)
        return usage_error("out of memory");
    for (int i = 0; i < n; i++) {
        int bad = find_element(cli, words[i], &(*elements)[i]);
        if (bad) {
            free(*elements);
            *elements = NULL;
            return bad;
        }
    }
    return 0;
}

static const char *keep(const char *text)
{
    static char buffers[8][REPLSVC_NAME_SIZE];
    static unsigned next;
    char *buffer = buffers[next++ % 8];
    snprintf(buffer, REPLSVC_NAME_SIZE, "%s", text);
    return buffer;
}

const char *element_label(struct cli *cli, const char *id)
{
    replsvc_element_ref ref;
    replsvc_element_info *info = calloc(1, sizeof(*info));
    snprintf(ref.id, sizeof(ref.id), "%s", id);
    const char *label = id;
    if (info != NULL && id[0] != '\0') {
        info->size = sizeof(*info);
        if (replsvc_element_get_info(cli->service, &ref, info) == 0)
            label = info->name;
    }
    label = keep(label);
    free(info);
    return label;
}

const char *group_label(struct cli *cli, const char *id)
{
    replsvc_group_ref ref;
    replsvc_group_info info = {.size = sizeof(info)};
    snprintf(ref.id, sizeof(ref.id), "%s", id);
    bool found = id[0] != '\0' && replsvc_group_get_info(cli->service, &ref, &info) == 0;
    return keep(found ? info.name : id);
}

const char *pool_label(struct cli *cli, const char *id)
{
    replsvc_pool_ref ref;
    replsvc_pool_info info = {.size = sizeof(info)};
    snprintf(ref.id, sizeof(ref.id), "%s", id);
    bool found = id[0] != '\0' && replsvc_pool_get_info(cli->service, &ref, &info) == 0;
    return keep(found ? info.name : id);
}

const char *replica_label(struct cli *cli, const char *id)
{
    replsvc_sync_ref ref;
    replsvc_sync_info info = {.size = sizeof(info)};
    snprintf(ref.id, sizeof(ref.id), "%s", id);
    bool found = id[0] != '\0' && replsvc_sync_get_info(cli->service, &ref, &info) == 0;
    return keep(found && info.name[0] != '\0' ? info.name : id);
}

int print_list(struct cli *cli, uint32_t ret, const char *what, void *refs, size_t n,
               const char *const headings[], int columns, list_one_function *one)
{
    if (ret != 0)
        return call_failed(cli, ret, "list the %s", what);
    struct out o = {.json = cli->json};
    struct table *t = cli->json ? NULL : table_new(headings, columns);
    if (cli->json)
        out_list(&o, NULL);
    for (size_t i = 0; i < n; i++)
        one(cli, (const char *)refs + i * REPLSVC_REF_SIZE, &o, t); /* every reference is that many bytes */
    if (cli->json)
        out_list_end(&o);
    else
        table_print(t);
    out_end(&o);
    replsvc_free(refs);
    return 0;
}
