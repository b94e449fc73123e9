/* hill_climb.c - lays a square wave on the size and looks for its echo in the rate.
 *
 * Idea: the size goes up and down with a period of four samples. The component of that period in
 * the rate of finished tasks, over the one in the size (Goertzel's filter), is what more workers
 * bring; 15 % of it is asked for as their price. Neighbouring periods show how much is noise. The
 * size moves with the square of the ratio times its certainty, at most 4 workers a second.
 * Source: Hellerstein, Morrison, Eilebrecht, FeBID 2008; .NET, PortableThreadPool.HillClimbing.
 * Does badly: needs 3 to 50 s where many workers are right, then swings about the size for ever;
 * sees nothing when nothing finishes; mixed tasks drown the echo.
 * Cost: O(1) a tick, O(samples) a sample.
 */
#include "base/sizing.h"

#include <treadle/rng.h>

#define TICK_NS UINT64_C(10000000)
#define PRICE 0.15           /* of the gain that a worker must bring */
#define NOISE_SMOOTHING 0.01 /* of the mean noise, a sample */
#define SIGNAL_TO_NOISE 3.0
#define PER_SECOND 4.0 /* workers, with full certainty */
#define PER_SAMPLE 20.0
#define WAVE_MAX 20.0
#define SAMPLE_ERROR 0.15 /* (workers - 1) / finished: above, the sample goes on */
#define CPU_FULL 0.95

enum { PERIOD = 4, SAMPLES = 32, SAMPLE_MIN_MS = 10, SAMPLE_MAX_MS = 200, HILL_FIRST = 2 };

struct hill_climb {
    struct trd__window window;
    double cpu_ns, sample_ns;
    double rates[SAMPLES], sizes[SAMPLES]; /* rings */
    uint64_t count;                        /* samples ever */
    double centre, noise;
    uint32_t size;
    struct trd_rng rng;
};

struct hill_wave {
    double real, imaginary;
};

static void hill_climb_draw(struct hill_climb *hill) {
    const uint64_t span = SAMPLE_MAX_MS - SAMPLE_MIN_MS + 1;
    hill->sample_ns = 1e6 * (double)(SAMPLE_MIN_MS + trd_rng_below(&hill->rng, span));
}

static void hill_climb_open(const struct trd_sizer_env *env) {
    struct hill_climb *hill = env->state;
    trd_rng_init(&hill->rng, 0);
    hill_climb_draw(hill);
}

/* The component of period `period` (in samples) in the last `count` values. */
static struct hill_wave hill_climb_wave(const struct hill_climb *hill, const double *ring,
                                        uint64_t count, double period) {
    const double angle = 2.0 * 3.14159265358979323846 / period;
    const double cosine = cos(angle);
    const double sine = sqrt(1.0 - cosine * cosine); /* the angle is at most pi */
    double q1 = 0.0;
    double q2 = 0.0;
    for (uint64_t i = 0; i < count; i++) {
        const double q0 = 2.0 * cosine * q1 - q2 + ring[(hill->count - count + i) % SAMPLES];
        q2 = q1;
        q1 = q0;
    }
    const double n = (double)count;
    return (struct hill_wave){(q1 - q2 * cosine) / n, q2 * sine / n};
}

static double hill_climb_mean(const struct hill_climb *hill, const double *ring, uint64_t count) {
    double sum = 0.0;
    for (uint64_t i = 0; i < count; i++) {
        sum += ring[(hill->count - count + i) % SAMPLES];
    }
    return sum / (double)count;
}

static double hill_climb_magnitude(struct hill_wave wave) {
    return sqrt(wave.real * wave.real + wave.imaginary * wave.imaginary);
}

/* How far the periods next to the wave's are from silent, relative to the mean rate. */
static double hill_climb_noise(const struct hill_climb *hill, uint64_t count, double mean) {
    const double n = (double)count;
    const double periods = (double)(count / PERIOD);
    const struct hill_wave below = hill_climb_wave(hill, hill->rates, count, n / (periods + 1.0));
    const struct hill_wave above = hill_climb_wave(hill, hill->rates, count, n / (periods - 1.0));
    return fmax(hill_climb_magnitude(below), hill_climb_magnitude(above)) / mean;
}

