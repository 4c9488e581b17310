/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client as it was compiled against the headers of the first release. Its binary is kept in
 * tests/abi/old/ and run against every later library; this source says what it does.
 *     ./client STATE POOL MODULE
 */
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <string.h>

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        uint32_t code = (uint32_t)(call);                                                                    \
        if (code != 0 && code != REPLSVC_JOB_STARTED) {                                                      \
            printf("%s: %u %s\n", #call, code, replsvc_last_error()->message);                               \
            return 1;                                                                                        \
        }                                                                                                    \
    } while (0)

int main(int argc, char **argv)
{
    static unsigned char wrote[65536], found[65536];
    replsvc_service_options options = {.size = sizeof(options), .worker_threads = 2};
    replsvc_service *service;
    replsvc_element_ref element, target = {""};
    replsvc_pool_ref pool;
    replsvc_group_ref group;
    replsvc_job_ref job;
    replsvc_sync_ref sync;
    replsvc_volume *volume;
    char locator[4096];
    if (argc != 4 || replsvc_version() >> 16 != 1)
        return 1;
    TRY(replsvc_backend_load(argv[3]));
    TRY(replsvc_service_open(argv[1], &options, &service));
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    TRY(replsvc_pool_register(service, "pool", locator, NULL, &pool));
    TRY(replsvc_element_create(service, "volume", &pool, 1 << 20, NULL, &element));
    TRY(replsvc_create_group(service, "group", &element, 1, REPLSVC_BOOL_TRUE, REPLSVC_BOOL_ABSENT,
                             REPLSVC_BOOL_ABSENT, NULL, &group, NULL));
    memset(wrote, 7, sizeof(wrote));
    TRY(replsvc_volume_open(service, &element, REPLSVC_VOLUME_WRITABLE, &volume));
    TRY(replsvc_volume_pwrite(volume, wrote, sizeof(wrote), 4096, REPLSVC_IO_FUA));
    TRY(replsvc_volume_close(volume));
    TRY(replsvc_create_element_replica(service, "copy", REPLSVC_SYNC_TYPE_CLONE, 0, &element, NULL, &target,
                                       NULL, NULL, &job, &sync, NULL, &pool, 0, NULL, NULL, 0));
    if (job.id[0] != '\0')
        TRY(replsvc_job_wait(service, &job, -1));
    replsvc_sync_info info = {.size = sizeof(info)};
    replsvc_element_info about = {.size = sizeof(about)};
    TRY(replsvc_sync_get_info(service, &sync, &info));
    TRY(replsvc_element_get_info(service, &target, &about));
    TRY(replsvc_volume_open(service, &target, 0, &volume));
    TRY(replsvc_volume_pread(volume, found, sizeof(found), 4096, 0));
    TRY(replsvc_volume_close(volume));
    replsvc_service_close(service);
    TRY(replsvc_copy(about.locator, "ram:copy", NULL, NULL));
    bool right = info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED && about.size_bytes == 1 << 20 &&
                 memcmp(wrote, found, sizeof(wrote)) == 0;
    puts(right ? "right" : "wrong");
    return right ? 0 : 1;
}
