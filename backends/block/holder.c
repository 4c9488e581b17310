/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who has a block device: looked for in the mount table, the swap table and sysfs, for the device, its
 * partitions and the disk that it is a partition of. Only for messages: the claim itself is the kernel's.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "block/device.h"

#define LINE 4096

/* Spaces and the like stand as \040 in the kernel's tables. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
            from[3] >= '0' && from[3] <= '7') {
            *to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static bool is_node_of(const char *path, dev_t device)
{
    struct stat st;
    return path[0] == '/' && stat(path, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == device;
}

/* By number, or (file systems with a number of their own, such as btrfs) by what they were mounted from. */
static bool find_mount(dev_t device, char *where, size_t size)
{
    char line[LINE];
    bool found = false;
    FILE *f = fopen("/proc/self/mountinfo", "re");
    while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
        unsigned maj, min;
        int root = 0;
        if (sscanf(line, "%*u %*u %u:%u %n", &maj, &min, &root) != 2 || root == 0)
            continue;
        char *save, *mount_point = NULL, *source = NULL;
        char *tail = strstr(line + root, " - ");
        if (tail != NULL) {
            char *word = strtok_r(tail + 3, " \n", &save);
            source = word != NULL ? strtok_r(NULL, " \n", &save) : NULL;
            *tail = '\0';
        }
        if (strtok_r(line + root, " ", &save) != NULL)
            mount_point = strtok_r(NULL, " ", &save);
        if (mount_point == NULL)
            continue;
        if (source != NULL)
            unescape(source);
        found = makedev(maj, min) == device || (source != NULL && is_node_of(source, device));
        if (found) {
            unescape(mount_point);
            snprintf(where, size, "%s", mount_point);
        }
    }
    if (f != NULL)
        fclose(f);
    return found;
}

static bool is_swap(dev_t device)
{
    char line[LINE];
    bool found = false;
    FILE *f = fopen("/proc/swaps", "re");
    while (f != NULL && !found && fgets(line, sizeof(line), f) != NULL) {
        line[strcspn(line, " \t\n")] = '\0';
        unescape(line);
        found = is_node_of(line, device);
    }
    if (f != NULL)
        fclose(f);
    return found;
}

/* The first device above this one, by the name that people give it. */
static bool find_above(dev_t device, char *name, size_t size)
{
    char path[128], dm[128];
    bool found = false;
    snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/holders", major(device), minor(device));
    DIR *d = opendir(path);
    for (struct dirent *e; d != NULL && !found && (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(name, size, "%s", e->d_name);
        found = true;
        struct stat st;
        char node[300];
        snprintf(node, sizeof(node), "/dev/%s", e->d_name);
        if (stat(node, &st) == 0 && sysfs_text(st.st_rdev, "dm/name", dm, sizeof(dm)))
            snprintf(name, size, "%s (%s)", e->d_name, dm);
    }
    if (d != NULL)
        closedir(d);
    return found;
}

/* What: "it", or the name of the partition or disk that is held. */
static bool tell_holder(dev_t device, const char *what, char *text, size_t size)
{
    char place[400];
    if (find_mount(device, place, sizeof(place)))
        snprintf(text, size, "%s is mounted at %s", what, place);
    else if (is_swap(device))
        snprintf(text, size, "%s is used as swap space", what);
    else if (find_above(device, place, sizeof(place)))
        snprintf(text, size, "%s is part of %s", what, place);
    else
        return false;
    return true;
}

/* The number that a folder of sysfs has in its file "dev"; 0: none. */
static dev_t number_in(const char *folder)
{
    char path[400];
    unsigned maj, min;
    snprintf(path, sizeof(path), "%s/dev", folder);
    FILE *f = fopen(path, "re");
    bool ok = f != NULL && fscanf(f, "%u:%u", &maj, &min) == 2;
    if (f != NULL)
        fclose(f);
    return ok ? makedev(maj, min) : 0;
}

static bool tell_partition(dev_t device, char *text, size_t size)
{
    char folder[64], path[350], what[280];
    bool found = false;
    snprintf(folder, sizeof(folder), "/sys/dev/block/%u:%u", major(device), minor(device));
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && !found && (e = readdir(d)) != NULL;) {
        snprintf(path, sizeof(path), "%s/%s/partition", folder, e->d_name);
        struct stat st;
        if (e->d_name[0] == '.' || stat(path, &st) != 0)
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        snprintf(what, sizeof(what), "its partition %s", e->d_name);
        dev_t part = number_in(path);
        found = part != 0 && tell_holder(part, what, text, size);
    }
    if (d != NULL)
        closedir(d);
    return found;
}

bool device_holder(dev_t device, char *text, size_t size)
{
    char path[80], one[16];
    if (tell_holder(device, "it", text, size) || tell_partition(device, text, size))
        return true;
    if (sysfs_text(device, "partition", one, sizeof(one))) {
        snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/..", major(device), minor(device));
        dev_t disk = number_in(path);
        if (disk != 0 && tell_holder(disk, "its disk", text, size))
            return true;
    }
    snprintf(text, size, "it is in use: another program has claimed it");
    return false;
}
