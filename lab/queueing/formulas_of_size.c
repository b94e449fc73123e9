/* formulas_of_size.c - formulas in which the size of a task counts: shortest first, with and
 * without interruption, least served first, shared service.
 *
 * Means over sizes are integrals over the laws: sums over their atoms, and Gauss-Legendre rules in
 * the logarithm of the size, cut where another law jumps. A task with the same size as another
 * that came earlier goes after it: that is why loads are taken below a size and up to it. */
#include "lab/queueing/formulas.h"

#include "lab/queueing/quadrature.h"
#include "lab/queueing/sizes.h"

#include <math.h>

/* Sum over the streams of lambda_i E[S_i^power; S_i <= size], or < size. */
static double sum_up_to(const struct lab_stream *streams, size_t count, unsigned power,
                        double size) {
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate * trd_sim_time_moment(&streams[i].service, power, size);
    }
    return sum;
}

static double sum_below(const struct lab_stream *streams, size_t count, unsigned power,
                        double size) {
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate * lab_size_moment_below(&streams[i].service, power, size);
    }
    return sum;
}

/* Sum over the streams of lambda_i P(S_i > size). */
static double rate_beyond(const struct lab_stream *streams, size_t count, double size) {
    double sum = 0.0;

    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate * lab_size_tail(&streams[i].service, size);
    }
    return sum;
}

/* A wait for work `found` that those up to the task's size prolong when they come before it, and
 * those below it also when they come later. */
static double prolonged(const struct lab_stream *streams, size_t count, double found, double size) {
    return found / ((1.0 - sum_up_to(streams, count, 1, size)) *
                    (1.0 - sum_below(streams, count, 1, size)));
}

static double sjf_wait(const struct lab_stream *streams, size_t count, double size) {
    return prolonged(streams, count, lab_theory_sum(streams, count, 2) / 2.0, size);
}

static double psjf_wait(const struct lab_stream *streams, size_t count, double size) {
    return prolonged(streams, count, sum_up_to(streams, count, 2, size) / 2.0, size);
}

/* Larger tasks that have shrunk to this size count, too. */
static double srpt_wait(const struct lab_stream *streams, size_t count, double size) {
    double shrunk = size * size * rate_beyond(streams, count, size);

    return prolonged(streams, count, (sum_up_to(streams, count, 2, size) + shrunk) / 2.0, size);
}

/* Everybody is served up to this size before this task gets its last bit. */
static double fb_response(const struct lab_stream *streams, size_t count, double size) {
    double beyond = rate_beyond(streams, count, size);
    double load = sum_up_to(streams, count, 1, size) + size * beyond;
    double found = (sum_up_to(streams, count, 2, size) + size * size * beyond) / 2.0;

    return found / ((1.0 - load) * (1.0 - load)) + size / (1.0 - load);
}

struct sizes {
    enum lab_discipline discipline;
    const struct lab_stream *streams;
    size_t count;
    const struct lab_stream *of;
};

/* Under SRPT a task's residence: every bit of it is done at the rate left by what is smaller. */
static double residence_step(const void *context, double size) {
    const struct sizes *sizes = context;

    return 1.0 / (1.0 - sum_below(sizes->streams, sizes->count, 1, size));
}

static double residence_left(const void *context, double size) {
    const struct sizes *sizes = context;

    return lab_size_tail(&sizes->of->service, size) * residence_step(context, size);
}

/* The part of a response that is a closed expression of the size. */
static double expression(const void *context, double size) {
    const struct sizes *sizes = context;
    const struct lab_stream *streams = sizes->streams;
    size_t count = sizes->count;

    switch (sizes->discipline) {
    case LAB_DISCIPLINE_SJF:
        return sjf_wait(streams, count, size) + size;
    case LAB_DISCIPLINE_PSJF:
        return psjf_wait(streams, count, size) + size / (1.0 - sum_below(streams, count, 1, size));
    case LAB_DISCIPLINE_SRPT:
        return srpt_wait(streams, count, size);
    case LAB_DISCIPLINE_FB:
        return fb_response(streams, count, size);
    case LAB_DISCIPLINE_PS:
        return size / (1.0 - lab_theory_sum(streams, count, 1));
    }
    return NAN;
}

double lab_theory_response_of_size(enum lab_discipline discipline, const struct lab_stream *streams,
                                   size_t count, double size_ns) {
    const struct sizes sizes = {discipline, streams, count, NULL};
    double response = expression(&sizes, size_ns);

    if (discipline == LAB_DISCIPLINE_SRPT) {
        response += lab_integral_up_to(streams, count, size_ns, residence_step, &sizes);
    }
    return response;
}

static double response_of_stream(const struct sizes *sizes) {
    double mean =
        lab_integral_over_law(sizes->streams, sizes->count, &sizes->of->service, expression, sizes);

    if (sizes->discipline == LAB_DISCIPLINE_SRPT) {
        mean += lab_integral_up_to(sizes->streams, sizes->count, INFINITY, residence_left, sizes);
    }
    return mean;
}

double lab_theory_response(enum lab_discipline discipline, const struct lab_stream *streams,
                           size_t count, const struct lab_stream *of) {
    double sum = 0.0;

    if (discipline == LAB_DISCIPLINE_PS) { /* the mean says it all */
        double mean = of != NULL
                          ? trd_sim_time_moment(&of->service, 1, INFINITY)
                          : lab_theory_sum(streams, count, 1) / lab_theory_sum(streams, count, 0);

        return mean / (1.0 - lab_theory_sum(streams, count, 1));
    }
    if (of != NULL) {
        return response_of_stream(&(struct sizes){discipline, streams, count, of});
    }
    for (size_t i = 0; i < count; i++) {
        sum += streams[i].rate *
               response_of_stream(&(struct sizes){discipline, streams, count, &streams[i]});
    }
    return sum / lab_theory_sum(streams, count, 0);
}
