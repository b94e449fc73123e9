/* gil_sampler.c - the thread that looks who holds the interpreter's lock, and who waits for it.
 *
 * Idea: what a worker does at moments drawn by chance is, on average, what it does all the time. A
 * look stands for the time since the last one: whoever holds the lock then has held it all that
 * time, and if a quarter of the workers drawn were waiting, a quarter of all have waited. Chance
 * matters: looks at even intervals fall into step with timers, and see always the same.
 *
 * How often: a look costs what waking up costs, some ten microseconds, and a file read for each of
 * a few workers. The thread knows what it has cost so far by its own CPU clock, and stretches its
 * intervals so that it stays within its share of a core, however slow the machine and however many
 * the workers. A look takes a core away from somebody, who then waits for one: so it is short.
 *
 * And it must come when it is due. A thread that is put off until another one blocks sees what is
 * there when threads block: the lock just given away, or just found taken. Therefore it asks the
 * kernel for a short turn, which lets it in at once, and for timers that do not wait for others'.
 */
#include "gil_meter.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <treadle/clock.h>

#include "thread_look.h"

enum {
    SAMPLER_DRAWN_MAX = 2,   /* workers at whom a look looks */
    SAMPLER_CORE_LOOKS = 2,  /* looks of which one finds out whether the holder has a core */
    SAMPLER_COST_LOOKS = 16, /* looks after which their cost is looked up */
};

static const double sampler_share = 0.007;         /* of a core; at most 0.01 is promised */
static const double sampler_interval_min_ns = 1e6; /* more often, nothing is learnt */
static const double holder_kept = 0.98; /* of what was seen of holders, at each look at one */
static const double sampler_interval_max_ns = 100e6;
static const uint64_t sampler_idle_ns = TRD_NS_PER_S; /* without work, before it parks */
static const uint64_t sampler_turn_ns = 100 * 1000;   /* the shortest that Linux knows */

/* What Linux calls sched_attr, which the C library does not declare. */
struct turn {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t slice_ns, deadline_ns, period_ns; /* the first since Linux 6.12 */
};

/* Somebody drawn to be looked at, and what was seen. */
struct drawn {
    struct gil_account *account;
    unsigned long thread_id;
    enum thread_doing doing;
    uintptr_t futex;
};

struct sampler {
    struct gil_meter *meter;
    struct trd_rng rng;
    double interval_ns;         /* mean */
    uint64_t last_ns;           /* the last look, or when it came back from parking */
    uint64_t cost_cpu_ns;       /* its CPU time when that was last looked up */
    uint32_t cost_looks;        /* looks since then */
    uint32_t core_looks;        /* looks since one found out about the holder's core */
    uint64_t busy_ns;           /* when somebody was last seen at work */
    struct gil_account *holder; /* whose worker holds the lock, or NULL */
    unsigned long holder_id;    /* that worker's thread */
    enum thread_core holder_core;
    struct drawn drawn[SAMPLER_DRAWN_MAX];
    uint32_t drawn_count, busy_count;
};

static uint64_t timespec_ns(const struct timespec *time) {
    return (uint64_t)time->tv_sec * TRD_NS_PER_S + (uint64_t)time->tv_nsec;
}

static uint64_t sampler_cpu_ns(void) {
    struct timespec time = {0};
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* 0 then: intervals stay as they are */
    return timespec_ns(&time);
}

/* Sleeps until the next look, and longer while nobody has work. False: the thread is to end. */
static bool sampler_sleep_locked(struct sampler *sampler) {
    struct gil_meter *meter = sampler->meter;
    if (sampler->last_ns - sampler->busy_ns >= sampler_idle_ns) {
        meter->is_parked = true;
        while (meter->is_parked && !meter->is_ending) {
            (void)pthread_cond_wait(&meter->wake, &meter->lock); /* no error is possible */
        }
        meter->is_parked = false;
        sampler->last_ns = sampler->busy_ns = trd_clock_now_ns();
    }
    const double part = 0.5 + trd_rng_double(&sampler->rng);
    const uint64_t until_ns = trd_clock_now_ns() + (uint64_t)(part * sampler->interval_ns);
    const struct timespec until = {.tv_sec = (time_t)(until_ns / TRD_NS_PER_S),
                                   .tv_nsec = (long)(until_ns % TRD_NS_PER_S)};
    int slept = 0;
    while (!meter->is_ending && slept == 0) {
        slept = pthread_cond_timedwait(&meter->wake, &meter->lock, &until);
    }
    return !meter->is_ending;
}

