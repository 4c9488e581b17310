/* SPDX-License-Identifier: BSD-2-Clause */
/* The store: transactions, restarts, checkpoints, damage, lack of memory, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "state/store.h"
#include "state/store_format.h"
#include "support/tempdir.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/crc32c.h"

#define JOURNAL "journal-0000000000000001"
#define CHECKPOINT "checkpoint-0000000000000001"
#define RECORDS 11000

struct world {
    char dir[TEMPDIR_SIZE];
    struct vfs *vfs;
    struct store *store;
    char error[256];
};

static int world_open(struct world *w)
{
    assert_int_equal(vfs_posix_open(w->dir, false, &w->vfs), 0);
    int r = store_open(w->vfs, &w->store, w->error, sizeof w->error);
    if (r) {
        w->vfs->ops->close(w->vfs);
        w->vfs = NULL;
        w->store = NULL;
    }
    return r;
}

static void world_close(struct world *w)
{
    store_close(w->store);
    w->vfs->ops->close(w->vfs);
    w->store = NULL;
    w->vfs = NULL;
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    tempdir_make(w->dir);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    if (w->store)
        world_close(w);
    tempdir_remove(w->dir);
    free(w);
    return 0;
}

static int put(struct store *s, uint8_t kind, const char *id, const char *text)
{
    struct store_txn *t = store_begin(s);
    if (!t)
        return -ENOMEM;
    int r = store_put(t, kind, id, text, strlen(text));
    if (r) {
        store_abort(t);
        return r;
    }
    return store_commit(t);
}

/* All records as one line: "kind:id=text ". */
struct text {
    char line[4096];
    size_t len;
};

static int append(void *user, uint8_t kind, const char *id, const void *blob, size_t len)
{
    struct text *t = user;
    t->len += (size_t)snprintf(t->line + t->len, sizeof t->line - t->len, "%u:%s=%.*s ", kind, id, (int)len,
                               (const char *)blob);
    return 0;
}

static const char *content(struct store *s, uint8_t kind)
{
    static struct text t;
    t.len = 0;
    t.line[0] = '\0';
    assert_int_equal(store_each(s, kind, append, &t), 0);
    return t.line;
}

static int count_one(void *user, uint8_t kind, const char *id, const void *blob, size_t len)
{
    (void)kind, (void)id, (void)blob, (void)len;
    ++*(size_t *)user;
    return 0;
}

static size_t count(struct store *s)
{
    size_t n = 0;
    assert_int_equal(store_each(s, 0, count_one, &n), 0);
    return n;
}

static void a_committed_transaction_survives_a_restart(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "a", "x"), 0);
    assert_int_equal(put(w->store, 2, "a", ""), 0);
    assert_int_equal(put(w->store, 1, "b", "y"), 0);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_string_equal(content(w->store, 0), "1:a=x 2:a= 1:b=y ");
    assert_string_equal(content(w->store, 1), "1:a=x 1:b=y ");
}

static void records_come_in_order_of_creation(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "z", "1"), 0);
    assert_int_equal(put(w->store, 1, "m", "2"), 0);
    assert_int_equal(put(w->store, 1, "a", "3"), 0);
    assert_int_equal(put(w->store, 1, "m", "changed"), 0);
    struct store_txn *t = store_begin(w->store);
    assert_int_equal(store_delete(t, 1, "z"), 0);
    assert_int_equal(store_put(t, 1, "z", "4", 1), 0);
    assert_int_equal(store_commit(t), 0);
    const char *expected = "1:m=changed 1:a=3 1:z=4 ";
    assert_string_equal(content(w->store, 0), expected);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_string_equal(content(w->store, 0), expected);
    assert_int_equal(store_checkpoint(w->store), 0);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_string_equal(content(w->store, 0), expected);
}

static void an_aborted_transaction_changes_nothing(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "a", "x"), 0);
    struct store_txn *t = store_begin(w->store);
    assert_int_equal(store_put(t, 1, "b", "y", 1), 0);
    assert_int_equal(store_delete(t, 1, "a"), 0);
    store_abort(t);
    assert_int_equal(store_commit(store_begin(w->store)), 0); /* nor does an empty one */
    assert_string_equal(content(w->store, 0), "1:a=x ");
}

static void deleting_what_is_not_there_is_no_error(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    struct store_txn *t = store_begin(w->store);
    assert_int_equal(store_delete(t, 1, "nobody"), 0);
    assert_int_equal(store_commit(t), 0);
    assert_int_equal(count(w->store), 0);
}

