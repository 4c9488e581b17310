/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a storage driver of a cloud does with a volume, call by call, as SMI-S clients do it: ask what is
 * possible, take the default settings and change them, make a pool's clone of a volume, poll the job, find
 * the relationship by its target, end it, and be told clearly when it is asked for again.
 *
 *     ./client_day STATE_DIRECTORY POOL_DIRECTORY
 */
#include <replsvc/replsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static replsvc_service *service;

static void check(uint32_t code, const char *what)
{
    if (code == REPLSVC_OK || code == REPLSVC_JOB_STARTED)
        return;
    fprintf(stderr, "%s: %s (%s)\n", what, replsvc_last_error()->message, replsvc_strerror(code));
    exit(1);
}

/* Which replication type stands for a local clone, and is it served? */
static uint16_t choose_type(void)
{
    uint16_t wanted, *types;
    size_t n;
    check(replsvc_convert_sync_type_to_replication_type(service, REPLSVC_SYNC_TYPE_CLONE,
                                                        REPLSVC_MODE_SYNCHRONOUS, REPLSVC_LOCALITY_LOCAL_ONLY,
                                                        &wanted),
          "name the type");
    check(replsvc_get_supported_replication_types(service, &types, &n), "ask for the types");
    bool served = false;
    for (size_t i = 0; i < n; i++)
        served = served || types[i] == wanted;
    replsvc_free(types);
    if (!served) {
        fprintf(stderr, "local clones are not served\n");
        exit(1);
    }
    return wanted;
}

/* The default settings of the type, with a lower priority. */
static char *choose_settings(uint16_t type)
{
    char *text;
    replsvc_replication_settings settings = {.size = sizeof(settings)};
    check(replsvc_get_default_replication_setting_data(service, type, &text), "ask for the default settings");
    check(replsvc_replication_settings_parse(text, &settings), "read the settings");
    replsvc_free(text);
    settings.copy_priority = REPLSVC_COPY_PRIORITY_LOW + 1;
    check(replsvc_replication_settings_format(&settings, REPLSVC_ENCODING_CIM_XML, &text),
          "write the settings");
    return text;
}

static void poll_job(const replsvc_job_ref *job)
{
    replsvc_job_info info = {.size = sizeof(info)};
    while (job->id[0] != '\0') {
        check(replsvc_job_get_info(service, job, &info), "poll the job");
        printf("job: state %u, %u %%\n", info.job_state, info.percent_complete);
        if (info.job_state == REPLSVC_JOB_STATE_COMPLETED)
            return;
        if (info.job_state > REPLSVC_JOB_STATE_COMPLETED) {
            fprintf(stderr, "the job failed: %s\n", info.error_description);
            exit(1);
        }
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
}

static void fill(const replsvc_element_ref *element)
{
    static unsigned char data[1 << 20];
    replsvc_volume *volume;
    memset(data, 0x5a, sizeof(data));
    if (replsvc_volume_open(service, element, REPLSVC_VOLUME_WRITABLE, &volume) != 0 ||
        replsvc_volume_pwrite(volume, data, sizeof(data), 1 << 20, 0) != 0 ||
        replsvc_volume_flush(volume) != 0 || replsvc_volume_close(volume) != 0) {
        fprintf(stderr, "cannot write to the volume\n");
        exit(1);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: client_day STATE_DIRECTORY POOL_DIRECTORY\n");
        return 64;
    }
    char locator[4096];
    replsvc_pool_ref pool;
    replsvc_element_ref volume, target = {""};
    replsvc_job_ref job;
    replsvc_sync_ref synchronization;
    check(replsvc_service_open(argv[1], NULL, &service), "open the service");
    snprintf(locator, sizeof(locator), "file:%s", argv[2]);
    check(replsvc_pool_register(service, "pool", locator, NULL, &pool), "register the pool");
    check(replsvc_element_create(service, "volume-1", &pool, 16 << 20, NULL, &volume), "create the volume");
    fill(&volume);

    char *settings = choose_settings(choose_type());
    check(replsvc_create_element_replica(service, "volume-2", REPLSVC_SYNC_TYPE_CLONE, 0, &volume, NULL,
                                         &target, NULL, settings, &job, NULL, NULL, &pool, 0, NULL, NULL, 0),
          "clone the volume");
    replsvc_free(settings);
    poll_job(&job);

    /* A driver keeps the target, not the relationship: it finds that again when it needs it. */
    check(replsvc_sync_find_by_target(service, &target, &synchronization), "find the relationship");
    check(replsvc_modify_replica_synchronization(service, REPLSVC_OPERATION_DETACH, &synchronization, NULL,
                                                 NULL, 0, NULL, NULL, REPLSVC_BOOL_TRUE,
                                                 REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL),
          "detach");
    puts("detached: volume-2 is independent");

    /* After a time-out a driver calls again, and is told that it is done. */
    uint32_t code = replsvc_modify_replica_synchronization(
        service, REPLSVC_OPERATION_DETACH, &synchronization, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_TRUE,
        REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL);
    printf("once more: %u, %s\n", code, replsvc_last_error()->message);
    replsvc_service_close(service);
    return code == REPLSVC_INVALID_PARAMETER ? 0 : 1;
}
