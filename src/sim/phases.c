/* phases.c - processor sharing, locks and hand-offs in virtual time. */
#include "sim/phases.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* What rounding may leave of a phase's work, ns; times of events are whole. */
#define ROUNDING_NS 1e-3

int trd__machine_open(struct trd__machine *machine, const struct trd_sim_machine *config,
                      uint32_t workers) {
    *machine = (struct trd__machine){.due_ns = UINT64_MAX};
    if (config->cores <= 0.0) {
        return 0;
    }
    machine->cores = config->cores;
    machine->gils = config->gils;
    machine->handoff_ns = (uint64_t)(config->handoff_ns + 0.5);
    machine->capacity = workers;
    machine->heap = calloc(workers, sizeof *machine->heap);
    return machine->heap ? 0 : -ENOMEM;
}

void trd__machine_close(struct trd__machine *machine) {
    free(machine->heap);
    machine->heap = NULL;
}

static double machine_speed(const struct trd__machine *machine) {
    return machine->count > machine->cores ? machine->cores / machine->count : 1.0;
}

void trd__machine_advance(struct trd__machine *machine, uint64_t now_ns) {
    const double passed_ns = (double)(now_ns - machine->at_ns);
    const double done_ns = passed_ns * machine_speed(machine);
    struct trd__machine_times *times = &machine->times;
    machine->at_ns = now_ns;
    machine->work += done_ns;
    times->held_ns += done_ns * machine->held_count;
    times->cpu_ns += done_ns * (machine->count - machine->held_count);
    times->lock_ns += passed_ns * machine->held_count;
    times->lock_wait_ns += passed_ns * machine->lock_waiting_count;
    times->run_wait_ns += (passed_ns - done_ns) * machine->count;
    times->wait_ns += passed_ns * machine->waiting_count;
    times->core_ns += passed_ns * machine->cores;
}

/* Finds when the next phase of computing ends. */
static void machine_plan(struct trd__machine *machine) {
    if (machine->count == 0) {
        machine->due_ns = UINT64_MAX;
        machine->work = 0.0; /* small numbers are exact numbers */
        return;
    }
    const double left = machine->heap[0].until - machine->work;
    const double wall_ns = left > ROUNDING_NS ? ceil(left / machine_speed(machine)) : 0.0;
    machine->due_ns = machine->at_ns + (uint64_t)wall_ns;
}

void trd__machine_cores(struct trd__machine *machine, double cores) {
    machine->cores = cores;
    machine_plan(machine);
}

static bool computing_is_before(const struct trd__computing *a, const struct trd__computing *b) {
    return a->until != b->until ? a->until < b->until : a->order < b->order;
}

/* Does the phase that the task computes in hold a lock? */
static bool machine_has_lock(const struct trd__machine *machine, const struct trd__sim_task *task) {
    return task->phase == TRD__PHASE_HELD && machine->gils > 0;
}

static void machine_compute(struct trd__machine *machine, struct trd__sim_task *task) {
    const struct trd__computing computing = {machine->work + task->phase_ns[task->phase],
                                             machine->added++, task};
    uint32_t at = machine->count++;
    assert(machine->count <= machine->capacity);
    for (; at > 0 && computing_is_before(&computing, &machine->heap[(at - 1) / 2]);
         at = (at - 1) / 2) {
        machine->heap[at] = machine->heap[(at - 1) / 2];
    }
    machine->heap[at] = computing;
    machine->held_count += machine_has_lock(machine, task);
}

static struct trd__sim_task *machine_take(struct trd__machine *machine) {
    struct trd__computing *heap = machine->heap;
    struct trd__sim_task *task = heap[0].task;
    const struct trd__computing last = heap[--machine->count];
    uint32_t at = 0;
    for (uint32_t child = 1; child < machine->count; child = 2 * at + 1) {
        if (child + 1 < machine->count && computing_is_before(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!computing_is_before(&heap[child], &last)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    machine->held_count -= machine_has_lock(machine, task);
    return task;
}

static void machine_lock(struct trd__machine *machine, struct trd__sim_task *task) {
    if (machine->lock_count < machine->gils) {
        machine->lock_count++;
        machine_compute(machine, task);
        return;
    }
    task->next_waiting = NULL;
    if (machine->last_waiting) {
        machine->last_waiting->next_waiting = task;
    } else {
        machine->first_waiting = task;
    }
    machine->last_waiting = task;
    machine->lock_waiting_count++;
}

/* The lock goes to whoever has waited longest, or is free. */
static void machine_unlock(struct trd__machine *machine, struct trd__event_queue *queue) {
    struct trd__sim_task *next = machine->first_waiting;
    if (!next) {
        machine->lock_count--;
        return;
    }
    machine->first_waiting = next->next_waiting;
    if (!machine->first_waiting) {
        machine->last_waiting = NULL;
    }
    if (machine->handoff_ns > 0) {
        trd__event_queue_add(queue, machine->at_ns + machine->handoff_ns, TRD__EVENT_HANDOFF,
                             next->worker);
    } else {
        trd__machine_handed(machine, next);
    }
}

void trd__machine_handed(struct trd__machine *machine, struct trd__sim_task *task) {
    machine->lock_waiting_count--;
    machine_compute(machine, task);
    machine_plan(machine);
}

/* Enters `phase`, or the first one after it that takes time. Says whether there is none. */
static bool machine_enter(struct trd__machine *machine, struct trd__event_queue *queue,
                          struct trd__sim_task *task, enum trd__phase phase) {
    for (;; phase++) {
        if (phase == TRD__PHASE_END) {
            if (task->visits_left == 0) {
                return true;
            }
            task->visits_left--;
            phase = TRD__PHASE_HELD;
        }
        if (task->phase_ns[phase] > 0.0) {
            break;
        }
    }
    task->phase = phase;
    if (phase == TRD__PHASE_WAIT) {
        const uint64_t wait_ns = (uint64_t)(task->phase_ns[phase] + 0.5);
        machine->waiting_count++;
        trd__event_queue_add(queue, machine->at_ns + wait_ns, TRD__EVENT_PHASE, task->worker);
    } else if (phase == TRD__PHASE_HELD && machine->gils > 0) {
        machine_lock(machine, task);
    } else {
        machine_compute(machine, task);
    }
    return false;
}

bool trd__machine_start(struct trd__machine *machine, struct trd__event_queue *queue,
                        struct trd__sim_task *task) {
    const bool has_ended = machine_enter(machine, queue, task, TRD__PHASE_HELD);
    machine_plan(machine);
    return has_ended;
}

struct trd__sim_task *trd__machine_due(struct trd__machine *machine,
                                       struct trd__event_queue *queue) {
    struct trd__sim_task *ended = NULL;
    if (machine->heap[0].until - machine->work <= ROUNDING_NS) {
        struct trd__sim_task *task = machine_take(machine);
        if (machine_has_lock(machine, task)) {
            machine_unlock(machine, queue);
        }
        if (machine_enter(machine, queue, task, task->phase + 1)) {
            ended = task;
        }
    }
    machine_plan(machine);
    return ended;
}

bool trd__machine_waited(struct trd__machine *machine, struct trd__event_queue *queue,
                         struct trd__sim_task *task) {
    machine->waiting_count--;
    const bool has_ended = machine_enter(machine, queue, task, TRD__PHASE_END);
    machine_plan(machine);
    return has_ended;
}
