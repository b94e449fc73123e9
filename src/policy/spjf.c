/* spjf.c - shortest predicted job first.
 *
 * Idea: sjf for submitters who say nothing. Every callable class keeps a moving average of its run
 * times; the class with the smallest one is served next, its tasks in order of acceptance. A class
 * without history comes first, so that it has one soon; equals by their oldest task. Not the tasks
 * are ordered but the classes: when a prediction moves, one entry of the heap moves.
 * Source: M. Mitzenmacher, "Scheduling with predictions and the price of misprediction", ITCS 2020;
 * with the mean as prediction it is the c-mu rule among classes (Cox and Smith, Queues, 1961).
 * Does badly: when run times differ within a class more than between classes; classes predicted
 * long starve while short ones keep coming, and learn nothing new meanwhile.
 * Cost: O(log k) for k classes with something queued, at push, pop and remove.
 */
#include <treadle/policy.h>

#include "base/heap.h"
#include "base/list.h"

enum { NEWEST };

static const struct trd_param spjf_params[] = {
    [NEWEST] = {"newest", "share of the newest run in the prediction", 0.125, 0.001, 1.0},
    {0},
};

/* A class that has something queued stands in the heap, by its ticket: the first member, so that
 * ticket and class are one address. */
struct spjf_class {
    struct trd_task ticket;
    struct trd_list queue;
    double run_ns; /* predicted; 0 without history */
};

static struct spjf_class *class_of(struct trd_task *ticket) {
    return (struct spjf_class *)(void *)ticket;
}

static bool spjf_is_before(struct trd_task *a, struct trd_task *b) {
    const struct spjf_class *class_a = class_of(a);
    const struct spjf_class *class_b = class_of(b);
    if (class_a->run_ns < class_b->run_ns || class_a->run_ns > class_b->run_ns) {
        return class_a->run_ns < class_b->run_ns;
    }
    return class_a->queue.first->sequence < class_b->queue.first->sequence;
}

static void spjf_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                      uint64_t now_ns) {
    (void)worker, (void)now_ns; /* what it calls is all that counts */
    struct spjf_class *class = trd_policy_class(env, task->class_index);
    const bool is_first = !class->queue.first;
    trd__list_append(&class->queue, task);
    if (is_first) {
        trd__heap_push(env->state, &class->ticket, spjf_is_before);
    }
}

static void spjf_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct spjf_class *class = trd_policy_class(env, task->class_index);
    const bool is_oldest = class->queue.first == task;
    if (is_oldest) { /* the class's place hangs on its oldest task */
        trd__heap_remove(env->state, &class->ticket, spjf_is_before);
    }
    trd__list_remove(&class->queue, task);
    if (is_oldest && class->queue.first) {
        trd__heap_push(env->state, &class->ticket, spjf_is_before);
    }
}

static struct trd_task *spjf_any(const struct trd_policy_env *env) {
    const struct trd_heap *classes = env->state;
    return classes->root ? class_of(classes->root)->queue.first : NULL;
}

static struct trd_pop spjf_pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = spjf_any(env);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    spjf_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static void spjf_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                     uint64_t run_ns) {
    (void)worker; /* any */
    if (task->state != TRD_TASK_DONE) {
        return; /* a slice, or a run that was cut short, says nothing about the whole */
    }
    struct spjf_class *class = trd_policy_class(env, task->class_index);
    const struct trd_attr *attr = trd_task_attr(task);
    const double total_ns = (double)(attr ? attr->attained_ns : run_ns);
    const bool is_queued = class->queue.first != NULL;
    if (is_queued) {
        trd__heap_remove(env->state, &class->ticket, spjf_is_before);
    }
    class->run_ns += (class->run_ns > 0.0 ? env->params[NEWEST] : 1.0) * (total_ns - class->run_ns);
    if (is_queued) {
        trd__heap_push(env->state, &class->ticket, spjf_is_before);
    }
}

const struct trd_policy trd__policy_spjf = {
    .name = "spjf",
    .summary = "smallest cost first, as predicted from the callable's runs",
    .source = "Mitzenmacher, ITCS 2020",
    .params = spjf_params,
    .pool_bytes = sizeof(struct trd_heap),
    .class_bytes = sizeof(struct spjf_class),
    .push = spjf_push,
    .pop = spjf_pop,
    .remove = spjf_remove,
    .any = spjf_any,
    .ran = spjf_ran,
};
