/* keyed.c - the heap in levels.
 *
 * Taking one out leaves a hole, which sinks to the bottom, the smallest child moving up at each
 * level; there the last entry of the heap is set down, and rises to its place. That one belonged at
 * the bottom, so it seldom rises far, and a level costs no comparison with it (the way of R. W.
 * Floyd; I. Wegener, "Bottom-up heapsort", Theoretical Computer Science 118, 1993). Where brothers
 * lie is known before their parents are, so they are called into the cache a level ahead: the lower
 * levels from memory, the upper ones from the cache of the worker that was here last.
 *
 * A task must find its entry when it is taken out. A note in it of its place, kept up to date,
 * would be a miss of the cache for every entry that moves; and nearly all moves are up, to the
 * parent. So the note is written only when an entry comes to a place or moves down. Then its place
 * is the one noted, or above it: that one's parent, or the parent's, and so on.
 */
#include "base/keyed.h"

#include "base/prefetch.h"

__extension__ typedef unsigned __int128 keyed_rank; /* key and sequence: no two are equal */

struct place {
    uint32_t level;
    uint64_t index; /* the children of `index` have 4 index to 4 index + 3, one level below */
};

/* The note of a place in the task's node; odd, so that it is no pointer of an intrusive heap. */
#define NOTE(task) ((task)->node.word[2])
enum { NOTE_IN_ARRAY = 1, NOTE_LEVEL_BITS = 5 };

_Static_assert(sizeof(struct trd__keyed_entry) * 4 == TRD_LOAN_BYTES, "four brothers");
_Static_assert(TRD_KEYED_LEVELS < 1 << (NOTE_LEVEL_BITS - 1), "a level fits the note");
_Static_assert(offsetof(union trd_node, tree.parent) == offsetof(union trd_node, word[2]),
               "a note and a pointer are told apart");

static inline keyed_rank rank_of(const struct trd__keyed_entry *entry) {
    return (keyed_rank)entry->key << 64 | entry->sequence;
}

static inline struct trd__keyed_entry *entry_at(struct trd_keyed *keyed, struct place place) {
    return place.level ? &keyed->below[place.level - 1][place.index] : &keyed->root;
}

static inline struct place parent_of(struct place place) {
    return (struct place){place.level - 1, place.index / 4};
}

/* Sets an entry down, with a note of where. */
static inline void entry_put(struct trd_keyed *keyed, struct place place,
                             const struct trd__keyed_entry *entry) {
    *entry_at(keyed, place) = *entry;
    NOTE(entry->task) = place.index << NOTE_LEVEL_BITS | place.level << 1 | NOTE_IN_ARRAY;
}

/* Sets `entry` down at `hole`, or as far above it as it belongs. */
static inline void keyed_rise(struct trd_keyed *keyed, struct place hole,
                              const struct trd__keyed_entry *entry) {
    while (hole.level > 0) {
        const struct place parent = parent_of(hole);
        const struct trd__keyed_entry *above = entry_at(keyed, parent);
        if (rank_of(above) < rank_of(entry)) {
            break;
        }
        entry_put(keyed, hole, above);
        hole = parent;
    }
    entry_put(keyed, hole, entry);
}

/* The smallest of four brothers, without a branch that nobody could predict. */
static inline unsigned smallest_of_four(const struct trd__keyed_entry *brothers) {
    const keyed_rank rank[4] = {rank_of(&brothers[0]), rank_of(&brothers[1]), rank_of(&brothers[2]),
                                rank_of(&brothers[3])};
    const unsigned left = rank[1] < rank[0], right = 2 + (rank[3] < rank[2]);
    const keyed_rank left_rank = left ? rank[1] : rank[0];
    const keyed_rank right_rank = right > 2 ? rank[3] : rank[2];
    return right_rank < left_rank ? right : left;
}

static inline void prefetch_brothers(const struct trd__keyed_entry *first, unsigned entries) {
    const char *at = (const char *)first, *end = (const char *)(first + entries);
    for (; at < end; at += 64) {
        __builtin_prefetch(at);
    }
}

/* A task will be taken out before long: calls it into the cache, and its attributes. */
static inline void prefetch_task(struct trd_task *task) {
    trd__prefetch_write(task);
    trd__prefetch_write(task + 1);
}

/* Lets the hole sink to where it has no children. */
static inline struct place keyed_sink(struct trd_keyed *keyed, struct place hole) {
    struct trd__keyed_entry *at = entry_at(keyed, hole);
    const uint32_t last = keyed->levels - 1;
    while (hole.level + 1 < last) {
        struct trd__keyed_entry *children = &keyed->below[hole.level][4 * hole.index];
        prefetch_brothers(&keyed->below[hole.level + 1][16 * hole.index], 16);
        const unsigned child = smallest_of_four(children);
        *at = children[child];
        if (hole.level == 1) {
            prefetch_task(at->task); /* it may soon be the first */
        }
        at = &children[child];
        hole = (struct place){hole.level + 1, 4 * hole.index + child};
    }
    if (hole.level < last && 4 * hole.index < keyed->fill) {
        struct trd__keyed_entry *children = &keyed->below[hole.level][4 * hole.index];
        const uint64_t count = keyed->fill - 4 * hole.index;
        unsigned child = 0;
        for (unsigned i = 1; i < 4 && i < count; i++) {
            child = rank_of(&children[i]) < rank_of(&children[child]) ? i : child;
        }
        *at = children[child];
        hole = (struct place){hole.level + 1, 4 * hole.index + child};
    }
    return hole;
}

