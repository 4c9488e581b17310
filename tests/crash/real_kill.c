/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A process that is killed, again and again, under load, on real files: after each kill the service opens,
 * every write that was acknowledged is there, and every snapshot and clone shows the same point in time as
 * before. REPLSVC_LONG=1 makes it hundreds of rounds; REPLSVC_SEED replays the choices (not the instants).
 *
 * Three kinds of processes share a piece of memory that outlives them: this one, which only forks, kills
 * and waits; workers, which have the service open, write by several threads, and take and drop replicas
 * until they are killed; checkers, which open it after that, compare and close it in order.
 *
 * Blocks are numbered by their writes. Each block has one writer, which notes the number before (started)
 * and after (acknowledged) each write: what is read must lie between the two. A replica notes the
 * acknowledged numbers before it is taken and the started ones afterwards, and once its content has been
 * read it must never change.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "support/crash.h"

enum { BLOCK = 4096, BLOCKS = 512, WRITERS = 2, SLOTS = 4, SIZE = BLOCK * BLOCKS };

/* What is known of a replica. */
enum slot_state { SLOT_FREE, SLOT_BEGUN, SLOT_DONE, SLOT_DROPPING };

struct slot {
    atomic_int state;
    atomic_bool clone, seen; /* seen: content is what was read of it */
    atomic_uint name;
    uint32_t low[BLOCKS], high[BLOCKS], content[BLOCKS];
};

/* Outlives the processes. */
struct shared {
    atomic_uint started[BLOCKS], acknowledged[BLOCKS];
    atomic_ulong writes;
    atomic_uint replicas, next_name;
    struct slot slots[SLOTS];
};

static struct shared *shared;
static char folder[128], state_directory[160];
static replsvc_service *service;
static replsvc_element_ref source, mirror;
static replsvc_pool_ref pool;
static uint64_t seed;

static uint64_t pick(uint64_t *s, uint64_t below)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return (*s >> 33) % below;
}

/* In workers and checkers: says what is wrong and ends the process. */
static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, " [%s]\n", replsvc_last_error()->message);
    _exit(1);
}

static void must(uint32_t code, const char *what)
{
    if (code != REPLSVC_OK && code != REPLSVC_JOB_STARTED)
        wrong("%s: %s", what, replsvc_strerror(code));
}

static void open_service(void)
{
    must(replsvc_service_open(state_directory, NULL, &service), "open the service");
    must(replsvc_element_find(service, "source", &source), "find the source");
    must(replsvc_element_find(service, "mirror", &mirror), "find the mirror");
    replsvc_pool_ref *pools;
    size_t n;
    must(replsvc_pool_list(service, &pools, &n), "list the pools");
    pool = pools[0];
    replsvc_free(pools);
}

/* ---- blocks ---- */

static void fill_block(unsigned char block[BLOCK], uint32_t number, uint32_t seq)
{
    uint32_t *words = (uint32_t *)(void *)block;
    for (uint32_t i = 0; i < BLOCK / 4; i += 2) {
        words[i] = number ^ seq * 2654435761u;
        words[i + 1] = seq;
    }
}

static uint32_t block_seq(const unsigned char block[BLOCK], uint32_t number, const char *where)
{
    static const unsigned char zeroes[BLOCK];
    unsigned char expected[BLOCK];
    uint32_t seq;
    if (memcmp(block, zeroes, BLOCK) == 0)
        return 0;
    memcpy(&seq, block + 4, 4);
    fill_block(expected, number, seq);
    if (memcmp(block, expected, BLOCK) != 0)
        wrong("%s: block %u is torn or another's", where, number);
    return seq;
}

static void read_all(const replsvc_element_ref *element, uint32_t seqs[BLOCKS], const char *where)
{
    static unsigned char data[SIZE];
    replsvc_volume *v;
    int err = replsvc_volume_open(service, element, 0, &v);
    if (err == 0)
        err = replsvc_volume_pread(v, data, SIZE, 0, 0);
    if (err != 0)
        wrong("%s cannot be read: %s", where, strerror(-err));
    replsvc_volume_close(v);
    for (uint32_t b = 0; b < BLOCKS; b++)
        seqs[b] = block_seq(data + (size_t)b * BLOCK, b, where);
}

/* ---- workers ---- */

