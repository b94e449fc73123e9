/* phases.h - the cores and interpreter locks that the workers of a host share.
 *
 * A task goes through its phases: computing with a lock, computing without, waiting; so often as it
 * has visits. Those that compute share the cores equally (processor sharing): with more of them
 * than cores, each goes at the speed cores / number. Since all go at one speed, one clock of *work
 * per computing task* serves all: a phase ends when the clock has gone on by its demand. Locks are
 * given in order of asking. Not thread-safe. */
#ifndef TRD_SIM_PHASES_H
#define TRD_SIM_PHASES_H

#include "sim/arena.h"
#include "sim/event_queue.h"

#include <treadle/sim.h>

enum trd__phase {
    TRD__PHASE_HELD,
    TRD__PHASE_CPU,
    TRD__PHASE_WAIT,
    TRD__PHASE_END, /* nothing is left to do */
};

/* A phase of computing that goes on. */
struct trd__computing {
    double until; /* work at which it ends */
    uint64_t order;
    struct trd__sim_task *task;
};

/* Worker-time since the run began, by what it was spent on. */
struct trd__machine_times {
    double held_ns; /* on a core, holding a lock */
    double cpu_ns;  /* on a core without */
    double lock_ns; /* of a lock: held by somebody, on a core or not */
    double lock_wait_ns;
    double run_wait_ns;
    double wait_ns;
    double core_ns; /* that the cores had: the integral of their number */
};

struct trd__machine {
    double cores; /* 0: there is no machine */
    uint32_t gils;
    uint64_t handoff_ns;

    uint64_t at_ns;  /* up to which it has been told time */
    uint64_t due_ns; /* the next phase of computing ends; UINT64_MAX: none does */
    double work;     /* the clock */
    uint64_t added;
    struct trd__computing *heap; /* binary, on until and order */
    uint32_t count, capacity;
    uint32_t held_count;         /* computing with a lock */
    uint32_t lock_count;         /* locks held, or on their way */
    uint32_t waiting_count;      /* waiting for anything else */
    uint32_t lock_waiting_count; /* hand-offs included */
    struct trd__sim_task *first_waiting, *last_waiting;
    struct trd__machine_times times;
};

/** Memory for `workers` tasks at once. 0 or -ENOMEM. */
int trd__machine_open(struct trd__machine *machine, const struct trd_sim_machine *config,
                      uint32_t workers);
void trd__machine_close(struct trd__machine *machine);
/** Lets time pass. At most up to due_ns. */
void trd__machine_advance(struct trd__machine *machine, uint64_t now_ns);
/** The number of cores changes. */
void trd__machine_cores(struct trd__machine *machine, double cores);

/** `task` begins its first phase; its worker, visits and phase times are set. What follows later is
 * put into `queue` or is due. Says whether it has already ended. */
bool trd__machine_start(struct trd__machine *machine, struct trd__event_queue *queue,
                        struct trd__sim_task *task);
/** The phase that is due ends. The task whose phase it was has ended, or NULL. */
struct trd__sim_task *trd__machine_due(struct trd__machine *machine,
                                       struct trd__event_queue *queue);
/** The task has waited long enough: TRD__EVENT_PHASE. Says whether it has ended. */
bool trd__machine_waited(struct trd__machine *machine, struct trd__event_queue *queue,
                         struct trd__sim_task *task);
/** A lock has reached the task: TRD__EVENT_HANDOFF. */
void trd__machine_handed(struct trd__machine *machine, struct trd__sim_task *task);

#endif
