/* plant.h - a machine on paper for pool-size controllers: cores, interpreter locks, and tasks that
 * compute, compute without the lock, and wait.
 *
 * Time goes in steps of 0.1 ms. In a step at most `gils` tasks hold a lock (0: none is needed), at
 * most `cores` compute, and every waiting task waits on. Deterministic for a seed. */
#ifndef TESTS_CONTRACT_PLANT_H
#define TESTS_CONTRACT_PLANT_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/rng.h>
#include <treadle/sizer.h>

enum { PLANT_WORKERS = 256 };

struct plant_task {
    double locked_ms, free_ms, wait_ms; /* compute with the lock, without it, wait */
};

struct plant {
    struct trd_sizer_spec spec;
    struct trd_sizer_env env;
    struct trd_rng rng;
    double cores, gils;
    uint32_t workers_min, workers_max;
    struct plant_task mean; /* of exponential times */
    double serial_ms;       /* > 0: the waits go one at a time, each that long (a foreign lock) */
    uint64_t backlog;       /* tasks waiting; UINT64_MAX never ends */
    bool is_measured;       /* waits for locks and cores, and who holds a lock */
    uint32_t blocked;       /* said to be in a blocking region */

    uint32_t workers, wanted;
    struct plant_task left[PLANT_WORKERS]; /* what each busy worker's task still needs */
    bool is_busy[PLANT_WORKERS];
    uint64_t start_ns[PLANT_WORKERS];
    uint32_t turn; /* who gets the first lock or core */
    uint64_t now_ns, tick_ns;
    uint64_t finished, finished_at_tick;
    uint64_t busy_ns, cpu_ns, run_ns, held_ns, lock_wait_ns, core_wait_ns;
};

/** A plant with the sizer `text`; the state is freed by plant_close(). */
void plant_open(struct plant *plant, const char *text, double cores, double gils);
void plant_close(struct plant *plant);
/** Asks the sizer. */
void plant_tell(struct plant *plant, enum trd_cause cause);
/** Lets `ms` pass. */
void plant_run(struct plant *plant, double ms);

#endif