static void *writer(void *arg)
{
    uint32_t me = (uint32_t)(uintptr_t)arg;
    uint64_t s = seed * 31 + me;
    static _Thread_local unsigned char data[16 * BLOCK];
    replsvc_volume *v;
    if (replsvc_volume_open(service, &source, REPLSVC_VOLUME_WRITABLE, &v) != 0)
        wrong("the source cannot be opened");
    for (;;) {
        uint32_t n = pick(&s, 4) == 0 ? 1 + (uint32_t)pick(&s, 16) : 1;
        uint32_t first = me * (BLOCKS / WRITERS) + (uint32_t)pick(&s, BLOCKS / WRITERS - n + 1);
        for (uint32_t i = 0; i < n; i++)
            fill_block(data + (size_t)i * BLOCK, first + i, ++shared->started[first + i]);
        int err = replsvc_volume_pwrite(v, data, (size_t)n * BLOCK, (uint64_t)first * BLOCK,
                                        pick(&s, 50) == 0 ? REPLSVC_IO_FUA : 0);
        if (err != 0)
            wrong("a write failed: %s", strerror(-err));
        for (uint32_t i = 0; i < n; i++)
            shared->acknowledged[first + i] = shared->started[first + i];
        shared->writes++;
        if (pick(&s, 100) == 0 && replsvc_volume_flush(v) != 0)
            wrong("a flush failed");
    }
    return NULL;
}

static void slot_name(const struct slot *slot, char name[32])
{
    snprintf(name, 32, "replica%u", slot->name);
}

static void take(struct slot *slot, bool clone)
{
    char name[32];
    replsvc_element_ref target = {""};
    slot->clone = clone;
    slot->seen = false;
    slot->name = ++shared->next_name;
    slot_name(slot, name);
    for (int b = 0; b < BLOCKS; b++)
        slot->low[b] = shared->acknowledged[b];
    slot->state = SLOT_BEGUN;
    must(replsvc_create_element_replica(
             service, name, clone ? REPLSVC_SYNC_TYPE_CLONE : REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &source, NULL,
             &target, NULL, NULL, NULL, NULL, NULL, &pool, REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0),
         "take a replica");
    for (int b = 0; b < BLOCKS; b++)
        slot->high[b] = shared->started[b];
    slot->state = SLOT_DONE;
    shared->replicas++;
}

static uint32_t operate(const replsvc_sync_ref *sync, uint16_t operation, uint16_t wait_for)
{
    return replsvc_modify_replica_synchronization(service, operation, sync, NULL, NULL, 0, NULL, NULL,
                                                  REPLSVC_BOOL_TRUE, wait_for, NULL);
}

/* Gone when it returns, whatever a killed process has left of it. */
static void drop(struct slot *slot)
{
    char name[32];
    replsvc_sync_ref sync;
    replsvc_element_ref element;
    slot_name(slot, name);
    slot->state = SLOT_DROPPING;
    if (replsvc_sync_find(service, name, &sync) == REPLSVC_OK)
        must(operate(&sync, slot->clone ? REPLSVC_OPERATION_DETACH : REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL,
                     REPLSVC_COPY_STATE_NOT_APPLICABLE),
             "drop a replica");
    if (replsvc_element_find(service, name, &element) == REPLSVC_OK)
        must(replsvc_element_unregister(service, &element, true), "remove a replica's image");
    slot->state = SLOT_FREE;
}

/* What a replica shows lies between the bounds, and is what it showed before. */
static void compare_slot(struct slot *slot, const char *name, const uint32_t now[BLOCKS])
{
    for (uint32_t b = 0; b < BLOCKS; b++) {
        if (now[b] < slot->low[b] || now[b] > slot->high[b])
            wrong("block %u of %s (a %s) has write %u, not one of %u to %u; the source is at %u", b, name,
                  slot->clone ? "clone" : "snapshot", now[b], slot->low[b], slot->high[b],
                  shared->started[b]);
        if (slot->seen && now[b] != slot->content[b])
            wrong("block %u of %s (a %s) has write %u now and had %u", b, name,
                  slot->clone ? "clone" : "snapshot", now[b], slot->content[b]);
        slot->content[b] = now[b];
    }
    slot->seen = true;
}

static void look(struct slot *slot)
{
    char name[32];
    replsvc_element_ref target;
    uint32_t now[BLOCKS];
    slot_name(slot, name);
    must(replsvc_element_find(service, name, &target), "find a replica");
    read_all(&target, now, name);
    compare_slot(slot, name, now);
}

