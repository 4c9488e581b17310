/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Static probes for tracers (bpftrace, perf, SystemTap): a no-operation in the code and a note in the library
 * that tells where it is and where its arguments lie. Built in where <sys/sdt.h> is (REPLSVC_USDT); else
 * nothing. doc/operating.md lists them; what a probe tells never changes, new ones may come.
 */
#ifndef RSVC_UTIL_PROBE_H
#define RSVC_UTIL_PROBE_H

#ifdef REPLSVC_USDT
#include <sys/sdt.h>
#define PROBE2(name, a, b) DTRACE_PROBE2(replsvc, name, a, b)
#define PROBE3(name, a, b, c) DTRACE_PROBE3(replsvc, name, a, b, c)
#define PROBE4(name, a, b, c, d) DTRACE_PROBE4(replsvc, name, a, b, c, d)
#define PROBE5(name, a, b, c, d, e) DTRACE_PROBE5(replsvc, name, a, b, c, d, e)
#else
#define PROBE2(name, a, b) ((void)0)
#define PROBE3(name, a, b, c) ((void)0)
#define PROBE4(name, a, b, c, d) ((void)0)
#define PROBE5(name, a, b, c, d, e) ((void)0)
#endif

#endif
