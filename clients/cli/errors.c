/* SPDX-License-Identifier: BSD-2-Clause */
/* Saying what failed, why, and what to do next. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

int usage_error(const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("replsvc: ", stderr);
    vfprintf(stderr, format, ap);
    fputc('\n', stderr);
    va_end(ap);
    return CLI_USAGE;
}

/* By the parameter that is wrong: names nothing, or has a value that it cannot have. */
static const struct {
    const char *parameter;
    const char *hint;
} parameter_hints[] = {
    {"SourceElement", "`replsvc element list` shows the elements"},
    {"SourceElements", "`replsvc element list` shows the elements"},
    {"TargetElement",
     "`replsvc element list` shows the elements, `replsvc replica list` what they are part of"},
    {"TargetElements", "`replsvc element list` shows the elements"},
    {"Element", "`replsvc element list` shows the elements"},
    {"Members", "`replsvc element list` shows the elements, `replsvc group show GROUP` the members"},
    {"SourceGroup", "`replsvc group list` shows the groups"},
    {"TargetGroup", "`replsvc group list` shows the groups"},
    {"ReplicationGroup", "`replsvc group list` shows the groups"},
    {"GroupName", "choose another name, or none to have one made up; `replsvc group list` shows the groups"},
    {"Synchronization", "`replsvc replica list` shows the relationships and their states"},
    {"Job", "`replsvc job list` shows the jobs"},
    {"TargetPool", "`replsvc pool list` shows the pools; `replsvc pool add NAME DIRECTORY` makes one known"},
    {"Pool", "`replsvc pool list` shows the pools"},
    {"Force", "--force does it all the same; what is lost then is said above"},
    {"Operation", "`replsvc replica show NAME` shows the state and what is allowed in it"},
    {"SyncType", "`replsvc capabilities` shows what this service can do"},
    {"Mode", "`replsvc capabilities` shows what this service can do"},
    {"Locator", "a locator is SCHEME:PATH, such as file:/srv/a.img"},
};

/* By the parameter that names what somebody else has, or that plays another part already. */
static const struct {
    const char *parameter;
    const char *hint;
} in_use_hints[] = {
    {"Locator", "`replsvc element list` and `replsvc pool list` show what is known already; another program "
                "may have it open"},
    {"Pool", "`replsvc element list` shows what lies in it"},
    {"Synchronization", "`replsvc replica list` and `replsvc job list` show what has to end first"},
    {"Synchronized", "`replsvc replica list` and `replsvc job list` show what has to end first"},
    {"ReplicationGroup", "`replsvc replica list` shows what the group is part of"},
    {"SourceGroup", "`replsvc replica list` shows what the group is part of"},
    {"TargetGroup", "`replsvc replica list` shows what the group is part of"},
    {"GroupName", "choose another name, or none to have one made up; `replsvc group list` shows the groups"},
};

/* By what the client was doing, where the parameter alone does not tell. */
static const struct {
    const char *doing;
    const char *hint;
} doing_hints[] = {
    {"open the state directory",
     "one process at a time has a state directory open: end the other one, or let "
     "it listen on a socket as `replsvc serve` does"},
    {"find element", "`replsvc element list` shows the elements"},
    {"find pool", "`replsvc pool list` shows the pools; `replsvc pool add NAME DIRECTORY` makes one known"},
    {"find group", "`replsvc group list` shows the groups"},
    {"find relationship", "`replsvc replica list` shows the relationships"},
};

/* By the errno behind it, whatever was being done. */
static const struct {
    int number;
    const char *hint;
} errno_hints[] = {
    {ENOSPC, "make room on the medium that the message names, then do it again"},
    {EACCES, "the permissions of the file or directory do not allow it to this user"},
    {EPERM, "the permissions of the file or directory do not allow it to this user"},
    {EIO,
     "the medium fails: the kernel's log says which (dmesg); `replsvc replica list` shows what is broken"},
    {EROFS, "the medium or its file system can only be read: `--read-only` registers an element so"},
    {ENOMEM, "there was no memory for it: nothing was changed, do it again"},
    {ECONNREFUSED, "nobody serves there (any more): `replsvc serve DIR --listen SOCKET` does"},
    {ECONNRESET, "nobody serves there (any more): `replsvc serve DIR --listen SOCKET` does"},
    {EPIPE, "nobody serves there (any more): `replsvc serve DIR --listen SOCKET` does"},
};

