/* SPDX-License-Identifier: BSD-2-Clause */
/* Stand-alone commands on images, which need no state directory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

static int on_progress(void *user, uint64_t done, uint64_t total, uint64_t rate)
{
    progress_show(user, done, total, rate);
    return interrupted();
}

static void describe_copy(const replsvc_copy_statistics *s, bool json)
{
    struct out o = {.json = json};
    out_object(&o, NULL);
    out_bytes(&o, "bytes_total", s->bytes_total);
    out_bytes(&o, "bytes_read", s->bytes_read);
    out_bytes(&o, "bytes_written", s->bytes_written);
    out_bytes(&o, "bytes_shared", s->bytes_shared);
    out_bytes(&o, "bytes_zero", s->bytes_zero);
    out_duration(&o, "elapsed", s->elapsed_us);
    out_string(&o, "method", s->method);
    out_object_end(&o);
    out_end(&o);
}

static int copy(struct cli *cli, const struct args *args)
{
    static const struct {
        const char *option;
        uint32_t flag;
    } flags[] = {{"overwrite", REPLSVC_COPY_OVERWRITE},     {"existing", REPLSVC_COPY_MUST_EXIST},
                 {"verify", REPLSVC_COPY_VERIFY},           {"no-reflink", REPLSVC_COPY_NO_REFLINK},
                 {"preallocate", REPLSVC_COPY_PREALLOCATE}, {"no-flush", REPLSVC_COPY_NO_FLUSH},
                 {"no-io-uring", REPLSVC_COPY_NO_IO_URING}, {"threads", REPLSVC_COPY_FORCE_THREADS}};
    struct progress p;
    replsvc_copy_options options = {.size = sizeof(options),
                                    .progress = on_progress,
                                    .progress_user = &p,
                                    .parent = path_of(args_value(args, "parent"))};
    replsvc_copy_statistics statistics = {.size = sizeof(statistics)};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        options.flags |= args_flag(args, flags[i].option) ? flags[i].flag : 0;
    if (args_size(args, "rate", &options.bytes_per_second) || args_size(args, "size", &options.target_size) ||
        args_size(args, "block-size", &options.block_size))
        return CLI_USAGE;
    progress_begin(&p, "copy", cli->quiet || cli->json);
    char *source = locator_of(args->words[0]), *target = locator_of(args->words[1]);
    if (source == NULL || target == NULL)
        return usage_error("out of memory");
    uint32_t ret = replsvc_copy(source, target, &options, &statistics);
    free(source);
    free(target);
    progress_end(&p, ret == 0);
    if (ret != 0 && interrupted()) {
        fputs("replsvc: interrupted; a target that was made is gone again\n", stderr);
        return CLI_INTERRUPTED;
    }
    if (ret != 0)
        return call_failed(cli, ret, "copy %s to %s", args->words[0], args->words[1]);
    if (cli->json || args_flag(args, "statistics"))
        describe_copy(&statistics, cli->json);
    return 0;
}

static int info(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    replsvc_element_info about = {.size = sizeof(about)};
    char *locator = locator_of(args->words[0]);
    if (locator == NULL)
        return usage_error("out of memory");
    uint32_t ret = replsvc_locator_get_info(locator, &about);
    free(locator);
    if (ret != 0)
        return call_failed(cli, ret, "look at %s", args->words[0]);
    describe_element(cli, &o, &about);
    out_end(&o);
    return 0;
}

static int create(struct cli *cli, const struct args *args)
{
    replsvc_image_options options = {.size = sizeof(options),
                                     .preallocate = args_flag(args, "preallocate"),
                                     .parent = path_of(args_value(args, "parent"))};
    uint64_t logical = 0, physical = 0;
    if (args_size(args, "size", &options.size_bytes) || args_size(args, "block-size", &options.block_size) ||
        args_size(args, "logical-sector", &logical) || args_size(args, "physical-sector", &physical))
        return CLI_USAGE;
    if (options.size_bytes == 0 && options.parent == NULL)
        return usage_error("`replsvc create` needs --size, or --parent");
    if (logical > 4096 || physical > 4096)
        return usage_error("a sector has 512 or 4096 bytes");
    options.logical_sector_size = (uint32_t)logical;
    options.physical_sector_size = (uint32_t)physical;
    char *locator = locator_of(args->words[0]);
    if (locator == NULL)
        return usage_error("out of memory");
    uint32_t ret = replsvc_locator_create(locator, &options);
    int status = ret != 0 ? call_failed(cli, ret, "create %s", locator) : 0;
    free(locator);
    return status;
}

static const struct option_spec copy_options[] = {
    {"overwrite", NULL, "replace the content of a target that exists", WORD_ANY},
    {"existing", NULL, "the target must exist; never make one", WORD_ANY},
    {"verify", NULL, "read both sides again and compare them", WORD_ANY},
    {"no-reflink", NULL, "a full copy, even where the file system can share data", WORD_ANY},
    {"rate", "SIZE", "at most so many bytes per second", WORD_ANY},
    {"size", "SIZE", "of a target that is made; default: as the source", WORD_ANY},
    {"block-size", "SIZE", "allocation unit of a target that is made", WORD_ANY},
    {"parent", "PATH", "make a differencing target of this parent", WORD_FILE},
    {"preallocate", NULL, "allocate all of a target that is made", WORD_ANY},
    {"no-flush", NULL, "do not make the target durable at the end", WORD_ANY},
    {"no-io-uring", NULL, "never use io_uring", WORD_ANY},
    {"threads", NULL, "copy by threads, whatever the backends can do", WORD_ANY},
    {"statistics", NULL, "say at the end what was done", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

static const struct option_spec create_options[] = {
    {"size", "SIZE", "bytes a host will see (required without --parent)", WORD_ANY},
    {"block-size", "SIZE", "allocation unit of the format", WORD_ANY},
    {"logical-sector", "SIZE", "512 or 4096, where the format has it", WORD_ANY},
    {"physical-sector", "SIZE", "512 or 4096, where the format has it", WORD_ANY},
    {"preallocate", NULL, "allocate all of it", WORD_ANY},
    {"parent", "PATH", "make a differencing image of this parent", WORD_FILE},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command image_commands[] = {
    {"copy",
     "SOURCE TARGET",
     2,
     2,
     "Copy one image to another, of any formats",
     copy_options,
     copy,
     true,
     {WORD_FILE, WORD_FILE},
     "SOURCE and TARGET are locators, such as file:/srv/a.img; a plain path is a VHDX image if it\n"
     "ends in .vhdx or .avhdx, else a raw one. Holes stay holes. A target that was made is removed again\n"
     "if the copy fails.\n"
     "\nExamples:\n  replsvc copy a.img b.img\n  replsvc copy a.vhdx b.img\n  replsvc copy a.img "
     "/mnt/backup/a.img --overwrite --verify"},
    {"info",
     "LOCATOR",
     1,
     1,
     "Look at an image",
     NULL,
     info,
     true,
     {WORD_FILE, WORD_ANY},
     "Example:\n  replsvc info file:/srv/a.img --json"},
    {"create",
     "LOCATOR",
     1,
     1,
     "Make an empty image",
     create_options,
     create,
     true,
     {WORD_FILE, WORD_ANY},
     "Examples:\n  replsvc create file:/srv/a.img --size 10G\n"
     "  replsvc create vhdx:/srv/a.vhdx --size 1T --block-size 32M\n"
     "  replsvc create vhdx:/srv/child.vhdx --parent /srv/a.vhdx"},
    {0},
};