static void change_mirror(uint64_t *s)
{
    replsvc_sync_ref sync;
    replsvc_sync_info info = {.size = sizeof(info)};
    must(replsvc_sync_find_by_target(service, &mirror, &sync), "find the mirror's relationship");
    must(replsvc_sync_get_info(service, &sync, &info), "look at the mirror");
    if (info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED && pick(s, 2) == 0)
        must(operate(&sync, REPLSVC_OPERATION_FRACTURE, REPLSVC_COPY_STATE_FRACTURED), "fracture the mirror");
    else if (info.copy_state == REPLSVC_COPY_STATE_FRACTURED)
        must(operate(&sync, REPLSVC_OPERATION_RESYNC_REPLICA, REPLSVC_COPY_STATE_SYNCHRONIZED),
             "resync the mirror");
}

static void work(void)
{
    pthread_t thread;
    uint64_t s = seed;
    open_service();
    for (uintptr_t i = 0; i < WRITERS; i++)
        if (pthread_create(&thread, NULL, writer, (void *)i) != 0)
            wrong("no thread");
    for (;;) {
        struct slot *slot = &shared->slots[pick(&s, SLOTS)];
        if (pick(&s, 4) == 0)
            change_mirror(&s);
        else if (slot->state == SLOT_FREE)
            take(slot, pick(&s, 3) == 0);
        else if (slot->state == SLOT_DONE && pick(&s, 2) == 0)
            look(slot);
        else if (slot->state == SLOT_DONE)
            drop(slot);
    }
}

/* ---- checkers ---- */

static void finish_jobs(void)
{
    replsvc_job_ref *jobs;
    size_t n;
    must(replsvc_job_list(service, &jobs, &n), "list the jobs");
    for (size_t i = 0; i < n; i++) {
        uint32_t code = replsvc_job_wait(service, &jobs[i], 60000);
        if (code == REPLSVC_TIMEOUT)
            wrong("job %s does not end", jobs[i].id);
    }
    replsvc_free(jobs);
}

static void check_source(uint32_t now[BLOCKS])
{
    read_all(&source, now, "the source");
    for (uint32_t b = 0; b < BLOCKS; b++) {
        if (now[b] < shared->acknowledged[b] || now[b] > shared->started[b])
            wrong("block %u of the source has write %u: %u was acknowledged, %u was the last begun", b,
                  now[b], shared->acknowledged[b], shared->started[b]);
        shared->acknowledged[b] = shared->started[b] = now[b]; /* an unfinished write has been decided */
    }
}

static void check_slot(struct slot *slot, const uint32_t last_started[BLOCKS])
{
    char name[32];
    replsvc_sync_ref sync;
    replsvc_sync_info info = {.size = sizeof(info)};
    replsvc_element_ref target;
    uint32_t now[BLOCKS];
    int state = slot->state;
    slot_name(slot, name);
    if (state == SLOT_FREE)
        return;
    if (state == SLOT_DROPPING) {
        drop(slot);
        return;
    }
    if (replsvc_sync_find(service, name, &sync) != REPLSVC_OK) {
        if (state == SLOT_DONE)
            wrong("%s is gone", name);
        drop(slot); /* its image, if it got so far */
        return;
    }
    must(replsvc_sync_get_info(service, &sync, &info), "look at a replica");
    if (state == SLOT_BEGUN && info.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED) {
        drop(slot);
        return;
    }
    if (info.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED)
        wrong("%s is in state %u: %s", name, info.copy_state, info.error_message);
    snprintf(target.id, sizeof(target.id), "%s", info.synced_element);
    read_all(&target, now, name);
    for (uint32_t b = 0; b < BLOCKS && state == SLOT_BEGUN; b++)
        slot->high[b] = last_started[b];
    compare_slot(slot, name, now);
    slot->state = SLOT_DONE;
}

/* A mirror that says it is in sync is equal, byte for byte, once the service has let go of it. */
static bool mirror_in_sync(void)
{
    replsvc_sync_ref sync;
    replsvc_sync_info info = {.size = sizeof(info)};
    must(replsvc_sync_find_by_target(service, &mirror, &sync), "find the mirror's relationship");
    must(replsvc_sync_get_info(service, &sync, &info), "look at the mirror");
    if (info.copy_state == REPLSVC_COPY_STATE_BROKEN || info.copy_state == REPLSVC_COPY_STATE_INVALID)
        wrong("the mirror is in state %u: %s", info.copy_state, info.error_message);
    return info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED;
}