/* Makes a place behind the last one. False: there is no block for it. */
static bool keyed_grow(struct trd_keyed *keyed, struct trd_loan *loan) {
    const uint32_t levels = keyed->levels;
    if (levels > 0 && keyed->fill < UINT64_C(1) << 2 * (levels - 1)) {
        keyed->fill++;
        return true;
    }
    if (levels > 0) {
        struct trd__keyed_entry *block =
            levels < TRD_KEYED_LEVELS ? trd__loan_take(loan, levels - 1) : NULL;
        if (!block) {
            return false;
        }
        keyed->below[levels - 1] = block;
    }
    keyed->levels++;
    keyed->fill = 1;
    return true;
}

/* Gives the last place up, and a level that is empty then. */
static inline void keyed_shrink(struct trd_keyed *keyed, struct trd_loan *loan) {
    if (--keyed->fill > 0) {
        return;
    }
    const uint32_t level = --keyed->levels;
    if (level > 0) {
        trd__loan_return(loan, level - 1, keyed->below[level - 1]);
        keyed->below[level - 1] = NULL;
        keyed->fill = UINT64_C(1) << 2 * (level - 1); /* the one above is full */
    }
}

static inline struct place keyed_last(const struct trd_keyed *keyed) {
    return (struct place){keyed->levels - 1, keyed->fill - 1};
}

/* Fills a place that has become free. */
static inline void keyed_take(struct trd_keyed *keyed, struct trd_loan *loan, struct place hole) {
    const struct place end = keyed_last(keyed);
    const struct trd__keyed_entry last = *entry_at(keyed, end);
    keyed_shrink(keyed, loan);
    if (hole.level != end.level || hole.index != end.index) {
        keyed_rise(keyed, keyed_sink(keyed, hole), &last);
    }
}

/* Where `task` is: where its note says, or above. */
static struct place keyed_find(struct trd_keyed *keyed, const struct trd_task *task) {
    struct place place = {(uint32_t)(NOTE(task) >> 1 & ((1u << (NOTE_LEVEL_BITS - 1)) - 1)),
                          NOTE(task) >> NOTE_LEVEL_BITS};
    const struct place end = keyed_last(keyed);
    while (place.level > end.level || (place.level == end.level && place.index > end.index) ||
           entry_at(keyed, place)->task != task) {
        assert(place.level > 0);
        place = parent_of(place);
    }
    return place;
}

void trd__keyed_push_aside(struct trd_keyed *keyed, struct trd_task *task,
                           const struct trd_heap_rule *rule) {
    trd__heap_push_by(&keyed->aside, task, rule);
}

void trd__keyed_push(struct trd_keyed *keyed, struct trd_loan *loan, struct trd_task *task,
                     uint64_t key, const struct trd_heap_rule *rule) {
    if (!keyed_grow(keyed, loan)) {
        trd__keyed_push_aside(keyed, task, rule);
        return;
    }
    const struct trd__keyed_entry entry = {key, task->sequence, task};
    keyed_rise(keyed, keyed_last(keyed), &entry);
}

void trd__keyed_remove(struct trd_keyed *keyed, struct trd_loan *loan, struct trd_task *task,
                       const struct trd_heap_rule *rule) {
    if (NOTE(task) & NOTE_IN_ARRAY) {
        assert(keyed->levels > 0);
        keyed_take(keyed, loan, keyed_find(keyed, task));
    } else {
        trd__heap_remove_by(&keyed->aside, task, rule);
    }
}

struct trd_task *trd__keyed_first(const struct trd_keyed *keyed, const struct trd_heap_rule *rule) {
    struct trd_task *aside = keyed->aside.root;
    struct trd_task *first = keyed->levels ? keyed->root.task : NULL;
    if (!aside || (first && rule->is_before(rule->context, first, aside))) {
        return first;
    }
    return aside;
}

struct trd_task *trd__keyed_pop(struct trd_keyed *keyed, struct trd_loan *loan,
                                const struct trd_heap_rule *rule) {
    struct trd_task *task = trd__keyed_first(keyed, rule);
    if (!keyed->levels || task != keyed->root.task) { /* not yet a look at the task itself */
        return task ? trd__heap_pop_by(&keyed->aside, rule) : NULL;
    }
    keyed_take(keyed, loan, (struct place){0, 0});
    if (keyed->levels) {
        prefetch_task(keyed->root.task); /* it is likely to be next */
    }
    return task;
}
