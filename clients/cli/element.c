/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements: registering, making, listing, and reading and writing what a host would see. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"

void describe_element(struct cli *cli, struct out *o, const replsvc_element_info *info)
{
    out_object(o, NULL);
    out_string(o, "id", info->id);
    out_string(o, "name", info->name);
    out_string(o, "locator", info->locator);
    out_string(o, "backend", info->backend);
    if (cli->service != NULL)
        out_string(o, "pool", info->pool[0] != '\0' ? pool_label(cli, info->pool) : "");
    out_bytes(o, "size", info->size_bytes);
    out_bytes(o, "allocated", info->allocated_bytes);
    out_number(o, "block_size", info->block_size);
    out_number(o, "physical_block_size", info->physical_block_size);
    out_number(o, "number_of_blocks", info->number_of_blocks);
    out_bool(o, "thinly_provisioned", info->thinly_provisioned);
    if (cli->service != NULL) {
        out_bool(o, "read_only", info->read_only);
        out_bool(o, "created_by_service", info->created_by_service);
        out_bool(o, "in_use", info->in_use);
    }
    describe_vhdx(o, info->locator);
    out_object_end(o);
}

static int show(struct cli *cli, const replsvc_element_ref *ref)
{
    struct out o = {.json = cli->json};
    replsvc_element_info info = {.size = sizeof(info)};
    uint32_t ret = replsvc_element_get_info(cli->service, ref, &info);
    if (ret != 0)
        return call_failed(cli, ret, "look at element `%s`", ref->id);
    describe_element(cli, &o, &info);
    out_end(&o);
    return 0;
}

static int element_add(struct cli *cli, const struct args *args)
{
    replsvc_element_options options = {.size = sizeof(options)};
    replsvc_element_ref ref;
    if (args_flag(args, "read-only"))
        options.flags |= REPLSVC_ELEMENT_READ_ONLY;
    const char *name = args->words[0];
    char *locator = locator_of(args->words[1]);
    if (locator == NULL)
        return usage_error("out of memory");
    uint32_t ret = replsvc_element_register(cli->service, name, locator, &options, &ref);
    int status = ret != 0 ? call_failed(cli, ret, "register %s as element `%s`", locator, name) : 0;
    free(locator);
    return status == 0 && cli->json ? show(cli, &ref) : status;
}

static int element_create(struct cli *cli, const struct args *args)
{
    replsvc_setting_goal goal = {.size = sizeof(goal), .preallocate = args_flag(args, "preallocate")};
    uint64_t size = 0;
    const char *format = args_value(args, "format"), *pool_name = args_value(args, "pool");
    if (args_size(args, "size", &size) || args_size(args, "block-size", &goal.block_size))
        return CLI_USAGE;
    if (size == 0)
        return usage_error("`replsvc element create` needs --size");
    snprintf(goal.format, sizeof(goal.format), "%s", format != NULL ? format : "");
    replsvc_pool_ref pool;
    int bad = pool_name != NULL ? find_pool(cli, pool_name, &pool) : 0;
    if (bad)
        return bad;
    bool has_goal = format != NULL || goal.preallocate || goal.block_size != 0;
    replsvc_setting_ref setting;
    replsvc_element_ref ref;
    uint32_t ret = has_goal ? replsvc_setting_create(cli->service, &goal, &setting) : 0;
    if (ret != 0)
        return call_failed(cli, ret, "take this goal");
    ret = replsvc_element_create(cli->service, args->words[0], pool_name != NULL ? &pool : NULL, size,
                                 has_goal ? &setting : NULL, &ref);
    int status = ret != 0 ? call_failed(cli, ret, "create element `%s`", args->words[0]) : 0;
    if (has_goal)
        replsvc_setting_delete(cli->service, &setting);
    return status == 0 && cli->json ? show(cli, &ref) : status;
}

