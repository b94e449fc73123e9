/* usl.c - fits the universal scalability law to the rates it has seen and goes to its peak.
 *
 * Idea: the rate at N workers is g N / (1 + s (N - 1) + k N (N - 1)): s is the part that cannot be
 * shared, k what workers cost each other. N / rate is a parabola in N, so least squares over the
 * windows seen, older ones fading, gives all three. The size is the smallest whose fitted rate is
 * within `near` of the best; sizes around it are visited in turn to keep the fit alive.
 * Source: N. Gunther, Guerrilla Capacity Planning, Springer, 2007.
 * Does badly: rates that level off without falling fit k near 0, and the peak moves far out; five
 * sizes must be visited before there is a fit, and visiting costs.
 * Cost: O(1) a tick, O(N) a window.
 */
#include "base/sizing.h"

#define PERIOD_NS UINT64_C(10000000)
#define FADE 0.98 /* a window: about fifty of them count */

enum { USL_WINDOW = 50, USL_VISITS = 5, USL_MOST = 10000 };

struct usl {
    struct trd__window window;
    double moments[5]; /* fading sums of weight x N^0 .. N^4 */
    double goals[3];   /* fading sums of weight x N^0 .. N^2 x (N / rate) */
    double size;       /* what the fit says */
    double largest;    /* visited; the fit is trusted up to twice that */
    uint32_t visits;
    double now; /* the size being visited */
};

/* The size to visit next: first doubling, then around what the fit says. */
static double usl_visit(struct usl *usl) {
    static const double around[USL_VISITS] = {1.0, 0.7, 1.0, 1.4, 1.2};
    if (usl->visits < USL_VISITS) {
        return ldexp(1.0, (int)usl->visits);
    }
    return round(usl->size * around[usl->visits % USL_VISITS]);
}

/* Adds a window: N workers did `rate`. Relative errors count, so the weight is rate^2 / N^2. */
static void usl_learn(struct usl *usl, double workers, double rate) {
    const double goal = workers / rate;
    double term = 1.0 / (goal * goal);
    for (int power = 0; power < 5; power++) {
        usl->moments[power] = FADE * usl->moments[power] + term;
        if (power < 3) {
            usl->goals[power] = FADE * usl->goals[power] + term * goal;
        }
        term *= workers;
    }
    usl->largest = workers > usl->largest ? workers : usl->largest;
}

static double usl_determinant(double m[3][3]) {
    return m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) -
           m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
           m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
}

/* The parabola a0 + a1 N + a2 N^2 for N / rate, by Cramer's rule. False: not enough sizes yet. */
static bool usl_fit(const struct usl *usl, double parabola[3]) {
    double m[3][3];
    for (int row = 0; row < 3; row++) {
        for (int column = 0; column < 3; column++) {
            m[row][column] = usl->moments[row + column];
        }
    }
    const double whole = usl_determinant(m);
    const double scale = m[0][0] * m[1][1] * m[2][2];
    if (!(whole > 1e-9 * scale) || !isfinite(scale)) {
        return false;
    }
    for (int column = 0; column < 3; column++) {
        double replaced[3][3];
        memcpy(replaced, m, sizeof m);
        for (int row = 0; row < 3; row++) {
            replaced[row][column] = usl->goals[row];
        }
        parabola[column] = usl_determinant(replaced) / whole;
    }
    return true;
}

/* The smallest size whose fitted rate is at least `near` of the best one up to `most`. */
static double usl_best(const double parabola[3], double near, double most) {
    double best = 0.0;
    double size = 1.0;
    for (int pass = 0; pass < 2; pass++) {
        for (double n = 1.0; n <= most; n += 1.0) {
            const double time = parabola[0] + n * (parabola[1] + n * parabola[2]);
            const double rate = time > 0.0 ? n / time : 0.0;
            if (pass == 1 && rate >= near * best) {
                return n;
            }
            best = rate > best ? rate : best;
            size = n;
        }
    }
    return size;
}

static uint32_t usl_resize(const struct trd_sizer_env *env, const struct trd_sample *sample) {
    struct usl *usl = env->state;
    if (sample->cause == TRD_CAUSE_OPEN) {
        usl->now = trd__size(trd__at_least(usl->now, 1.0), sample);
        return trd__size(usl->now, sample);
    }
    trd__window_add(&usl->window, sample);
    if (usl->window.finished < USL_WINDOW) {
        return trd__size(usl->now, sample);
    }
    const double ns = trd__at_least(usl->window.ns, 1.0);
    double parabola[3];
    usl_learn(usl, trd__at_least(usl->window.busy_ns / ns, 0.1), usl->window.finished / ns * 1e6);
    usl->visits = usl->visits < 1000 * USL_VISITS ? usl->visits + 1 : USL_VISITS;
    if (usl_fit(usl, parabola)) {
        const double reach = fmin(2.0 * usl->largest, fmin(sample->workers_max, USL_MOST));
        usl->size = usl_best(parabola, env->params[0], reach);
    }
    usl->now = trd__size(usl_visit(usl), sample);
    usl->window = (struct trd__window){0};
    return trd__size(usl->now, sample);
}

static const struct trd_param usl_params[] = {
    {"near", "share of the fitted best rate that is enough", 0.98, 0.5, 1.0},
    {0},
};

const struct trd_sizer trd__sizer_usl = {
    .name = "usl",
    .summary = "the peak of the universal scalability law, fitted as it goes",
    .source = "Gunther, Guerrilla Capacity Planning, 2007",
    .params = usl_params,
    .state_bytes = sizeof(struct usl),
    .causes = TRD_CAUSE_OPEN | TRD_CAUSE_TICK,
    .period_ns = PERIOD_NS,
    .resize = usl_resize,
};
