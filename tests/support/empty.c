/* SPDX-License-Identifier: BSD-2-Clause */
/* Keeps the support library from being empty. */
typedef int support_is_not_empty;