static void bad_keys_and_huge_blobs_are_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    struct store_txn *t = store_begin(w->store);
    assert_int_equal(store_put(t, 0, "a", "x", 1), -EINVAL);
    assert_int_equal(store_put(t, 1, "", "x", 1), -EINVAL);
    assert_int_equal(store_put(t, 1, "a", "x", SIZE_MAX / 2), -EFBIG);
    store_abort(t);
}

static void a_second_opener_is_told_so_at_once(void **state)
{
    struct world *w = *state, second = {.vfs = NULL};
    assert_int_equal(world_open(w), 0);
    memcpy(second.dir, w->dir, sizeof second.dir);
    assert_int_equal(world_open(&second), -EBUSY);
    assert_non_null(strstr(second.error, "in use"));
    /* Another process too: this program, run anew. */
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "store", "--open", w->dir, (char *)NULL);
        _exit(99);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EBUSY);
    assert_int_equal(put(w->store, 1, "a", "x"), 0);
    world_close(w);
    assert_int_equal(world_open(&second), 0);
    assert_string_equal(content(second.store, 0), "1:a=x ");
    world_close(&second);
}

static void a_checkpoint_begins_a_new_generation_and_keeps_the_one_before(void **state)
{
    struct world *w = *state;
    char name[STORE_NAME_SIZE], path[TEMPDIR_SIZE + STORE_NAME_SIZE + 1];
    assert_int_equal(world_open(w), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(put(w->store, 1, "a", "xyz"), 0);
        assert_int_equal(store_checkpoint(w->store), 0);
    }
    for (unsigned generation = 1; generation <= 5; generation++)
        for (enum store_file_kind kind = STORE_CHECKPOINT; kind <= STORE_JOURNAL; kind++) {
            store_file_name(kind, generation, name);
            (void)snprintf(path, sizeof path, "%s/%s", w->dir, name);
            assert_int_equal(access(path, F_OK), generation >= 4 ? 0 : -1);
        }
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_string_equal(content(w->store, 0), "1:a=xyz ");
}

/* Puts the files of two generations back as they were: healing writes a third. */
struct files {
    unsigned char *bytes[2][2];
    size_t len[2][2];
};

static void save_files(struct world *w, struct files *f)
{
    char name[STORE_NAME_SIZE];
    for (unsigned i = 0; i < 4; i++) {
        store_file_name(i & 1 ? STORE_JOURNAL : STORE_CHECKPOINT, 1 + i / 2, name);
        f->bytes[i / 2][i & 1] = tempdir_read(w->dir, name, &f->len[i / 2][i & 1]);
    }
}

static void restore_files(struct world *w, const struct files *f)
{
    char name[STORE_NAME_SIZE];
    tempdir_remove(w->dir);
    assert_int_equal(mkdir(w->dir, 0700), 0);
    for (unsigned i = 0; i < 4; i++) {
        store_file_name(i & 1 ? STORE_JOURNAL : STORE_CHECKPOINT, 1 + i / 2, name);
        tempdir_write(w->dir, name, f->bytes[i / 2][i & 1], f->len[i / 2][i & 1]);
    }
}

static void a_damaged_checkpoint_is_had_again_from_the_generation_before(void **state)
{
    struct world *w = *state;
    struct files f;
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "a", "x"), 0);
    assert_int_equal(put(w->store, 1, "b", "y"), 0);
    assert_int_equal(store_checkpoint(w->store), 0);
    assert_int_equal(put(w->store, 1, "c", "z"), 0);
    world_close(w);
    save_files(w, &f);
    for (size_t i = 0; i < f.len[1][0]; i += 5) {
        f.bytes[1][0][i] ^= 0x10;
        restore_files(w, &f);
        f.bytes[1][0][i] ^= 0x10;
        for (int again = 0; again < 2; again++) {
            assert_int_equal(world_open(w), 0);
            assert_string_equal(content(w->store, 0), "1:a=x 1:b=y 1:c=z ");
            world_close(w);
        }
    }
    for (unsigned i = 0; i < 4; i++)
        free(f.bytes[i / 2][i & 1]);
}

/* ---- damage ---- */

/* The small store that is damaged below: three transactions of which the last has two parts. */
static const char *const states[] = {"", "1:a=one ", "1:a=one 1:b=two ", "1:b=two 2:c=three 2:d=four "};

static void make_small_store(struct world *w)
{
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "a", "one"), 0);
    assert_int_equal(put(w->store, 1, "b", "two"), 0);
    struct store_txn *t = store_begin(w->store);
    assert_int_equal(store_delete(t, 1, "a"), 0);
    assert_int_equal(store_put(t, 2, "c", "three", 5), 0);
    assert_int_equal(store_put(t, 2, "d", "four", 4), 0);
    assert_int_equal(store_commit(t), 0);
    world_close(w);
}

