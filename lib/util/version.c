/* SPDX-License-Identifier: BSD-2-Clause */
/* The version of the library as it runs; the numbers come from the build's project(VERSION). */
#include <replsvc/service.h>

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)

uint32_t replsvc_version(void)
{
    return REPLSVC_VERSION_MAJOR << 16 | REPLSVC_VERSION_MINOR << 8 | REPLSVC_VERSION_PATCH;
}

const char *replsvc_version_string(void)
{
    return TEXT(REPLSVC_VERSION_MAJOR) "." TEXT(REPLSVC_VERSION_MINOR) "." TEXT(REPLSVC_VERSION_PATCH);
}

uint64_t replsvc_features(void)
{
    return REPLSVC_LIBRARY_IO_URING | REPLSVC_LIBRARY_MODULES | REPLSVC_LIBRARY_CONTROL_SOCKET |
           REPLSVC_LIBRARY_STATISTICS;
}