static void list_one(struct cli *cli, const void *ref, struct out *o, struct table *t)
{
    replsvc_element_info info = {.size = sizeof(info)};
    if (replsvc_element_get_info(cli->service, ref, &info) != 0)
        return;
    if (t == NULL) {
        describe_element(cli, o, &info);
        return;
    }
    table_cell(t, info.name);
    table_cell(t, info.size_bytes != 0 ? text_bytes(info.size_bytes) : "?");
    table_cell(t, text_bytes(info.allocated_bytes));
    table_cell(t, info.in_use ? "yes" : "no");
    table_cell(t, info.locator);
}

static int element_list(struct cli *cli, const struct args *args)
{
    static const char *const headings[] = {"NAME", "SIZE", "ALLOCATED", "IN USE", "LOCATOR"};
    (void)args;
    replsvc_element_ref *refs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_element_list(cli->service, &refs, &n);
    return print_list(cli, ret, "elements", refs, n, headings, 5, list_one);
}

static int element_show(struct cli *cli, const struct args *args)
{
    replsvc_element_ref ref;
    int bad = find_element(cli, args->words[0], &ref);
    return bad ? bad : show(cli, &ref);
}

static int element_remove(struct cli *cli, const struct args *args)
{
    for (int i = 0; i < args->n_words; i++) {
        replsvc_element_ref ref;
        int bad = find_element(cli, args->words[i], &ref);
        if (bad)
            return bad;
        uint32_t ret = replsvc_element_unregister(cli->service, &ref, args_flag(args, "data"));
        if (ret != 0)
            return call_failed(cli, ret, "remove element `%s`", args->words[i]);
    }
    return 0;
}

/* ---- reading and writing as a host ---- */

static int io_failed(struct cli *cli, const char *doing, const char *name, int negative_errno)
{
    (void)cli;
    const char *message = replsvc_last_error()->message;
    fprintf(stderr, "replsvc: cannot %s element `%s`: %s\n", doing, name,
            message[0] != '\0' ? message : strerror(-negative_errno));
    return negative_errno == -EOPNOTSUPP ? REPLSVC_NOT_SUPPORTED : REPLSVC_FAILED;
}

/* Moves bytes between the volume and the descriptor, 1 MiB at a time. */
static int transfer(replsvc_volume *volume, int fd, bool writing, uint64_t offset, uint64_t length)
{
    enum { PIECE = 1 << 20 };
    char *buffer = malloc(PIECE);
    int err = buffer == NULL ? -ENOMEM : 0;
    while (err == 0 && length > 0 && !interrupted()) {
        size_t want = length < PIECE ? (size_t)length : PIECE, have = 0;
        if (!writing)
            err = replsvc_volume_pread(volume, buffer, want, offset, 0);
        while (err == 0 && have < want) {
            ssize_t n =
                writing ? read(fd, buffer + have, want - have) : write(fd, buffer + have, want - have);
            if (n < 0)
                err = errno == EINTR ? 0 : -errno;
            else if (n == 0)
                break;
            else
                have += (size_t)n;
        }
        if (err == 0 && writing && have > 0)
            err = replsvc_volume_pwrite(volume, buffer, have, offset, 0);
        if (have < want)
            break;
        offset += have;
        length -= have;
    }
    free(buffer);
    return err;
}