/* Opens the store with that journal: it must be in a state that it once was in, or refuse by name. */
static bool opens_or_says_why(struct world *w, const char *name, const unsigned char *bytes, size_t len)
{
    tempdir_write(w->dir, name, bytes, len);
    int r = world_open(w);
    if (r) {
        assert_true(r == -EUCLEAN || r == -EPROTO);
        assert_non_null(strstr(w->error, name));
        return false;
    }
    bool legal = false;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        legal |= strcmp(content(w->store, 0), states[i]) == 0;
    assert_true(legal);
    world_close(w);
    return true;
}

static size_t used_bytes(const unsigned char *bytes, size_t len)
{
    while (len && bytes[len - 1] == 0)
        len--;
    return len;
}

static void a_flipped_byte_in_the_journal_gives_an_earlier_state_or_an_error(void **state)
{
    struct world *w = *state;
    size_t len;
    make_small_store(w);
    unsigned char *bytes = tempdir_read(w->dir, JOURNAL, &len);
    size_t used = used_bytes(bytes, len), refused = 0;
    for (size_t i = 0; i < used + 8; i++) {
        bytes[i] ^= 0xff;
        refused += !opens_or_says_why(w, JOURNAL, bytes, len);
        bytes[i] ^= 0xff;
    }
    /* The header and the first two frames are in the middle: none of their bytes may be lost silently. */
    assert_true(refused > used / 2);
    free(bytes);
}

static void a_journal_cut_short_anywhere_gives_an_earlier_state(void **state)
{
    struct world *w = *state;
    size_t len;
    make_small_store(w);
    unsigned char *bytes = tempdir_read(w->dir, JOURNAL, &len);
    size_t used = used_bytes(bytes, len);
    for (size_t cut = 0; cut <= used; cut++)
        assert_int_equal(opens_or_says_why(w, JOURNAL, bytes, cut), cut >= STORE_HEADER_SIZE);
    free(bytes);
}

static void a_zeroed_sector_before_later_transactions_is_an_error(void **state)
{
    struct world *w = *state;
    size_t len;
    make_small_store(w);
    unsigned char *bytes = tempdir_read(w->dir, JOURNAL, &len);
    memset(bytes + STORE_HEADER_SIZE, 0, FRAME_HEADER_SIZE + 12); /* the whole first frame */
    assert_false(opens_or_says_why(w, JOURNAL, bytes, len));
    assert_non_null(strstr(w->error, "offset 64"));
    free(bytes);
}

static void a_damaged_only_checkpoint_is_an_error_that_changes_nothing(void **state)
{
    struct world *w = *state;
    size_t len, after_len;
    make_small_store(w);
    unsigned char *bytes = tempdir_read(w->dir, CHECKPOINT, &len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] ^= 0x01;
        assert_false(opens_or_says_why(w, CHECKPOINT, bytes, len));
        unsigned char *after = tempdir_read(w->dir, CHECKPOINT, &after_len);
        assert_int_equal(after_len, len);
        assert_memory_equal(after, bytes, len);
        free(after);
        bytes[i] ^= 0x01;
        assert_false(opens_or_says_why(w, CHECKPOINT, bytes, i));
    }
    assert_true(opens_or_says_why(w, CHECKPOINT, bytes, len));
    free(bytes);
}

static void a_missing_file_is_an_error(void **state)
{
    struct world *w = *state;
    char path[TEMPDIR_SIZE + STORE_NAME_SIZE + 1];
    make_small_store(w);
    (void)snprintf(path, sizeof path, "%s/%s", w->dir, CHECKPOINT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(world_open(w), -EUCLEAN);
    assert_non_null(strstr(w->error, "missing"));
}

static void a_newer_version_is_refused_and_left_alone(void **state)
{
    struct world *w = *state;
    size_t len;
    make_small_store(w);
    unsigned char *bytes = tempdir_read(w->dir, CHECKPOINT, &len);
    /* What a later library would write: its version, its checksum. */
    bytes[8] = 2;
    put_le32(bytes + 12, 0);
    put_le32(bytes + 12, crc32c(0, bytes, STORE_HEADER_SIZE));
    tempdir_write(w->dir, CHECKPOINT, bytes, len);
    assert_int_equal(world_open(w), -EPROTO);
    assert_non_null(strstr(w->error, "newer version"));
    free(bytes);
}

/* ---- lack of memory ---- */

static void lack_of_memory_fails_a_call_and_changes_nothing(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    assert_int_equal(put(w->store, 1, "a", "one"), 0);
    int r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = put(w->store, 1, "b", "two");
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
        assert_string_equal(content(w->store, 0), r ? states[1] : states[2]);
    }
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = store_checkpoint(w->store);
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
        assert_string_equal(content(w->store, 0), states[2]);
    }
    store_close(w->store);
    w->store = NULL;
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = store_open(w->vfs, &w->store, NULL, 0);
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
    }
    assert_string_equal(content(w->store, 0), states[2]);
}