/* Finds out who holds the lock, and who has work; draws some of them. */
static void sampler_draw_locked(struct sampler *sampler) {
    struct gil_meter *meter = sampler->meter;
    const PyThreadState *holder = gil_holder(&meter->layout);
    sampler->holder = NULL;
    sampler->busy_count = sampler->drawn_count = 0;
    for (uint32_t i = 0; i < meter->seat_count; i++) {
        struct gil_seat *seat = meter->seats[i];
        if (seat->thread_state == holder) {
            sampler->holder = seat->account;
            sampler->holder_id = seat->thread_id;
        }
        /* Relaxed: see somebody_works_locked(). */
        if (!atomic_load_explicit(&seat->is_idle, memory_order_relaxed)) {
            meter->busy[sampler->busy_count++] = seat;
        }
    }
    while (sampler->drawn_count < SAMPLER_DRAWN_MAX && sampler->drawn_count < sampler->busy_count) {
        const uint32_t first = sampler->drawn_count;
        const uint32_t other =
            first + (uint32_t)trd_rng_below(&sampler->rng, sampler->busy_count - first);
        struct gil_seat *seat = meter->busy[other];
        meter->busy[other] = meter->busy[first];
        sampler->drawn[sampler->drawn_count++] =
            (struct drawn){.account = seat->account, .thread_id = seat->thread_id};
    }
}

static void sampler_look(struct sampler *sampler) {
    sampler->holder_core = THREAD_MAYBE;
    if (sampler->holder != NULL && ++sampler->core_looks >= SAMPLER_CORE_LOOKS) {
        sampler->core_looks = 0;
        sampler->holder_core = thread_has_core(sampler->holder_id); /* it may do something else */
    }
    for (uint32_t i = 0; i < sampler->drawn_count; i++) {
        struct drawn *drawn = &sampler->drawn[i];
        drawn->doing = thread_look(drawn->thread_id, &drawn->futex);
    }
}

/* An account may have been closed while nobody held the meter's lock. */
static bool is_open_locked(const struct gil_meter *meter, const struct gil_account *account) {
    const struct gil_account *open = meter->accounts;
    while (open != NULL && open != account) {
        open = open->next;
    }
    return open != NULL;
}

/* What a look at `account` stands for: it may be younger than the last look. */
static uint64_t account_since_ns(const struct sampler *sampler, const struct gil_account *account,
                                 uint64_t now_ns) {
    const uint64_t from_ns =
        account->opened_ns > sampler->last_ns ? account->opened_ns : sampler->last_ns;
    return now_ns > from_ns ? now_ns - from_ns : 0;
}

/* One of those drawn stands for as many of those with work. */
static void sampler_book_one_locked(const struct sampler *sampler, const struct drawn *drawn,
                                    uint64_t now_ns) {
    const struct gil_layout *layout = &sampler->meter->layout;
    if (!is_open_locked(sampler->meter, drawn->account)) {
        return;
    }
    const uint64_t worth_ns = account_since_ns(sampler, drawn->account, now_ns) *
                              sampler->busy_count / sampler->drawn_count;
    switch (drawn->doing) {
    case THREAD_READY:
        drawn->account->times.ready_ns += worth_ns;
        break;
    case THREAD_LOCKED:
        if (drawn->futex >= layout->waits_from && drawn->futex < layout->waits_to) {
            drawn->account->times.wait_ns += worth_ns;
        }
        break;
    case THREAD_BLOCKED:
    case THREAD_GONE:
    case THREAD_HIDDEN:
        break;
    }
}

