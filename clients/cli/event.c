/* SPDX-License-Identifier: BSD-2-Clause */
/* Events as they come. */
#include <stdio.h>
#include <stdlib.h>

#include "object.h"

static const char *property_value(uint16_t property, uint32_t value)
{
    static char numbers[4][16];
    static unsigned next;
    switch (property) {
    case REPLSVC_EVENT_PROPERTY_COPY_STATE:
        return name_of(copy_state_names, (uint16_t)value);
    case REPLSVC_EVENT_PROPERTY_PROGRESS_STATUS:
        return name_of(progress_status_names, (uint16_t)value);
    case REPLSVC_EVENT_PROPERTY_CONSISTENCY_STATE:
        return name_of(consistency_state_names, (uint16_t)value);
    case REPLSVC_EVENT_PROPERTY_JOB_STATE:
        return name_of(job_state_names, (uint16_t)value);
    default:
        snprintf(numbers[++next % 4], sizeof(numbers[0]), "%u", value);
        return numbers[next % 4];
    }
}

static const char *label(struct cli *cli, const replsvc_event *event)
{
    switch (event->object_kind) {
    case REPLSVC_OBJECT_ELEMENT:
        return element_label(cli, event->object);
    case REPLSVC_OBJECT_GROUP:
        return group_label(cli, event->object);
    case REPLSVC_OBJECT_SYNCHRONIZATION:
        return replica_label(cli, event->object);
    case REPLSVC_OBJECT_POOL:
        return pool_label(cli, event->object);
    default:
        return event->object;
    }
}

/* One line an event, with --json one object a line. */
static void print_event(struct cli *cli, const replsvc_event *event)
{
    static const char *const kinds[] = {"?", "created", "modified", "deleted", "overflow"};
    static const char *const objects[] = {"service", "element", "group",      "replica",
                                          "job",     "pool",    "collection", "entity"};
    static const char *const properties[] = {
        "",          "copy_state",       "progress_status", "percent_synced", "consistency_state",
        "job_state", "percent_complete", "members"};
    const char *kind = kinds[event->kind <= 4 ? event->kind : 0];
    const char *object = objects[event->object_kind <= 7 ? event->object_kind : 0];
    const char *property = properties[event->property <= 7 ? event->property : 0];
    bool values = event->kind == REPLSVC_EVENT_MODIFIED && property[0] != '\0';
    if (cli->json) {
        printf(
            "{\"sequence\": %llu, \"time\": \"%s\", \"event\": \"%s\", \"kind\": \"%s\", \"object\": \"%s\"",
            (unsigned long long)event->sequence, text_time(event->time), kind, object, event->object);
        if (values) {
            printf(", \"property\": \"%s\", \"previous\": \"%s\", ", property,
                   property_value(event->property, event->previous_value));
            printf("\"value\": \"%s\"", property_value(event->property, event->value));
        }
        puts("}");
    } else {
        printf("%s  %-8s %s %s", text_time(event->time), kind, object, label(cli, event));
        if (values) {
            printf("  %s: %s", property, property_value(event->property, event->previous_value));
            printf(" -> %s", property_value(event->property, event->value));
        }
        putchar('\n');
    }
    fflush(stdout);
}

static int events(struct cli *cli, const struct args *args)
{
    uint64_t seconds = 0;
    bool follow = args_flag(args, "follow");
    if (args_size(args, "seconds", &seconds))
        return CLI_USAGE;
    for (uint64_t tenths = 0; !interrupted() && (follow || tenths <= seconds * 10); tenths++) {
        replsvc_event event = {.size = sizeof(event)};
        uint32_t ret;
        while ((ret = replsvc_event_next(cli->service, &event, 0)) == 0)
            print_event(cli, &event);
        if (ret == REPLSVC_TIMEOUT && (follow || tenths < seconds * 10)) {
            ret = replsvc_event_next(cli->service, &event, 100);
            if (ret == 0)
                print_event(cli, &event);
        }
        if (ret != 0 && ret != REPLSVC_TIMEOUT)
            return call_failed(cli, ret, "read events");
    }
    return 0;
}

static const struct option_spec options[] = {
    {"follow", NULL, "until interrupted", WORD_ANY},
    {"seconds", "N", "for so long; default: only what waits now", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command event_commands[] = {
    {"events",
     "",
     0,
     0,
     "Print what happens while the state directory is open here",
     options,
     events,
     false,
     {WORD_ANY, WORD_ANY},
     "Jobs that an earlier command left go on meanwhile. With --json: one object a line.\n"
     "\nExample:\n  replsvc events --follow --json"},
    {0},
};
