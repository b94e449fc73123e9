/* gittins.c - the largest Gittins index first.
 *
 * Idea: a task of unknown length is worth the best ratio, over all times it may be given, of the
 * chance that it ends within that time to the time this is expected to take. Both come from a
 * histogram of what the tasks of its callable class have needed, an octave a bucket, and from the
 * service that it has attained. So a class whose tasks either end soon or run for ever is tried at
 * once, and a task that did not end soon makes way. Tasks that run to their end in one go can only
 * be stopped there: their index is one over the class's mean run time, and the rule is SEPT,
 * shortest expected processing time; so it is for resumable tasks of every class that is new better
 * than used in expectation. A class without history comes first; equals by their oldest task.
 * Source: J. C. Gittins, Multi-armed Bandit Allocation Indices, 1989; S. Aalto, U. Ayesta and
 * R. Righter, "On the Gittins index in the M/G/1 queue", Queueing Systems 63, 2009.
 * Does badly: while a histogram is still empty, or when a class's law changes quickly; an early end
 * counts only as far as it is beyond chance (three standard errors), so rare ones are learnt late.
 * Cost: O(log k + octaves) for k classes with something queued, at push, pop and remove; an index
 * takes O(octaves^2), every 32 completions of its class.
 */
#include <treadle/policy.h>

#include "base/heap.h"
#include "base/list.h"

enum {
    OCTAVES = 32,     /* of service, from a microsecond to half an hour; the last has no end */
    CELLS,            /* one an octave of age; and, last, tasks that run to their end in one go */
    OCTAVE_LOG2 = 10, /* the first ends at 2^10 ns */
    EVERY = 32,       /* completions between two looks at the histogram */
    FORGET_AT = 4096, /* completions after which all counts are halved */
};

/* A class that has something queued stands in the heap, by its ticket: the first member, so that
 * ticket and class are one address. */
struct gittins_class {
    struct trd_task ticket;
    struct trd_list cell[CELLS]; /* queued tasks by age */
    double index[CELLS];         /* per nanosecond */
    uint64_t sum_ns[OCTAVES];    /* of the finished tasks' service, by octave of that */
    uint32_t count[OCTAVES];
    uint32_t total; /* of `count`; 0: no history, and the indices mean nothing */
    uint32_t best;  /* the cell that is served next, while any holds a task */
};

static struct gittins_class *class_of(struct trd_task *ticket) {
    return (struct gittins_class *)(void *)ticket;
}

static uint32_t octave_of(uint64_t service_ns) {
    const uint64_t units = service_ns >> OCTAVE_LOG2;
    const uint32_t octave = units ? 64 - (uint32_t)__builtin_clzll(units) : 0;
    return octave < OCTAVES ? octave : OCTAVES - 1;
}

static double octave_begin(uint32_t octave) {
    return octave ? (double)(UINT64_C(1) << (OCTAVE_LOG2 + octave - 1)) : 0.0;
}

static uint32_t cell_of(struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    return attr && (task->flags & TRD_TASK_RESUMABLE) ? octave_of(attr->attained_ns) : OCTAVES;
}

static struct trd_task *oldest(const struct gittins_class *class) {
    return class->cell[class->best].first;
}

static double index_of(const struct gittins_class *class, uint32_t cell) {
    return class->total ? class->index[cell] : HUGE_VAL;
}

static bool gittins_is_before(struct trd_task *a, struct trd_task *b) {
    const struct gittins_class *class_a = class_of(a);
    const struct gittins_class *class_b = class_of(b);
    const double index_a = index_of(class_a, class_a->best);
    const double index_b = index_of(class_b, class_b->best);
    if (index_a < index_b || index_a > index_b) {
        return index_a > index_b;
    }
    return oldest(class_a)->sequence < oldest(class_b)->sequence;
}

/* The best a task of this age can be: see the idea above. */
static double gittins_index(const struct gittins_class *class, uint32_t age) {
    const double age_ns = octave_begin(age);
    double alive = 0.0, done = 0.0, work_ns = 0.0, best = 0.0;
    for (uint32_t octave = age; octave < OCTAVES; octave++) {
        alive += class->count[octave];
    }
    for (uint32_t octave = age; octave < OCTAVES && done < alive; octave++) {
        const double count = class->count[octave];
        done += count;
        work_ns += (double)class->sum_ns[octave] - count * age_ns;
        const double rest_ns = (alive - done) * (octave_begin(octave + 1) - age_ns);
        const double chance = done < alive ? 1.0 - 3.0 / sqrt(fmax(done, 9.0)) : 1.0;
        best = fmax(best, chance * done / fmax(work_ns + rest_ns, 1.0));
    }
    /* It has outlived all that is known: it will take as long again. */
    return alive > 0.0 ? best : 1.0 / fmax(age_ns, 1.0);
}