/* What the last waves say: -1 (fewer) to 1 (more), less when they are not sure. */
static double hill_climb_advice(struct hill_climb *hill) {
    const uint64_t seen = hill->count - 1 < SAMPLES ? hill->count - 1 : SAMPLES;
    const uint64_t count = seen / PERIOD * PERIOD;
    if (count <= PERIOD) {
        return 0.0;
    }
    const double rate = hill_climb_mean(hill, hill->rates, count);
    const double size = hill_climb_mean(hill, hill->sizes, count);
    if (!(rate > 0.0 && size > 0.0)) {
        return 0.0;
    }
    const double now = hill_climb_noise(hill, count, rate);
    hill->noise = hill->noise > 0.0 ? hill->noise + NOISE_SMOOTHING * (now - hill->noise) : now;
    const struct hill_wave echo = hill_climb_wave(hill, hill->rates, count, PERIOD);
    const struct hill_wave wave = hill_climb_wave(hill, hill->sizes, count, PERIOD);
    const double length = hill_climb_magnitude(wave);
    if (!(length > 0.0)) {
        return 0.0;
    }
    const double in_phase = (echo.real * wave.real + echo.imaginary * wave.imaginary) / rate;
    const double ratio = in_phase * size / (length * length) - PRICE;
    const double noise = fmax(hill->noise, now);
    const double certainty = noise > 0.0 ? length / size / noise / SIGNAL_TO_NOISE : 1.0;
    return fmax(-1.0, fmin(1.0, ratio)) * fmin(1.0, certainty);
}

/* Ends a sample: moves the centre, and the wave on it. */
static void hill_climb_sample(struct hill_climb *hill, const struct trd_sample *sample) {
    hill->rates[hill->count % SAMPLES] = hill->window.finished / hill->window.ns * 1e9;
    hill->sizes[hill->count % SAMPLES] = hill->size;
    hill->count++;
    const double advice = hill_climb_advice(hill);
    const double seconds = hill->window.ns / 1e9;
    double move = fmin(advice * fabs(advice) * PER_SECOND * seconds, PER_SAMPLE);
    if (move > 0.0 && hill->cpu_ns > CPU_FULL * sample->cores * hill->window.ns) {
        move = 0.0;
    }
    const double height =
        fmax(1.0, fmin(WAVE_MAX, floor(0.5 + 2.0 * SIGNAL_TO_NOISE * hill->centre * hill->noise)));
    hill->centre = fmin(hill->centre + move, (double)sample->workers_max - height);
    hill->centre = fmax(hill->centre, trd__size(0.0, sample));
    const bool is_high = hill->count / (PERIOD / 2) % 2 == 1;
    const uint32_t size = trd__size(hill->centre + (is_high ? height : 0.0), sample);
    const bool is_least = advice < 0.0 && size == trd__size(0.0, sample);
    if (size != hill->size) {
        hill_climb_draw(hill);
    }
    hill->size = size;
    hill->sample_ns *= is_least && hill->sample_ns < 1e9 ? fmax(1.0, -10.0 * advice) : 1.0;
    hill->window = (struct trd__window){0};
    hill->cpu_ns = 0.0;
}

static uint32_t hill_climb_resize(const struct trd_sizer_env *env,
                                  const struct trd_sample *sample) {
    struct hill_climb *hill = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        hill->centre = trd__size(fmax(hill->centre, HILL_FIRST), sample);
        hill->size = trd__size(hill->centre, sample);
        return hill->size;
    }
    trd__window_add(&hill->window, sample);
    hill->cpu_ns += (double)sample->cpu_ns;
    const bool is_sure = (double)hill->size - 1.0 < SAMPLE_ERROR * hill->window.finished;
    if (hill->window.ns >= hill->sample_ns && hill->window.ns > 0.0 &&
        (is_sure || hill->count == 0)) {
        hill_climb_sample(hill, sample);
    }
    return hill->size;
}

const struct trd_sizer trd__sizer_hill_climb = {
    .name = "hill_climb",
    .summary = "a square wave on the size, its echo in the rate: .NET's law",
    .source = "Hellerstein, Morrison, Eilebrecht, FeBID 2008; .NET PortableThreadPool",
    .state_bytes = sizeof(struct hill_climb),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = TICK_NS,
    .open = hill_climb_open,
    .resize = hill_climb_resize,
};
