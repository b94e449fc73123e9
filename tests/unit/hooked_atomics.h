/* hooked_atomics.h - in front of a source that is compiled into a test: its atomic operations
 * become points where another thread may run (schedules.h), and plain accesses. Nothing comes
 * before a relaxed load: what it sees can have been there at the point before. */
#ifndef TESTS_UNIT_HOOKED_ATOMICS_H
#define TESTS_UNIT_HOOKED_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "tests/unit/schedules.h"

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit
#undef atomic_fetch_add_explicit
#undef atomic_fetch_sub_explicit
#undef atomic_fetch_or_explicit
#undef atomic_fetch_and_explicit

#define HOOKED_POINT(order) ((order) == memory_order_relaxed ? (void)0 : schedules_point())

#define atomic_load_explicit(object, order) (HOOKED_POINT(order), *(object))
#define atomic_store_explicit(object, value, order)                                                \
    (HOOKED_POINT(order), (void)(*(object) = (value)))
#define HOOKED_CHANGE(object, order, changed)                                                      \
    __extension__({                                                                                \
        HOOKED_POINT(order);                                                                       \
        __typeof__((void)0, *(object)) was = *(object);                                            \
        *(object) = (changed);                                                                     \
        was;                                                                                       \
    })
#define atomic_exchange_explicit(object, value, order) HOOKED_CHANGE(object, order, value)
#define atomic_fetch_add_explicit(object, value, order) HOOKED_CHANGE(object, order, was + (value))
#define atomic_fetch_sub_explicit(object, value, order) HOOKED_CHANGE(object, order, was - (value))
#define atomic_fetch_or_explicit(object, value, order) HOOKED_CHANGE(object, order, was | (value))
#define atomic_fetch_and_explicit(object, value, order) HOOKED_CHANGE(object, order, was &(value))
#define atomic_compare_exchange_strong_explicit(object, expected, value, order, order_failed)      \
    __extension__({                                                                                \
        HOOKED_POINT(order);                                                                       \
        __typeof__((void)0, *(object)) was = *(object);                                            \
        const bool is_same = was == *(expected);                                                   \
        if (is_same) {                                                                             \
            *(object) = (value);                                                                   \
        } else {                                                                                   \
            *(expected) = was;                                                                     \
        }                                                                                          \
        is_same;                                                                                   \
    })
#define atomic_compare_exchange_weak_explicit atomic_compare_exchange_strong_explicit

#endif