static void look_at_history(struct gittins_class *class) {
    double sum_ns = 0.0;
    for (uint32_t octave = 0; octave < OCTAVES; octave++) {
        class->index[octave] = gittins_index(class, octave);
        sum_ns += (double)class->sum_ns[octave];
    }
    class->index[OCTAVES] = class->total / fmax(sum_ns, 1.0);
}

/* Halves the counts, the odd ones upwards: the rare long runs are what must not be forgotten. */
static void fade_history(struct gittins_class *class) {
    class->total = 0;
    for (uint32_t octave = 0; octave < OCTAVES; octave++) {
        const uint32_t count = class->count[octave];
        class->count[octave] = (count + 1) / 2;
        class->sum_ns[octave] = count ? class->sum_ns[octave] / count * class->count[octave] : 0;
        class->total += class->count[octave];
    }
}

/* Chooses the best cell and takes the class's place among the others. */
static void class_enter(const struct trd_policy_env *env, struct gittins_class *class) {
    bool is_any = false;
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        const struct trd_task *first = class->cell[cell].first;
        if (!first) {
            continue;
        }
        const double index = index_of(class, cell), best = index_of(class, class->best);
        if (!is_any || index > best ||
            (!(index < best) && first->sequence < oldest(class)->sequence)) {
            class->best = cell;
        }
        is_any = true;
    }
    if (is_any) {
        trd__heap_push(env->state, &class->ticket, gittins_is_before);
    }
}

static void class_leave(const struct trd_policy_env *env, struct gittins_class *class) {
    if (oldest(class)) {
        trd__heap_remove(env->state, &class->ticket, gittins_is_before);
    }
}

static void gittins_push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                         uint64_t now_ns) {
    (void)worker, (void)now_ns; /* what it calls and what it has attained is all that counts */
    struct gittins_class *class = trd_policy_class(env, task->class_index);
    struct trd_list *cell = &class->cell[cell_of(task)];
    if (cell->first) {
        trd__list_append(cell, task);
        return;
    }
    class_leave(env, class);
    trd__list_append(cell, task);
    class_enter(env, class);
}

static void gittins_remove(const struct trd_policy_env *env, struct trd_task *task) {
    struct gittins_class *class = trd_policy_class(env, task->class_index);
    struct trd_list *cell = &class->cell[cell_of(task)];
    if (cell->first != task) {
        trd__list_remove(cell, task);
        return;
    }
    class_leave(env, class);
    trd__list_remove(cell, task);
    class_enter(env, class);
}

static struct trd_task *gittins_any(const struct trd_policy_env *env) {
    const struct trd_heap *classes = env->state;
    return classes->root ? oldest(class_of(classes->root)) : NULL;
}

static struct trd_pop gittins_pop(const struct trd_policy_env *env, uint32_t worker,
                                  uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any worker, at any time */
    struct trd_task *task = gittins_any(env);
    if (!task) {
        return (struct trd_pop){NULL, TRD_FATE_NONE};
    }
    gittins_remove(env, task);
    return (struct trd_pop){task, TRD_FATE_RUN};
}

static void gittins_ran(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                        uint64_t run_ns) {
    (void)worker; /* any */
    if (task->state != TRD_TASK_DONE) {
        return; /* a slice, or a run that was cut short, says nothing about the whole */
    }
    struct gittins_class *class = trd_policy_class(env, task->class_index);
    const struct trd_attr *attr = trd_task_attr(task);
    const uint64_t total_ns = attr ? attr->attained_ns : run_ns;
    const uint32_t octave = octave_of(total_ns);
    class_leave(env, class);
    class->sum_ns[octave] += total_ns;
    class->count[octave]++;
    class->total++;
    if (class->total % EVERY == 0 || class->total < EVERY) {
        look_at_history(class);
    }
    if (class->total >= FORGET_AT) {
        fade_history(class);
    }
    class_enter(env, class);
}

const struct trd_policy trd__policy_gittins = {
    .name = "gittins",
    .summary = "best chance to end soon first, as the callable's history has it",
    .source = "Gittins, 1989; Aalto, Ayesta and Righter, Queueing Systems 63, 2009",
    .pool_bytes = sizeof(struct trd_heap),
    .class_bytes = sizeof(struct gittins_class),
    .push = gittins_push,
    .pop = gittins_pop,
    .remove = gittins_remove,
    .any = gittins_any,
    .ran = gittins_ran,
};