static int element_io(struct cli *cli, const struct args *args, bool writing)
{
    const char *name = args->words[0], *path = args->n_words > 1 ? args->words[1] : "-";
    const char *doing = writing ? "write" : "read";
    uint64_t offset = 0, length = UINT64_MAX;
    replsvc_element_ref ref;
    replsvc_volume *volume;
    replsvc_volume_info info = {.size = sizeof(info)};
    if (args_size(args, "offset", &offset) || args_size(args, "length", &length))
        return CLI_USAGE;
    int bad = find_element(cli, name, &ref);
    if (bad)
        return bad;
    int err = replsvc_volume_open(cli->service, &ref, writing ? REPLSVC_VOLUME_WRITABLE : 0, &volume);
    if (err != 0)
        return io_failed(cli, "open", name, err);
    int fd = writing ? STDIN_FILENO : STDOUT_FILENO;
    if (strcmp(path, "-") != 0)
        fd = writing ? open(path, O_RDONLY | O_CLOEXEC)
                     : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        fprintf(stderr, "replsvc: cannot open %s: %s\n", path, strerror(errno));
        replsvc_volume_close(volume);
        return REPLSVC_FAILED;
    }
    err = replsvc_volume_get_info(volume, &info);
    if (err == 0 && offset <= info.size_bytes && !writing && length > info.size_bytes - offset)
        length = info.size_bytes - offset;
    if (err == 0)
        err = transfer(volume, fd, writing, offset, length);
    if (err == 0 && writing)
        err = replsvc_volume_flush(volume);
    int status = err != 0 ? io_failed(cli, doing, name, err) : 0;
    replsvc_volume_close(volume);
    if (fd > STDERR_FILENO && close(fd) != 0 && status == 0) {
        fprintf(stderr, "replsvc: cannot write %s: %s\n", path, strerror(errno));
        status = REPLSVC_FAILED;
    }
    return status;
}

static int element_read(struct cli *cli, const struct args *args)
{
    return element_io(cli, args, false);
}

static int element_write(struct cli *cli, const struct args *args)
{
    return element_io(cli, args, true);
}

static const struct option_spec add_options[] = {
    {"read-only", NULL, "it may only be read", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec create_options[] = {
    {"size", "SIZE", "bytes a host will see (required)", WORD_ANY},
    {"pool", "POOL", "where to make it", WORD_POOL},
    {"format", "FORMAT", "kind of image, e.g. file; default: as the pool says", WORD_ANY},
    {"block-size", "SIZE", "allocation unit of the format", WORD_ANY},
    {"preallocate", NULL, "allocate all of it now", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec remove_options[] = {
    {"data", NULL, "also remove the images, of those that the service made", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec io_options[] = {
    {"offset", "SIZE", "first byte", WORD_ANY},
    {"length", "SIZE", "how many bytes; default: to the end", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command element_commands[] = {
    {"element add",
     "NAME LOCATOR",
     2,
     2,
     "Make an existing image or device known as an element",
     add_options,
     element_add,
     false,
     {WORD_ANY, WORD_FILE},
     "Examples:\n  replsvc element add web file:/srv/web.img\n  replsvc element add db /srv/db.img "
     "--read-only"},
    {"element create",
     "NAME",
     1,
     1,
     "Make a new element in a pool",
     create_options,
     element_create,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc element create scratch --size 10G --pool main"},
    {"element list",
     "",
     0,
     0,
     "List the elements",
     NULL,
     element_list,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc element list --json"},
    {"element show",
     "ELEMENT",
     1,
     1,
     "Show the properties of an element",
     NULL,
     element_show,
     false,
     {WORD_ELEMENT, WORD_ELEMENT},
     "Example:\n  replsvc element show web"},
    {"element remove",
     "ELEMENT…",
     1,
     -1,
     "Forget elements",
     remove_options,
     element_remove,
     false,
     {WORD_ELEMENT, WORD_ELEMENT},
     "An image that was registered stays where it is; one that the service made goes with --data.\n"
     "\nExample:\n  replsvc element remove web.copy_1 --data"},
    {"element read",
     "ELEMENT [FILE]",
     1,
     2,
     "Read what a host sees, to a file or standard output",
     io_options,
     element_read,
     false,
     {WORD_ELEMENT, WORD_FILE},
     "Also of a snapshot: what it shows, not what its own image holds.\n"
     "\nExample:\n  replsvc element read monday_1 monday.img"},
    {"element write",
     "ELEMENT [FILE]",
     1,
     2,
     "Write as a host, from a file or standard input",
     io_options,
     element_write,
     false,
     {WORD_ELEMENT, WORD_FILE},
     "Replicas of the element are kept as their kind demands. The data is durable at the end.\n"
     "\nExample:\n  replsvc element write web boot.bin --offset 512"},
    {0},
};
