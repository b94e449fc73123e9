/* probe_policy.h - a policy that uses all that the contract offers and no shipped one does yet:
 * records of callable classes and of workers, admission, expiry, the cost told by `ran`, the random
 * generator, a say in which client is forgotten, and pops that say none though tasks are queued. */
#ifndef TESTS_CONTRACT_PROBE_POLICY_H
#define TESTS_CONTRACT_PROBE_POLICY_H

#include <treadle/policy.h>

enum { PROBE_CLASS_MAX = 8, PROBE_EXPIRE_NS = 30000 };

/** What the policy has seen; its record of the pool. */
struct probe_state {
    uint64_t magic; /* set by open */
    uint64_t queued;
    uint64_t opened, closed, joined, left, ran, refused, expired, steals, held_back;
};

/** Each worker's own tasks newest first, then those from outside oldest first, then the oldest of
 * a random other worker. At most PROBE_CLASS_MAX queued a class; older than PROBE_EXPIRE_NS
 * expires; every 64th pop says none. */
extern const struct trd_policy probe_policy;

#endif
