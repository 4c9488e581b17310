/* SPDX-License-Identifier: BSD-2-Clause */
/* VHDX images: what is inside one, checking and repairing it, merging children and chains. */
#include <stdio.h>
#include <string.h>

#include "object.h"

const char *path_of(const char *word)
{
    return word != NULL && strncmp(word, "vhdx:", 5) == 0 ? word + 5 : word;
}

struct findings {
    struct out *o;
    bool json;
};

static int on_finding(void *user, const replsvc_vhdx_finding *finding)
{
    static const char *const severities[] = {"?", "note", "error", "damage"};
    struct findings *f = user;
    const char *severity = severities[finding->severity <= REPLSVC_VHDX_DAMAGE ? finding->severity : 0];
    if (f->json) {
        out_object(f->o, NULL);
        out_string(f->o, "severity", severity);
        out_number(f->o, "offset", finding->offset);
        out_string(f->o, "text", finding->text);
        out_object_end(f->o);
    } else {
        printf("%-6s  at %llu: %s\n", severity, (unsigned long long)finding->offset, finding->text);
    }
    return interrupted();
}

static int check(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    struct findings f = {&o, cli->json};
    replsvc_vhdx_check_result r = {.size = sizeof(r)};
    uint32_t flags = args_flag(args, "repair") ? REPLSVC_VHDX_CHECK_REPAIR : 0;
    if (args_flag(args, "no-parent"))
        flags |= REPLSVC_VHDX_CHECK_NO_PARENT;
    const char *path = path_of(args->words[0]);
    if (cli->json) {
        out_object(&o, NULL);
        out_list(&o, "findings");
    }
    uint32_t ret = replsvc_vhdx_check(path, flags, on_finding, &f, &r);
    if (cli->json)
        out_list_end(&o);
    bool checked = ret == 0 || r.notes + r.errors + r.damage != 0;
    if (!checked) {
        if (cli->json) {
            out_object_end(&o);
            out_end(&o);
        }
        return call_failed(cli, ret, "check %s", path);
    }
    if (!cli->json)
        out_object(&o, NULL);
    out_number(&o, "notes", r.notes);
    out_number(&o, "errors", r.errors);
    out_number(&o, "damage", r.damage);
    out_bool(&o, "repaired", r.repaired);
    out_bool(&o, "log_replayed", r.log_replayed);
    out_number(&o, "blocks", r.blocks);
    out_number(&o, "blocks_present", r.blocks_present);
    out_number(&o, "blocks_partly_present", r.blocks_partly_present);
    out_number(&o, "blocks_zero", r.blocks_zero);
    out_bytes(&o, "unused", r.unused_bytes);
    out_object_end(&o);
    out_end(&o);
    return ret != 0 ? call_failed(cli, ret, "find %s in order", path) : 0;
}

static int merge(struct cli *cli, const struct args *args)
{
    const char *path = path_of(args->words[0]), *root = args_value(args, "root");
    uint32_t ret = replsvc_vhdx_merge(path, root != NULL ? &root : NULL, root != NULL ? 1 : 0);
    return ret != 0 ? call_failed(cli, ret, "merge %s", path) : 0;
}

static int collapse(struct cli *cli, const struct args *args)
{
    const char *path = path_of(args->words[0]), *into = args_value(args, "into"),
               *root = args_value(args, "root");
    uint32_t flags = (args_flag(args, "remove") ? REPLSVC_VHDX_COLLAPSE_REMOVE : 0) |
                     (args_flag(args, "force") ? REPLSVC_VHDX_COLLAPSE_IGNORE_OTHERS : 0);
    uint32_t ret =
        replsvc_vhdx_collapse(path, path_of(into), root != NULL ? &root : NULL, root != NULL ? 1 : 0, flags);
    return ret != 0 ? call_failed(cli, ret, "collapse the chain of %s", path) : 0;
}

void describe_vhdx(struct out *o, const char *locator)
{
    static const char *const types[] = {"?", "fixed", "dynamic", "differencing"};
    replsvc_vhdx_info info = {.size = sizeof(info)};
    if (strncmp(locator, "vhdx:", 5) != 0 || replsvc_vhdx_get_info(path_of(locator), &info) != 0)
        return;
    out_object(o, "vhdx");
    out_string(o, "type", types[info.type <= REPLSVC_VHDX_DIFFERENCING ? info.type : 0]);
    out_bytes(o, "file_size", info.file_size);
    out_bytes(o, "block_size", info.block_size);
    out_number(o, "logical_sector_size", info.logical_sector_size);
    out_number(o, "physical_sector_size", info.physical_sector_size);
    out_bool(o, "log_in_use", info.log_in_use);
    out_string(o, "creator", info.creator);
    out_string(o, "disk_id", info.disk_id);
    out_string(o, "data_write_guid", info.data_write_guid);
    if (info.parent_path[0] != '\0') {
        out_string(o, "parent_path", info.parent_path);
        out_string(o, "parent_linkage", info.parent_linkage);
    }
    out_object_end(o);
}

static const struct option_spec check_options[] = {
    {"repair", NULL, "repair what can be repaired safely", WORD_ANY},
    {"no-parent", NULL, "do not look for the parent of a differencing image", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec merge_options[] = {
    {"root", "PATH", "directory inside which the parent may lie; default: the child's own", WORD_FILE},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec collapse_options[] = {
    {"into", "ANCESTOR", "collapse down to this image; default: the chain's first", WORD_FILE},
    {"remove", NULL, "remove CHILD and the images between when all is in ANCESTOR", WORD_ANY},
    {"force", NULL, "also if other images depend on one that changes: they break", WORD_ANY},
    {"root", "PATH", "directory inside which the parents may lie; default: each child's own", WORD_FILE},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command vhdx_commands[] = {
    {"check",
     "IMAGE",
     1,
     1,
     "Check a VHDX image, and say each deviation with its offset",
     check_options,
     check,
     true,
     {WORD_FILE, WORD_ANY},
     "Exit status 4: errors or damage. Nothing is changed without --repair, nor in an image with damage.\n"
     "\nExample:\n  replsvc check disk.vhdx --repair"},
    {"merge",
     "CHILD",
     1,
     1,
     "Merge a differencing VHDX image into its parent",
     merge_options,
     merge,
     true,
     {WORD_FILE, WORD_ANY},
     "Both read the same afterwards; the child may be removed then. Refused while the parent has other\n"
     "children.\n"
     "\nExample:\n  replsvc merge child.vhdx"},
    {"collapse",
     "CHILD",
     1,
     1,
     "Merge a whole chain of differencing VHDX images into one of its ancestors",
     collapse_options,
     collapse,
     true,
     {WORD_FILE, WORD_ANY},
     "CHILD and ANCESTOR read the same afterwards. It can be broken off and called again at any moment.\n"
     "Refused while an image outside the chain depends on one that would change or go.\n"
     "\nExample:\n  replsvc collapse monday.avhdx --into base.vhdx --remove"},
    {0},
};
