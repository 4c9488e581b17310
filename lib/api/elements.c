/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_element_*: making images known to the service, and looking them up. */
#include "api/api.h"

#include "service/element.h"

uint32_t replsvc_element_register(replsvc_service *service, const char *name, const char *locator,
                                  const replsvc_element_options *options, replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_register(service, name, locator, options, element);
}

uint32_t replsvc_element_create(replsvc_service *service, const char *name, const replsvc_pool_ref *pool,
                                uint64_t size_bytes, const replsvc_setting_ref *goal,
                                replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_create(service, name, pool, size_bytes, goal, element);
}

uint32_t replsvc_element_unregister(replsvc_service *service, const replsvc_element_ref *element,
                                    bool remove_data)
{
    struct change c;
    struct element *e;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    change_begin(&c, service);
    ret = element_by_ref(service, element, "Element", &e);
    if (ret == REPLSVC_OK)
        ret = element_remove(&c, e, remove_data);
    change_end(&c);
    return ret;
}

uint32_t replsvc_element_get_info(replsvc_service *service, const replsvc_element_ref *element,
                                  replsvc_element_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_get_info(service, element, info);
}

uint32_t replsvc_element_list(replsvc_service *service, replsvc_element_ref **elements, size_t *n_elements)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_list(service, KIND_ELEMENT, "elements", (void **)elements, n_elements);
}

uint32_t replsvc_element_find(replsvc_service *service, const char *name, replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_ELEMENT, name, element);
}
