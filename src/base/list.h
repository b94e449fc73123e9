/* list.h - an intrusive doubly linked list of tasks, through trd_node.list.
 *
 * All zero is empty. Every operation is O(1). Not thread-safe. */
#ifndef TRD_BASE_LIST_H
#define TRD_BASE_LIST_H

#include <treadle/task.h>

struct trd_list {
    struct trd_task *first, *last;
};

/** Puts `task` behind the last one. */
void trd__list_append(struct trd_list *list, struct trd_task *task);
/** Takes out `task`, which must be in `list`. */
void trd__list_remove(struct trd_list *list, struct trd_task *task);
/** Puts all tasks of `from` behind those of `list`, in their order; `from` is empty then. */
void trd__list_join(struct trd_list *list, struct trd_list *from);
/** Takes out the first or the last one; NULL when the list is empty. */
struct trd_task *trd__list_pop_first(struct trd_list *list);
struct trd_task *trd__list_pop_last(struct trd_list *list);

#endif