static const char *hint_by_errno(uint32_t code, int number, const char *doing)
{
    if (number == ENOENT && code == REPLSVC_INVALID_PARAMETER)
        return "nothing is at that path: check how it is spelt";
    if (number == EEXIST && code == REPLSVC_IN_USE)
        return "choose another name, or remove what is there";
    if (number == EUCLEAN)
        return strncmp(doing, "find ", 5) == 0
                   ? "--repair mends errors, as long as nothing is damaged"
                   : "`replsvc check` says what is wrong with a VHDX image, and can repair some of it";
    if (code == REPLSVC_IN_USE)
        return NULL; /* who has it counts, whatever errno was found for that */
    for (size_t i = 0; i < COUNT(errno_hints); i++) {
        if (errno_hints[i].number == number)
            return errno_hints[i].hint;
    }
    return NULL;
}

static const char *hint_for(uint32_t code, const replsvc_error *error, const char *doing)
{
    if (error->system_errno == EACCES && strstr(error->message, "outside the allowed folders") != NULL)
        return "REPLSVC_ROOTS in the environment names folders in which parents may lie";
    const char *hint = hint_by_errno(code, error->system_errno, doing);
    if (hint != NULL)
        return hint;
    for (size_t i = 0; i < COUNT(doing_hints); i++) {
        bool fits = i == 0 ? code == REPLSVC_IN_USE : code == REPLSVC_INVALID_PARAMETER;
        if (fits && strncmp(doing, doing_hints[i].doing, strlen(doing_hints[i].doing)) == 0)
            return doing_hints[i].hint;
    }
    for (size_t i = 0; code == REPLSVC_INVALID_PARAMETER && i < COUNT(parameter_hints); i++) {
        if (strcasecmp(error->parameter, parameter_hints[i].parameter) == 0)
            return parameter_hints[i].hint;
    }
    for (size_t i = 0; code == REPLSVC_IN_USE && i < COUNT(in_use_hints); i++) {
        if (strcasecmp(error->parameter, in_use_hints[i].parameter) == 0)
            return in_use_hints[i].hint;
    }
    if (code == REPLSVC_NOT_SUPPORTED && strcasecmp(error->parameter, "Locator") == 0)
        return "what stands before the colon names a backend, such as file or block; those for other media "
               "are "
               "in a package of their own";
    if (code == REPLSVC_NOT_SUPPORTED)
        return "`replsvc capabilities` shows what this service can do";
    if (code == REPLSVC_IN_USE)
        return "`replsvc replica list` shows what elements are part of; another program may have the image "
               "open";
    if (code == REPLSVC_TIMEOUT)
        return "the work goes on when the state directory is opened next; `replsvc job list` shows it";
    if (code == REPLSVC_FAILED)
        return "nothing was changed unless the message says so: put right what it names, then do it again";
    if (code == REPLSVC_INVALID_PARAMETER)
        return "the message says what is wrong; `--help` after the command shows what it takes";
    return "`replsvc group show GROUP` and `replsvc replica list` show what is there now";
}

static void json_escaped(const char *s)
{
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\')
            fputc('\\', stderr);
        if ((unsigned char)*s >= 0x20)
            fputc(*s, stderr);
        else
            fprintf(stderr, "\\u%04x", (unsigned)*s);
    }
}

int call_failed(const struct cli *cli, uint32_t code, const char *format, ...)
{
    static const replsvc_error none;
    const replsvc_error *error = replsvc_last_error();
    if (error->code != code)
        error = &none;
    const char *message = error->message[0] != '\0' ? error->message : replsvc_strerror(code);
    char doing[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(doing, sizeof(doing), format, ap);
    va_end(ap);
    const char *hint = hint_for(code, error, doing); /* there is always something to do next */
    if (cli->json) {
        fprintf(stderr, "{\"error\": {\"code\": %u, \"text\": \"", code);
        json_escaped(replsvc_strerror(code));
        fputs("\", \"doing\": \"", stderr);
        json_escaped(doing);
        fputs("\", \"message\": \"", stderr);
        json_escaped(message);
        fprintf(stderr, "\", \"message_id\": \"%s\", \"parameter\": \"%s\", \"errno\": %d, \"hint\": \"",
                error->message_id, error->parameter, (int)error->system_errno);
        json_escaped(hint);
        fputs("\"}}\n", stderr);
    } else {
        fprintf(stderr, "replsvc: cannot %s: %s\n", doing, message);
        fprintf(stderr, "replsvc: hint: %s\n", hint);
    }
    return code > 0 && code < CLI_USAGE ? (int)code : REPLSVC_FAILED;
}
