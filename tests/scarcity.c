/* scarcity.c - stands in for the functions of the C library that may refuse. */
#include "tests/scarcity.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/types.h>

#include "tests/check.h"

static _Atomic bool is_on;
static _Atomic bool is_for_all;
static _Atomic uint64_t refused_at;
static _Atomic uint64_t asked;   /* requests since scarcity began */
static _Atomic uint64_t refused; /* of them */
static _Atomic int64_t held;

/* Is this request to be refused? */
static bool is_refused(void) {
    if (!atomic_load(&is_on)) {
        return false;
    }
    const uint64_t number = atomic_fetch_add(&asked, 1), at = atomic_load(&refused_at);
    if (number == at || (number > at && atomic_load(&is_for_all))) {
        atomic_fetch_add(&refused, 1);
        errno = ENOMEM;
        return true;
    }
    return false;
}

static void *given(void *what) {
    atomic_fetch_add(&held, what != NULL);
    return what;
}

/* NAME as the linker calls it: the real one, and ours. */
#define SCARCE(type, name, parameters)                                                             \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters

SCARCE(void *, malloc, (size_t bytes)) {
    return is_refused() ? NULL : given(__real_malloc(bytes));
}

SCARCE(void *, calloc, (size_t count, size_t bytes)) {
    return is_refused() ? NULL : given(__real_calloc(count, bytes));
}

SCARCE(void *, realloc, (void *block, size_t bytes)) {
    if (is_refused()) {
        return NULL;
    }
    void *moved = __real_realloc(block, bytes);
    return block ? moved : given(moved);
}

SCARCE(void *, aligned_alloc, (size_t alignment, size_t bytes)) {
    return is_refused() ? NULL : given(__real_aligned_alloc(alignment, bytes));
}

SCARCE(int, posix_memalign, (void **block_out, size_t alignment, size_t bytes)) {
    if (is_refused()) {
        return ENOMEM;
    }
    const int failed = __real_posix_memalign(block_out, alignment, bytes);
    atomic_fetch_add(&held, failed == 0);
    return failed;
}

SCARCE(void, free, (void *block)) {
    atomic_fetch_sub(&held, block != NULL);
    __real_free(block);
}

SCARCE(char *, realpath, (const char *path, char *resolved)) {
    if (is_refused()) {
        return NULL;
    }
    char *found = __real_realpath(path, resolved);
    return resolved ? found : given(found);
}

/* Mappings are held page by page: parts of one may be given back. */
static int64_t pages(size_t bytes) {
    enum { PAGE = 4096 };
    return (int64_t)((bytes + PAGE - 1) / PAGE);
}

static void *mapped(void *what, size_t bytes) {
    atomic_fetch_add(&held, what == MAP_FAILED ? 0 : pages(bytes));
    return what;
}

SCARCE(void *, mmap,
       (void *address, size_t bytes, int protection, int flags, int file, off_t offset)) {
    return is_refused()
               ? MAP_FAILED
               : mapped(__real_mmap(address, bytes, protection, flags, file, offset), bytes);
}

SCARCE(void *, mmap64,
       (void *address, size_t bytes, int protection, int flags, int file, off_t offset)) {
    return is_refused()
               ? MAP_FAILED
               : mapped(__real_mmap64(address, bytes, protection, flags, file, offset), bytes);
}

SCARCE(int, munmap, (void *address, size_t bytes)) {
    atomic_fetch_sub(&held, pages(bytes));
    return __real_munmap(address, bytes);
}

SCARCE(FILE *, fopen, (const char *path, const char *mode)) {
    return is_refused() ? NULL : given(__real_fopen(path, mode));
}

SCARCE(FILE *, fopen64, (const char *path, const char *mode)) {
    return is_refused() ? NULL : given(__real_fopen64(path, mode));
}

SCARCE(int, fclose, (FILE * file)) {
    atomic_fetch_sub(&held, 1);
    return __real_fclose(file);
}

SCARCE(void *, __sched_cpualloc, (size_t count)) {
    return is_refused() ? NULL : given(__real___sched_cpualloc(count));
}

SCARCE(void, __sched_cpufree, (void *set)) {
    atomic_fetch_sub(&held, 1);
    __real___sched_cpufree(set);
}

SCARCE(int, pthread_create,
       (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)) {
    return is_refused() ? EAGAIN : __real_pthread_create(thread, attr, run, arg);
}

void scarcity_begin(enum scarcity_kind kind, uint64_t at) {
    atomic_store(&asked, 0);
    atomic_store(&refused, 0);
    atomic_store(&refused_at, at);
    atomic_store(&is_for_all, kind == SCARCITY_ALL);
    atomic_store(&is_on, true);
}

bool scarcity_end(void) {
    atomic_store(&is_on, false);
    return atomic_load(&refused) > 0;
}

int64_t scarcity_held(void) {
    return atomic_load(&held);
}

uint64_t scarcity_sweep(bool (*scene)(enum scarcity_kind kind, uint64_t at)) {
    enum { REQUESTS_MAX = 5000 }; /* a scene that asks for more never ends */
    uint64_t count = 0;
    for (int kind = SCARCITY_ONE; kind <= SCARCITY_ALL; kind++) {
        for (uint64_t at = 0;; at++) {
            const int64_t before = scarcity_held();
            const bool was_refused = scene((enum scarcity_kind)kind, at);
            if (scarcity_held() != before) {
                fail_msg("request %d, %s: %d more things are held than before", (int)at,
                         kind == SCARCITY_ONE ? "alone" : "and all after it",
                         (int)(scarcity_held() - before));
            }
            if (!was_refused) {
                break;
            }
            count++;
            assert_true(at < REQUESTS_MAX);
        }
    }
    return count;
}