/* ---- many ---- */

static void fill(struct store *s, unsigned n)
{
    char id[32], blob[400];
    memset(blob, 'b', sizeof blob);
    struct store_txn *t = store_begin(s);
    for (unsigned i = 0; i < n; i++) {
        (void)snprintf(id, sizeof id, "element-%u", i);
        assert_int_equal(store_put(t, 1, id, blob, sizeof blob), 0);
    }
    assert_int_equal(store_commit(t), 0);
}

static void thousands_of_records_come_back(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    fill(w->store, RECORDS);
    assert_int_equal(count(w->store), RECORDS);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_int_equal(count(w->store), RECORDS);
}

static void the_journal_is_checkpointed_before_it_grows_long(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_open(w), 0);
    for (unsigned i = 0; i < 60; i++)
        fill(w->store, 100);
    char path[TEMPDIR_SIZE + STORE_NAME_SIZE + 1];
    (void)snprintf(path, sizeof path, "%s/checkpoint-0000000000000002", w->dir);
    assert_int_equal(access(path, F_OK), 0);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_int_equal(count(w->store), 100);
}

#define THREADS 8
#define PER_THREAD 40

struct worker {
    struct store *store;
    unsigned number;
    int result;
};

static void *commit_many(void *arg)
{
    struct worker *k = arg;
    char id[32];
    for (unsigned i = 0; i < PER_THREAD && k->result == 0; i++) {
        (void)snprintf(id, sizeof id, "%u-%u", k->number, i);
        k->result = put(k->store, 1, id, "x");
        size_t n = 0;
        if (k->result == 0 && i % 8 == 0)
            k->result = store_each(k->store, 1, count_one, &n);
        if (k->result == 0 && i % 16 == 15)
            k->result = store_checkpoint(k->store);
    }
    return NULL;
}

static void threads_commit_at_once(void **state)
{
    struct world *w = *state;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    assert_int_equal(world_open(w), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){w->store, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, commit_many, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].result, 0);
    }
    assert_int_equal(count(w->store), THREADS * PER_THREAD);
    world_close(w);
    assert_int_equal(world_open(w), 0);
    assert_int_equal(count(w->store), THREADS * PER_THREAD);
}

/* `store --open DIR`: what another process gets, as exit code. */
static int open_only(const char *dir)
{
    struct vfs *vfs;
    struct store *store;
    int r = vfs_posix_open(dir, false, &vfs);
    if (r == 0) {
        r = store_open(vfs, &store, NULL, 0);
        if (r == 0)
            store_close(store);
        vfs->ops->close(vfs);
    }
    return -r;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--open") == 0)
        return open_only(argv[2]);
    const struct CMUnitTest tests[] = {
        TEST(a_committed_transaction_survives_a_restart),
        TEST(records_come_in_order_of_creation),
        TEST(an_aborted_transaction_changes_nothing),
        TEST(deleting_what_is_not_there_is_no_error),
        TEST(bad_keys_and_huge_blobs_are_refused),
        TEST(a_second_opener_is_told_so_at_once),
        TEST(a_checkpoint_begins_a_new_generation_and_keeps_the_one_before),
        TEST(a_damaged_checkpoint_is_had_again_from_the_generation_before),
        TEST(a_flipped_byte_in_the_journal_gives_an_earlier_state_or_an_error),
        TEST(a_journal_cut_short_anywhere_gives_an_earlier_state),
        TEST(a_zeroed_sector_before_later_transactions_is_an_error),
        TEST(a_damaged_only_checkpoint_is_an_error_that_changes_nothing),
        TEST(a_missing_file_is_an_error),
        TEST(a_newer_version_is_refused_and_left_alone),
        TEST(lack_of_memory_fails_a_call_and_changes_nothing),
        TEST(thousands_of_records_come_back),
        TEST(the_journal_is_checkpointed_before_it_grows_long),
        TEST(threads_commit_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
