/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The specification's tables (tab-separated values), where they lie beside the source tree: tests compare
 * the code with them and skip, saying so, where they are not. REPLSVC_SPEC names the folder otherwise.
 */
#ifndef TESTS_SUPPORT_SPEC_H
#define TESTS_SUPPORT_SPEC_H

#include <stdio.h>

/* Opens a table such as "cim/values.tsv" read-only, past its heading line; NULL: not there. */
FILE *spec_open(const char *name);
/* Reads the next row into fields (missing ones are ""); the number found, or -1 at the end. line: room for
 * the text that the fields point into. */
int spec_row(FILE *f, char *line, size_t size, char *fields[], int n);

#endif
