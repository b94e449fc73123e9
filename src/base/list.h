/* list.h - an intrusive doubly linked list of tasks, through trd_node.list.
 *
 * All zero is empty. Every operation is O(1), and inlined: a queue of tasks is little else. What
 * stands before the first task is nobody's business, so that taking it out does not write into the
 * next one, which would be a miss of the cache for every task of a long list. Not thread-safe. */
#ifndef TRD_BASE_LIST_H
#define TRD_BASE_LIST_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <treadle/task.h>

#include "base/prefetch.h"

struct trd_list {
    struct trd_task *first, *last;
};

/* `task` will be taken out next: calls it into the cache, to be written, with the attributes behind
 * it and with what it is part of in front. With many lists it is long until then, and with one no
 * loss. Tasks that were submitted one after the other mostly lie in that order, too: so calls what
 * lies some tasks further on. */
static inline void list_expect(const struct trd_task *task) {
    enum { BEFORE = 128, BEHIND = 128, AHEAD = 512, LINE = 64 };
    const uintptr_t at = (uintptr_t)task; /* a number, for there may be no task */
    for (uintptr_t line = at - BEFORE; line != at + BEHIND; line += LINE) {
        trd__prefetch_write((const void *)line);
    }
    trd__prefetch_write((const void *)(at + AHEAD));
    trd__prefetch_write((const void *)(at + AHEAD + LINE));
}

/** Puts `task` behind the last one. */
static inline void trd__list_append(struct trd_list *list, struct trd_task *task) {
    task->node.list.next = NULL;
    task->node.list.prev = list->last;
    if (list->last) {
        list->last->node.list.next = task;
    } else {
        list->first = task;
    }
    list->last = task;
}

/** Takes out `task`, which must be in `list`. */
static inline void trd__list_remove(struct trd_list *list, struct trd_task *task) {
    struct trd_task *prev = task->node.list.prev;
    struct trd_task *next = task->node.list.next;
    const bool is_last = list->last == task;
    assert(is_last == (next == NULL));
    if (list->first == task) {
        list->first = next;
        list->last = is_last ? NULL : list->last;
        list_expect(next);
        return;
    }
    prev->node.list.next = next;
    if (is_last) {
        list->last = prev;
    } else {
        next->node.list.prev = prev;
    }
}

/** Puts all tasks of `from` behind those of `list`, in their order; `from` is empty then. */
static inline void trd__list_join(struct trd_list *list, struct trd_list *from) {
    if (!from->first) {
        return;
    }
    if (list->last) {
        from->first->node.list.prev = list->last;
        list->last->node.list.next = from->first;
    } else {
        list->first = from->first;
    }
    list->last = from->last;
    *from = (struct trd_list){NULL, NULL};
}

/** Takes out the first one; NULL when the list is empty. */
static inline struct trd_task *trd__list_pop_first(struct trd_list *list) {
    struct trd_task *task = list->first;
    if (task) {
        trd__list_remove(list, task);
    }
    return task;
}

/** Takes out the last one; NULL when the list is empty. */
static inline struct trd_task *trd__list_pop_last(struct trd_list *list) {
    struct trd_task *task = list->last;
    if (task) {
        trd__list_remove(list, task);
    }
    return task;
}

#endif
