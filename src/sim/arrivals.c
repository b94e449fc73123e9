/* arrivals.c - the arrival processes.
 *
 * A Poisson process whose rate changes at known instants is drawn piece by piece: a gap that would
 * pass the next change is cut there and drawn anew, which loses nothing, for the exponential law
 * has no memory. A rate that changes all the time is thinned (Lewis and Shedler 1979).
 */
#include "sim/arrivals.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "sim/sim_config.h"

#define NEVER_NS UINT64_MAX
#define PERIOD_MAX_NS 1e17 /* a time on or off is not drawn longer */

/* An exponential gap, unless it ends after `until_ns`: then goes there and says false. */
static bool arrivals_pass_until(struct trd__arrivals *arrivals, double mean_ns, uint64_t until_ns) {
    const double gap_ns = trd__arrivals_exponential(arrivals, mean_ns);
    if (gap_ns + arrivals->rest_ns >= (double)(until_ns - arrivals->at_ns)) {
        arrivals->at_ns = until_ns;
        arrivals->rest_ns = 0.0;
        return false;
    }
    trd__arrivals_pass(arrivals, gap_ns);
    return true;
}

static uint64_t whole_ns(double ns) {
    return (uint64_t)(ns < PERIOD_MAX_NS ? ns + 0.5 : PERIOD_MAX_NS);
}

/* MMPP. */

static uint64_t mmpp_sojourn(struct trd__arrivals *arrivals) {
    const struct trd_sim_mmpp *mmpp = &arrivals->config->mmpp;
    const double mean_ns = arrivals->is_burst ? mmpp->burst_ns : mmpp->calm_ns;
    return 1 + whole_ns(trd__arrivals_exponential(arrivals, mean_ns));
}

static void mmpp_open(struct trd__arrivals *arrivals) {
    const struct trd_sim_mmpp *mmpp = &arrivals->config->mmpp;
    const double cycle_ns = mmpp->calm_ns + mmpp->burst_ns;
    const double calm_part = (mmpp->calm_ns + mmpp->ratio * mmpp->burst_ns) / cycle_ns;
    arrivals->gaps_ns[0] = arrivals->gap_ns * calm_part;
    arrivals->gaps_ns[1] = arrivals->gaps_ns[0] / mmpp->ratio;
    arrivals->is_burst = trd_rng_double(&arrivals->rng) * cycle_ns < mmpp->burst_ns;
    arrivals->switch_ns = mmpp_sojourn(arrivals);
}

static void mmpp_next(struct trd__arrivals *arrivals) {
    while (!arrivals_pass_until(arrivals, arrivals->gaps_ns[arrivals->is_burst],
                                arrivals->switch_ns)) {
        arrivals->is_burst = !arrivals->is_burst;
        arrivals->switch_ns += mmpp_sojourn(arrivals);
    }
}

/* Batches. */

static uint32_t batch_draw(struct trd__arrivals *arrivals) {
    const struct trd_sim_batch *batch = &arrivals->config->batch;
    if (batch->is_fixed || batch->mean <= 1.0) {
        return (uint32_t)batch->mean;
    }
    const double above = trd__arrivals_exponential(arrivals, 1.0) / -log1p(-1.0 / batch->mean);
    return 1 + (uint32_t)(above < 1e9 ? above : 1e9);
}

static void batch_next(struct trd__arrivals *arrivals) {
    if (arrivals->batch_left == 0) {
        trd__arrivals_pass(
            arrivals,
            trd__arrivals_exponential(arrivals, arrivals->gap_ns * arrivals->config->batch.mean));
        arrivals->batch_left = batch_draw(arrivals);
    }
    arrivals->batch_left--;
}

/* On/off sources. */

static double pareto(struct trd__arrivals *arrivals, double low, double alpha) {
    return low * exp(trd__arrivals_exponential(arrivals, 1.0) / alpha);
}

