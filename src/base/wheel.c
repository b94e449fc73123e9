/* wheel.c - the timing wheel.
 *
 * Seen from tick T, a task due at tick D stands on the level of the highest digit (of 6 bits) in
 * which D differs from T, in the slot of that digit of D. So what stands on a level agrees with T
 * in all higher digits, and its slot lies ahead of T's digit; or at it, when T has come there and
 * not everything was moved on yet.
 */
#include "base/wheel.h"

enum {
    SLOTS = 1 << TRD_WHEEL_SLOT_BITS,
    MOVES_MAX =
        64, /* so that nobody has to wait for long who wants a lock that is held meanwhile */
};

static struct trd_attr *attr_of(struct trd_task *task) {
    struct trd_attr *attr = trd_task_attr(task);
    assert(attr); /* every task in a wheel has them */
    return attr;
}

static uint32_t tick_digit(uint64_t tick, uint32_t level) {
    return (uint32_t)(tick >> (level * TRD_WHEEL_SLOT_BITS)) % SLOTS;
}

/* The first tick that begins after the deadline of `task`. */
static uint64_t task_tick(struct trd_task *task) {
    return (attr_of(task)->deadline_ns >> TRD_WHEEL_TICK_BITS) + 1;
}

/* Where it belongs, as level * SLOTS + slot. What is due already belongs where the wheel stands. */
static uint32_t wheel_place(const struct trd_wheel *wheel, struct trd_task *task) {
    const uint64_t due = task_tick(task);
    const uint64_t tick = due > wheel->tick ? due : wheel->tick;
    const uint64_t difference = (tick ^ wheel->tick) | 1;
    const uint32_t level = (63 - (uint32_t)__builtin_clzll(difference)) / TRD_WHEEL_SLOT_BITS;
    return level * SLOTS + tick_digit(tick, level);
}

void trd__wheel_add(struct trd_wheel *wheel, struct trd_task *task) {
    struct trd_attr *attr = attr_of(task);
    const uint32_t place = wheel_place(wheel, task);
    struct trd_task **first = &wheel->slot[place / SLOTS][place % SLOTS];
    attr->due_slot = place + 1;
    attr->due_prev = NULL;
    attr->due_next = *first;
    if (*first) {
        attr_of(*first)->due_prev = task;
    }
    *first = task;
    wheel->occupied[place / SLOTS] |= UINT64_C(1) << place % SLOTS;
}

void trd__wheel_remove(struct trd_wheel *wheel, struct trd_task *task) {
    struct trd_attr *attr = attr_of(task);
    if (attr->due_slot == 0) {
        return;
    }
    const uint32_t place = attr->due_slot - 1;
    attr->due_slot = 0;
    if (attr->due_next) {
        attr_of(attr->due_next)->due_prev = attr->due_prev;
    }
    if (attr->due_prev) {
        attr_of(attr->due_prev)->due_next = attr->due_next;
        return;
    }
    wheel->slot[place / SLOTS][place % SLOTS] = attr->due_next;
    if (!attr->due_next) {
        wheel->occupied[place / SLOTS] &= ~(UINT64_C(1) << place % SLOTS);
    }
}

/* The tick at which the first occupied slot begins, and that slot; UINT64_MAX: there is none. */
static uint64_t wheel_first(const struct trd_wheel *wheel, uint32_t *level_out,
                            uint32_t *slot_out) {
    uint64_t first = UINT64_MAX;
    for (uint32_t level = 0; level < TRD_WHEEL_LEVELS; level++) {
        if (!wheel->occupied[level]) {
            continue;
        }
        /* None lies behind, so the lowest one is the next. */
        const uint32_t slot = (uint32_t)__builtin_ctzll(wheel->occupied[level]);
        const uint32_t shift = level * TRD_WHEEL_SLOT_BITS;
        const uint64_t turn = wheel->tick >> shift >> TRD_WHEEL_SLOT_BITS;
        const uint64_t begin = (turn << TRD_WHEEL_SLOT_BITS | slot) << shift;
        if (begin < first) {
            first = begin;
            *level_out = level;
            *slot_out = slot;
        }
    }
    return first;
}

struct trd_task *trd__wheel_pop(struct trd_wheel *wheel, uint64_t now_ns) {
    const uint64_t now = now_ns >> TRD_WHEEL_TICK_BITS;
    uint32_t level, slot;
    for (int moves = 0; moves < MOVES_MAX; moves++) {
        const uint64_t begin = wheel_first(wheel, &level, &slot);
        if (begin > now) {
            wheel->tick = now > wheel->tick ? now : wheel->tick;
            return NULL;
        }
        wheel->tick = begin > wheel->tick ? begin : wheel->tick;
        struct trd_task *task = wheel->slot[level][slot];
        trd__wheel_remove(wheel, task);
        if (level == 0) {
            return task;
        }
        trd__wheel_add(wheel, task);
    }
    return NULL;
}

uint64_t trd__wheel_next_ns(const struct trd_wheel *wheel) {
    uint32_t level, slot;
    const uint64_t begin = wheel_first(wheel, &level, &slot);
    return begin > UINT64_MAX >> TRD_WHEEL_TICK_BITS ? UINT64_MAX : begin << TRD_WHEEL_TICK_BITS;
}
