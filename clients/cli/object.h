/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding objects by the names that people give, and describing them. */
#ifndef CLI_OBJECT_H
#define CLI_OBJECT_H

#include "cli.h"
#include "output.h"

/* By name or id: 0, or an exit status after saying what is wrong. */
int find_element(struct cli *cli, const char *name, replsvc_element_ref *ref);
int find_pool(struct cli *cli, const char *name, replsvc_pool_ref *ref);
int find_group(struct cli *cli, const char *name, replsvc_group_ref *ref);
int find_replica(struct cli *cli, const char *name, replsvc_sync_ref *ref);
/* n words as elements; *elements is allocated. */
int find_elements(struct cli *cli, char *const words[], int n, replsvc_element_ref **elements);

/* The name of what an id names, or the id itself; in one of a few static buffers. */
const char *element_label(struct cli *cli, const char *id);
const char *group_label(struct cli *cli, const char *id);
const char *pool_label(struct cli *cli, const char *id);
const char *replica_label(struct cli *cli, const char *id);

/* One object of a list: a row of the table, or, where that is NULL, described. What has gone meanwhile is
 * left out. */
typedef void list_one_function(struct cli *cli, const void *ref, struct out *o, struct table *t);
/* The end of every list command. ret, refs and n are what the library's list function gave; refs are freed.
 * what: for "list the …". The exit status. */
int print_list(struct cli *cli, uint32_t ret, const char *what, void *refs, size_t n,
               const char *const headings[], int columns, list_one_function *one);

void describe_element(struct cli *cli, struct out *o, const replsvc_element_info *info);
/* What is inside a VHDX image, of a locator that names one; else nothing. */
/* A VHDX command takes a path; a locator with the scheme vhdx is one too. */
const char *path_of(const char *word);
void describe_vhdx(struct out *o, const char *locator);
void describe_job(struct cli *cli, struct out *o, const replsvc_job_info *info);

/* replica_create.c: `replica create`, among the commands of replica.c. */
int replica_create(struct cli *cli, const struct args *args);
extern const struct option_spec replica_create_options[];

#endif
