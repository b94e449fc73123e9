/* list.h - an intrusive doubly linked list of tasks, through trd_node.list.
 *
 * All zero is empty. Every operation is O(1), and inlined: a queue of tasks is little else. Not
 * thread-safe. */
#ifndef TRD_BASE_LIST_H
#define TRD_BASE_LIST_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stddef.h>

#include <treadle/task.h>

struct trd_list {
    struct trd_task *first, *last;
};

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
    if (prev) {
        prev->node.list.next = next;
    } else {
        assert(list->first == task);
        list->first = next;
    }
    if (next) {
        next->node.list.prev = prev;
    } else {
        assert(list->last == task);
        list->last = prev;
    }
}

/** Puts all tasks of `from` behind those of `list`, in their order; `from` is empty then. */
static inline void trd__list_join(struct trd_list *list, struct trd_list *from) {
    if (!from->first) {
        return;
    }
    from->first->node.list.prev = list->last;
    if (list->last) {
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
        list->first = task->node.list.next;
        if (list->first) {
            list->first->node.list.prev = NULL;
        } else {
            list->last = NULL;
        }
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
