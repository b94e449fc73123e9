/* fair.h - clients with a backlog, the one with the smallest tag first: what sfq and stride share.
 *
 * A client stands in a heap while it has a backlog, by a task of its own that never runs, its
 * `place`. Virtual time is the tag of the client served last; a client whose backlog begins is
 * raised to it. All zero is empty. Not thread-safe. */
#ifndef TRD_BASE_FAIR_H
#define TRD_BASE_FAIR_H

#include <stdbool.h>
#include <stdint.h>

#include <treadle/task.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/tag.h"

/** In a client's record. */
struct trd_fair_client {
    struct trd_task place; /* first: the heap's pointer is this one */
    struct trd_list queue;
    struct trd_tag tag;
};

struct trd_fair {
    struct trd_heap backlogged;
    struct trd_tag virtual_time; /* never goes back */
    struct trd_tag latest;       /* the largest tag so far */
    uint64_t turns;              /* of equal tags the one with the older turn is first */
};

/** Puts `task` last in the client's queue. If that was empty, the client, in row `index`, is raised
 * to virtual time; and if `is_idle`, virtual time to the largest tag before, which forgives all
 * debts. O(log clients) for the first task, else O(1). */
void trd__fair_push(struct trd_fair *fair, struct trd_fair_client *client, struct trd_task *task,
                    uint32_t index, uint32_t weight, bool is_idle);
/** Takes a task out of the client's queue. O(log clients) for the last one, else O(1). */
void trd__fair_remove(struct trd_fair *fair, struct trd_fair_client *client, struct trd_task *task);
/** The client with the smallest tag; NULL when nobody has a backlog. */
struct trd_fair_client *trd__fair_first(const struct trd_fair *fair);
/** Takes out the first task of `client`, which is the first client, and moves virtual time there.
 * Charge the client next: that gives it its new place. */
struct trd_task *trd__fair_serve(struct trd_fair *fair, struct trd_fair_client *client);
/** Advances the client's tag by amount / weight, after taking `less` / weight away. */
void trd__fair_charge(struct trd_fair *fair, struct trd_fair_client *client, uint64_t amount,
                      uint64_t less, uint32_t weight);
/** Is the client ahead of virtual time? */
bool trd__fair_owes(const struct trd_fair *fair, const struct trd_fair_client *client);

#endif
