/* SPDX-License-Identifier: BSD-2-Clause */
/* A state directory with very many objects, written by transactions of many records, for tests of scale. */
#ifndef TESTS_SUPPORT_MANY_H
#define TESTS_SUPPORT_MANY_H

#include "service/service.h"

/* Adds elements "many-0" … with locators "SCHEME_AND_DIRECTORY/many-0" (nothing is opened or made there) and
 * relationships "pair-0" …: complete clones of element 2i into element 2i+1. A CIM code. */
uint32_t many_make(replsvc_service *svc, const char *scheme_and_directory, size_t elements,
                   size_t relationships);

#endif
