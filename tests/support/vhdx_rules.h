/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The rules of a writer of VHDX images, held against everything that is written to simulated files: order,
 * and what has to be durable before what. A power cut may by chance not show that one is broken; this does.
 *
 *  1 A header is written only when all before it is durable, the other header too.
 *  2 A metadata page is written in place only as a durable entry of the log has it.
 *  3 An entry is written only over what no replay from the last durable entry on would read, and leaves a
 *    sector free.
 *  4 An entry's tail lies behind another entry only if the pages of that are in place, durably.
 *  5 An entry says of the file's length only what is durable.
 *  6 A header that says that the log is empty finds all its pages in place; one that names a log finds a
 *    durable entry in it.
 *  7 Space that an entry gave up is not touched before that entry is durable, and goes to another block only
 *    when it was zeroed after that, durably.
 *
 * Images are laid out as create lays them out, with a table that stays where it is.
 */
#ifndef TESTS_SUPPORT_VHDX_RULES_H
#define TESTS_SUPPORT_VHDX_RULES_H

#include "support/vhdx_sim.h"

/* From now on all simulated files are watched; and its end, which gives the number of violations (each was
 * printed) and of log entries, headers and pages in place that were looked at. */
struct vhdx_rules_result {
    unsigned violations, entries, headers, pages, reused;
};
void vhdx_rules_begin(void);
struct vhdx_rules_result vhdx_rules_end(void);

#endif