static void compare_mirror(void)
{
    static unsigned char a[SIZE], b[SIZE];
    const char *const names[2] = {"source.img", "mirror.img"};
    for (int i = 0; i < 2; i++) {
        char path[192];
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        FILE *f = fopen(path, "re");
        if (f == NULL || fread(i == 0 ? a : b, 1, SIZE, f) != SIZE)
            wrong("%s cannot be read", path);
        fclose(f);
    }
    for (uint32_t n = 0; n < BLOCKS; n++)
        if (memcmp(a + (size_t)n * BLOCK, b + (size_t)n * BLOCK, BLOCK) != 0)
            wrong("the mirror is called synchronized, and block %u differs", n);
}

static void check(void)
{
    uint32_t last_started[BLOCKS], now[BLOCKS];
    for (int b = 0; b < BLOCKS; b++)
        last_started[b] = shared->started[b];
    open_service();
    finish_jobs();
    check_source(now);
    for (int i = 0; i < SLOTS; i++)
        check_slot(&shared->slots[i], last_started);
    bool in_sync = mirror_in_sync();
    replsvc_service_close(service);
    if (in_sync)
        compare_mirror();
}

/* The first process of all. */
static void prepare(void)
{
    char locator[192], pool_directory[192];
    snprintf(pool_directory, sizeof(pool_directory), "file:%s/pool", folder);
    must(replsvc_service_open(state_directory, NULL, &service), "open the service");
    must(replsvc_pool_register(service, "pool", pool_directory, NULL, &pool), "register the pool");
    snprintf(locator, sizeof(locator), "file:%s/source.img", folder);
    must(replsvc_element_register(service, "source", locator, NULL, &source), "register the source");
    snprintf(locator, sizeof(locator), "file:%s/mirror.img", folder);
    must(replsvc_element_register(service, "mirror", locator, NULL, &mirror), "register the mirror");
    must(replsvc_create_element_replica(service, NULL, REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_SYNCHRONOUS,
                                        &source, NULL, &mirror, NULL, NULL, NULL, NULL, NULL, NULL,
                                        REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0),
         "mirror the source");
    replsvc_service_close(service);
}

/* ---- the killer ---- */

static pid_t start(void (*what)(void))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        what();
        _exit(0);
    }
    return pid;
}

static void finish(pid_t pid)
{
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("what this process checked is wrong (status %d): REPLSVC_SEED=%llu", status,
                 (unsigned long long)seed);
}

/* Kills a worker once it has done so much more; a worker that ends by itself has found something wrong. */
static void kill_after(pid_t pid, unsigned long writes, unsigned replicas)
{
    unsigned long from = shared->writes;
    unsigned had = shared->replicas;
    int status;
    while (shared->writes - from < writes && shared->replicas - had < replicas) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid)
            fail_msg("the worker ended by itself: REPLSVC_SEED=%llu", (unsigned long long)seed);
        usleep(200); /* between two looks at how far it is */
    }
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
}

static void make_image(const char *name)
{
    char path[192];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), SIZE), 0);
    fclose(f);
}

static void nothing_is_lost_by_a_kill(void **state)
{
    (void)state;
    const char *given = getenv("REPLSVC_SEED");
    uint64_t s = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) * 1000 + (uint64_t)getpid();
    unsigned rounds = crash_long() ? 400 : 20;
    char command[256];
    print_message("REPLSVC_SEED=%llu\n", (unsigned long long)s);
    snprintf(folder, sizeof(folder), "%s/replsvc-kill-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(state_directory, sizeof(state_directory), "%s/state", folder);
    snprintf(command, sizeof(command), "mkdir '%s/pool'", folder);
    assert_int_equal(system(command), 0);
    make_image("source.img");
    make_image("mirror.img");
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    seed = s;
    finish(start(prepare));
    for (unsigned round = 0; round < rounds; round++) {
        seed = s + round;
        uint64_t r = seed;
        pid_t pid = start(work);
        kill_after(pid, 1 + pick(&r, 3000), 1 + (unsigned)pick(&r, 6));
        if (pick(&r, 4) == 0) { /* killed again while it recovers */
            pid = start(check);
            usleep((useconds_t)pick(&r, 20000));
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        finish(start(check));
    }
    print_message("%u kills, %lu writes, %u replicas: nothing was lost\n", rounds,
                  (unsigned long)shared->writes, shared->replicas);
    munmap(shared, sizeof(*shared));
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_is_lost_by_a_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