/* A holder without a core holds on, though it does not compute. Where we cannot tell, it is as it
 * was lately. */
static void sampler_book_holder_locked(const struct sampler *sampler, struct gil_account *account,
                                       uint64_t since_ns) {
    double share = account->with_core / (account->with_core + account->without_core);
    if (sampler->holder_core != THREAD_MAYBE) {
        share = sampler->holder_core == THREAD_ON_CORE ? 1.0 : 0.0;
        account->with_core = holder_kept * account->with_core + share;
        account->without_core = holder_kept * account->without_core + 1.0 - share;
    }
    account->times.held_ns += since_ns;
    account->times.core_ns += (uint64_t)(share * (double)since_ns);
}

static void sampler_book_locked(struct sampler *sampler, uint64_t now_ns) {
    for (struct gil_account *account = sampler->meter->accounts; account; account = account->next) {
        account->times.looks++;
        if (account == sampler->holder) {
            const uint64_t since_ns = account_since_ns(sampler, account, now_ns);
            sampler_book_holder_locked(sampler, account, since_ns);
        }
    }
    for (uint32_t i = 0; i < sampler->drawn_count; i++) {
        sampler_book_one_locked(sampler, &sampler->drawn[i], now_ns);
    }
    sampler->last_ns = now_ns;
    sampler->busy_ns = sampler->busy_count > 0 ? now_ns : sampler->busy_ns;
}

/* Chooses the interval by what the last looks have cost. */
static void sampler_pace(struct sampler *sampler) {
    if (++sampler->cost_looks < SAMPLER_COST_LOOKS) {
        return;
    }
    const uint64_t cpu_ns = sampler_cpu_ns();
    const double cost_ns = (double)(cpu_ns - sampler->cost_cpu_ns) / sampler->cost_looks;
    double interval_ns = cost_ns / sampler_share;
    interval_ns = interval_ns > sampler_interval_min_ns ? interval_ns : sampler_interval_min_ns;
    interval_ns = interval_ns < sampler_interval_max_ns ? interval_ns : sampler_interval_max_ns;
    sampler->interval_ns += 0.5 * (interval_ns - sampler->interval_ns);
    sampler->cost_cpu_ns = cpu_ns;
    sampler->cost_looks = 0;
}

/* Asks the kernel to let this thread run as soon as its timer is due. Either may be refused, or be
 * unknown to an older kernel; then looks come later, and see a little less true. */
static void sampler_be_prompt(void) {
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* ns */
    struct turn turn = {.size = sizeof(turn)};
    if (syscall(SYS_sched_getattr, 0, &turn, sizeof(turn), 0) == 0 && turn.policy == SCHED_OTHER) {
        turn.slice_ns = sampler_turn_ns;
        (void)syscall(SYS_sched_setattr, 0, &turn, 0);
    }
}

void *gil_sampler_main(void *arg) {
    sampler_be_prompt();
    const uint64_t begin_ns = trd_clock_now_ns();
    struct sampler sampler = {
        .meter = arg, .interval_ns = 5e6, .last_ns = begin_ns, .busy_ns = begin_ns};
    struct gil_meter *meter = sampler.meter;
    (void)pthread_setname_np(pthread_self(), "treadle-meter"); /* a name is a courtesy */
    trd_rng_init(&sampler.rng, sampler.last_ns);
    sampler.cost_cpu_ns = sampler_cpu_ns();
    pthread_mutex_lock(&meter->lock);
    while (sampler_sleep_locked(&sampler)) {
        const uint64_t now_ns = trd_clock_now_ns();
        sampler_draw_locked(&sampler);
        pthread_mutex_unlock(&meter->lock);
        sampler_look(&sampler);
        sampler_pace(&sampler);
        pthread_mutex_lock(&meter->lock);
        sampler_book_locked(&sampler, now_ns);
    }
    pthread_mutex_unlock(&meter->lock);
    return NULL;
}
