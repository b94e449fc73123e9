/* list.c - the intrusive list of tasks. */
#include "base/list.h"

void trd__list_append(struct trd_list *list, struct trd_task *task) {
    task->node.list.next = NULL;
    task->node.list.prev = list->last;
    if (list->last) {
        list->last->node.list.next = task;
    } else {
        list->first = task;
    }
    list->last = task;
}

void trd__list_remove(struct trd_list *list, struct trd_task *task) {
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

void trd__list_join(struct trd_list *list, struct trd_list *from) {
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

struct trd_task *trd__list_pop_first(struct trd_list *list) {
    struct trd_task *task = list->first;
    if (task) {
        trd__list_remove(list, task);
    }
    return task;
}

struct trd_task *trd__list_pop_last(struct trd_list *list) {
    struct trd_task *task = list->last;
    if (task) {
        trd__list_remove(list, task);
    }
    return task;
}
