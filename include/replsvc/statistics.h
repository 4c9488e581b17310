/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file statistics.h
 * Counters of a running service: per element, per relationship, and of the
 * service as a whole.
 *
 * Counters rise from 0 at replsvc_service_open() and never wrap in practice
 * (64 bits). They are read without stopping anything, so that two fields of
 * one struct may be an instant apart. All functions return a CIM code, may be
 * called from any thread and never wait for I/O.
 *
 * Counting costs a host's request a few instructions on a cache line of its
 * thread. Looking at the clock would cost more than that: of the reads and of
 * the writes of each thread, the first and then every sixteenth is timed, and so
 * is every sixteenth leg of a mirror. The histograms count these samples, so
 * that their count is smaller than the number of requests; shares and
 * percentiles are right, the maximum is that of the samples. Flushes and pauses
 * are all timed.
 */
#ifndef REPLSVC_STATISTICS_H
#define REPLSVC_STATISTICS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Number of buckets of a replsvc_histogram. */
#define REPLSVC_HISTOGRAM_BUCKETS 32

/** Latencies: bucket i counts those below 2^i microseconds that are not in bucket i-1; the last takes all
 *  longer ones. */
typedef struct replsvc_histogram {
    uint64_t bucket[REPLSVC_HISTOGRAM_BUCKETS];
    uint64_t count;  /**< All of them. */
    uint64_t sum_us; /**< Together, microseconds. */
    uint64_t max_us; /**< The longest, microseconds. */
} replsvc_histogram;

/** Counters of host I/O to one element. */
typedef struct replsvc_element_statistics {
    uint32_t size;                      /**< [in] sizeof this struct. */
    uint32_t openers;                   /**< Volumes that hosts have open on it now. */
    uint64_t reads;                     /**< Host reads completed well. */
    uint64_t writes;                    /**< Host writes completed well. */
    uint64_t flushes;                   /**< Host flushes completed. */
    uint64_t discards;                  /**< Host discards completed. */
    uint64_t zeroes;                    /**< Host write-zeroes completed. */
    uint64_t bytes_read;                /**< By hosts. */
    uint64_t bytes_written;             /**< By hosts. */
    uint64_t errors;                    /**< Host requests that failed. */
    uint64_t in_flight;                 /**< Host requests that are being worked on now. */
    uint64_t copies_before_write;       /**< Regions that were copied before a first overwrite. */
    uint64_t bytes_copied_before_write; /**< Bytes of these. */
    uint64_t overlay_bytes;             /**< Bytes in its write overlay now. */
    uint64_t overlay_waits;             /**< Writes that had to wait because the overlay was full. */
    replsvc_histogram read_latency;     /**< Host reads, sampled. */
    replsvc_histogram write_latency;    /**< Host writes, sampled. */
    replsvc_histogram flush_latency;    /**< Host flushes. */
} replsvc_element_statistics;

/** Counters of one relationship (of a group relationship: of its pairs together). */
typedef struct replsvc_sync_statistics {
    uint32_t size;             /**< [in] sizeof this struct. */
    uint32_t reserved;         /**< 0. */
    uint64_t bytes_copied;     /**< By background copying, resync and restore, when a run of it has ended
                                or was stopped. */
    uint64_t bytes_zero;       /**< Holes and zeroes that these did not have to copy. */
    uint64_t bytes_shared;     /**< Shared with the source instead of being copied. */
    uint64_t bytes_per_second; /**< Of background work lately. */
    uint64_t bytes_per_second_limit; /**< As set by replsvc_sync_set_limit(); 0 = none. */
    uint64_t copies_before_write;    /**< Regions kept for this point in time. */
    uint64_t regions_marked; /**< Regions now marked as different (mirrors), still to be copied (clones,
                              restores) or kept (snapshots); as of the last look that did not have to wait. */
    uint64_t map_memory;     /**< Bytes of memory that its maps take, seen likewise. */
    uint64_t mirror_writes;  /**< Host writes passed on to the target. */
    uint64_t mirror_bytes;   /**< Bytes of these. */
    uint64_t cycles;         /**< Cycles that an asynchronous mirror completed. */
    uint64_t cycle_bytes;    /**< Bytes that these shipped. */
    int64_t last_cycle_us;   /**< How long the last cycle took, microseconds. */
    uint64_t resyncs;        /**< Resynchronisations begun. */
    uint64_t errors;         /**< Failed requests to the target. */
    replsvc_histogram target_latency; /**< Host writes passed on to the target, sampled. */
} replsvc_sync_statistics;

/** Counters of a service. */
typedef struct replsvc_service_statistics {
    uint32_t size;             /**< [in] sizeof this struct. */
    uint32_t worker_threads;   /**< Of its job manager. */
    uint64_t elements;         /**< Registered now. */
    uint64_t groups;           /**< Existing now. */
    uint64_t synchronizations; /**< Relationships existing now, pairs included. */
    uint64_t jobs_active;      /**< Jobs that have not ended. */
    uint64_t jobs_completed;   /**< Jobs that ended well. */
    uint64_t jobs_failed;      /**< Jobs that ended in Exception. */
    uint64_t events_sent;      /**< Events raised. */
    uint64_t events_lost;      /**< Events dropped because the queue was full. */
    uint64_t state_commits;    /**< Transactions made durable in the state directory. */
    uint64_t state_bytes;      /**< Bytes of journal and checkpoint now. */
    uint64_t checkpoints;      /**< Checkpoints written. */
    uint64_t memory_bytes; /**< Memory that the library has allocated now, for all services of the process. */
    replsvc_histogram cut_pause; /**< How long cuts (points in time, starts and splits of mirrors, cycles)
                                      held the hosts' writes. */
} replsvc_service_statistics;

/** Counters of host I/O to an element.
 *
 * @param[in] service the opened service
 * @param[in] element the element
 * @param[in,out] statistics set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such element, or statistics is NULL or has no size */
REPLSVC_API uint32_t replsvc_element_get_statistics(replsvc_service *service,
                                                    const replsvc_element_ref *element,
                                                    replsvc_element_statistics *statistics);

/** Counters of a relationship.
 *
 * @param[in] service the opened service
 * @param[in] synchronization a pair or a group relationship
 * @param[in,out] statistics set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such relationship, or statistics is NULL or has no size */
REPLSVC_API uint32_t replsvc_sync_get_statistics(replsvc_service *service,
                                                 const replsvc_sync_ref *synchronization,
                                                 replsvc_sync_statistics *statistics);

/** Counters of the service.
 *
 * @param[in] service the opened service
 * @param[in,out] statistics set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 statistics is NULL or has no size */
REPLSVC_API uint32_t replsvc_service_get_statistics(replsvc_service *service,
                                                    replsvc_service_statistics *statistics);

#ifdef __cplusplus
}
#endif

#endif