static uint64_t on_off_period(struct trd__arrivals *arrivals, bool is_on) {
    const struct trd_sim_on_off *on_off = &arrivals->config->on_off;
    const double mean_ns = is_on ? on_off->on_ns : on_off->off_ns;
    const double low_ns = mean_ns * (on_off->alpha - 1.0) / on_off->alpha;
    return 1 + whole_ns(pareto(arrivals, low_ns, on_off->alpha));
}

/* What is left of a period that began long ago: its law has the density P(period > x) / mean. */
static uint64_t on_off_rest(struct trd__arrivals *arrivals, bool is_on) {
    const struct trd_sim_on_off *on_off = &arrivals->config->on_off;
    const double mean_ns = is_on ? on_off->on_ns : on_off->off_ns;
    const double below = (on_off->alpha - 1.0) / on_off->alpha;
    const double low_ns = mean_ns * below;
    if (trd_rng_double(&arrivals->rng) < below) {
        return 1 + whole_ns(low_ns * trd_rng_double(&arrivals->rng));
    }
    return 1 + whole_ns(pareto(arrivals, low_ns, on_off->alpha - 1.0));
}

static void on_off_sink(struct trd__arrivals *arrivals, uint32_t at) {
    struct trd__on_off *heap = arrivals->sources;
    const uint32_t count = arrivals->config->on_off.sources;
    const struct trd__on_off source = heap[at];
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && heap[child + 1].toggle_ns < heap[child].toggle_ns) {
            child++;
        }
        if (heap[child].toggle_ns >= source.toggle_ns) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = source;
}

static int on_off_open(struct trd__arrivals *arrivals) {
    const struct trd_sim_on_off *on_off = &arrivals->config->on_off;
    const double on_part = on_off->on_ns / (on_off->on_ns + on_off->off_ns);
    arrivals->sources = calloc(on_off->sources, sizeof *arrivals->sources);
    if (!arrivals->sources) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < on_off->sources; i++) {
        const bool is_on = trd_rng_double(&arrivals->rng) < on_part;
        arrivals->sources[i] = (struct trd__on_off){on_off_rest(arrivals, is_on), is_on};
        arrivals->on_count += is_on;
    }
    for (uint32_t i = on_off->sources / 2 + 1; i > 0; i--) {
        on_off_sink(arrivals, i - 1);
    }
    arrivals->gap_of_one_ns = arrivals->gap_ns * on_off->sources * on_part;
    return 0;
}

static void on_off_next(struct trd__arrivals *arrivals) {
    struct trd__on_off *first = arrivals->sources;
    for (;;) {
        if (arrivals->on_count == 0) {
            arrivals->at_ns = first->toggle_ns;
            arrivals->rest_ns = 0.0;
        } else if (arrivals_pass_until(arrivals, arrivals->gap_of_one_ns / arrivals->on_count,
                                       first->toggle_ns)) {
            return;
        }
        first->is_on = !first->is_on;
        arrivals->on_count = first->is_on ? arrivals->on_count + 1 : arrivals->on_count - 1;
        first->toggle_ns += on_off_period(arrivals, first->is_on);
        on_off_sink(arrivals, 0);
    }
}

/* Diurnal. */

static void diurnal_next(struct trd__arrivals *arrivals) {
    const struct trd_sim_diurnal *diurnal = &arrivals->config->diurnal;
    const double highest = 1.0 + diurnal->amplitude;
    for (;;) {
        trd__arrivals_pass(arrivals,
                           trd__arrivals_exponential(arrivals, arrivals->gap_ns / highest));
        const double turns = fmod((double)arrivals->at_ns, diurnal->period_ns) / diurnal->period_ns;
        const double rate = 1.0 + diurnal->amplitude * sin(6.283185307179586 * turns);
        if (trd_rng_double(&arrivals->rng) * highest < rate) {
            return;
        }
    }
}

/* Traces. */

static bool trace_has_service(const struct trd__arrivals *arrivals) {
    const struct trd_sim_arrival *pending = &arrivals->pending;
    if (arrivals->config->machine.cores > 0.0) {
        return pending->held_ns > 0 || pending->cpu_ns > 0 || pending->wait_ns > 0;
    }
    return pending->service_ns > 0;
}

