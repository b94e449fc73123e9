/* compose.h - the policy that is made of parts, and how large a specification's records are. */
#ifndef TRD_CORE_COMPOSE_H
#define TRD_CORE_COMPOSE_H

#include <treadle/policy.h>

/** `policy` of every specification that has parts. It is not in the table: its name is the parts'.
 */
extern const struct trd_policy trd__policy_composed;

struct trd__policy_bytes {
    size_t pool, client, class, worker;
};

/** What the policy of `spec` wants, with or without parts. Pure. */
struct trd__policy_bytes trd__policy_bytes(const struct trd_policy_spec *spec);

#endif