static int trace_next(struct trd__arrivals *arrivals, struct trd_error *error) {
    const struct trd_sim_feed *trace = &arrivals->config->trace;
    const uint64_t before_ns = arrivals->at_ns;
    struct trd_error said = {""};
    arrivals->pending = (struct trd_sim_arrival){0};
    const int got = trace->next(trace->context, &arrivals->pending, &said);
    if (got <= 0) {
        arrivals->at_ns = NEVER_NS;
        if (got < 0) {
            trd__sim_say(error, "%s", said.message);
        }
        return got;
    }
    arrivals->trace_count++;
    arrivals->at_ns = arrivals->pending.at_ns;
    if (arrivals->at_ns < before_ns || arrivals->at_ns == NEVER_NS) {
        trd__sim_say(error,
                     "trace: arrival %" PRIu64 " at %" PRIu64 " ns comes before the one at %" PRIu64
                     " ns: arrivals must be in order",
                     arrivals->trace_count, arrivals->at_ns, before_ns);
        return -EINVAL;
    }
    if (arrivals->pending.client_index >= arrivals->config->client_count) {
        trd__sim_say(error, "trace: arrival %" PRIu64 " is of client %u of %zu",
                     arrivals->trace_count, arrivals->pending.client_index,
                     arrivals->config->client_count);
        return -EINVAL;
    }
    if (arrivals->pending.has_service && !trace_has_service(arrivals)) {
        trd__sim_say(error, "trace: arrival %" PRIu64 " asks for no service: at least 1 ns",
                     arrivals->trace_count);
        return -EINVAL;
    }
    return 0;
}

int trd__arrivals_next(struct trd__arrivals *arrivals, struct trd_error *error) {
    switch (arrivals->config->arrivals) {
    case TRD_SIM_POISSON:
        trd__arrivals_pass_poisson(arrivals);
        return 0;
    case TRD_SIM_CLOSED:
        arrivals->at_ns = NEVER_NS;
        return 0;
    case TRD_SIM_PERIODIC:
        trd__arrivals_pass(arrivals, arrivals->gap_ns);
        return 0;
    case TRD_SIM_MMPP:
        mmpp_next(arrivals);
        return 0;
    case TRD_SIM_BATCH_POISSON:
        batch_next(arrivals);
        return 0;
    case TRD_SIM_ON_OFF:
        on_off_next(arrivals);
        return 0;
    case TRD_SIM_DIURNAL:
        diurnal_next(arrivals);
        return 0;
    case TRD_SIM_TRACE:
        return trace_next(arrivals, error);
    }
    assert(false); /* the process was checked */
    return 0;
}

int trd__arrivals_open(struct trd__arrivals *arrivals, const struct trd_sim_config *config,
                       const struct trd__ziggurat *ziggurat, const struct trd_rng *rng,
                       struct trd_error *error) {
    *arrivals = (struct trd__arrivals){.config = config, .ziggurat = ziggurat, .rng = *rng};
    arrivals->gap_ns = config->rate_per_s > 0.0 ? 1e9 / config->rate_per_s : 0.0;
    if (config->arrivals == TRD_SIM_MMPP) {
        mmpp_open(arrivals);
    }
    if (config->arrivals == TRD_SIM_ON_OFF && on_off_open(arrivals)) {
        return -ENOMEM;
    }
    return trd__arrivals_next(arrivals, error);
}

void trd__arrivals_rate(struct trd__arrivals *arrivals, double rate_per_s, uint64_t now_ns) {
    arrivals->gap_ns = 1e9 / rate_per_s;
    arrivals->at_ns = now_ns;
    arrivals->rest_ns = 0.0;
    (void)trd__arrivals_next(arrivals, NULL); /* only a trace can fail */
}

void trd__arrivals_close(struct trd__arrivals *arrivals) {
    free(arrivals->sources);
}
