/* design_policies.c - part c: policies under the same open arrivals, where a queue forms.
 *
 * Three kinds of sizes, in groups of their own: exponential ones, for which theory has formulas;
 * heavy-tailed ones, which is where sizes matter; tasks that compute under the interpreter's lock.
 * Above a load of 1 no policy can serve everybody, so clients give up after a while, and what
 * counts is the work that is done for clients who still wait.
 */
#include "lab/plan/design.h"

#include <treadle/policy.h>

#include <stdio.h>
#include <string.h>

enum { WORKERS = 4, POLICIES_MAX = 64 };

/* Mean service of a task: short enough for hundreds in a run, long enough that the cost of a
 * hand-over (some ten microseconds) does not show. */
#define WAIT_PARAMS "{\"c\":0,\"r\":0,\"w\":0.005}"
#define CPU_PARAMS "{\"c\":0.002,\"r\":0,\"w\":0}"
/* Clients wait for twenty mean sizes: what the four workers do while eighty tasks queue. */
#define IMPATIENT_PARAMS "{\"c\":0,\"r\":0,\"w\":0.005,\"timeout\":0.1}"

struct open_group {
    double load;
    const char *variant, *params;
    enum lab_importance rank;
    const char *const *policies; /* NULL: all */
};

/* Enough to see order, urgency, fairness, sizes and overload in a few minutes. */
static const char *const busy_quick[] = {"fifo", "lifo", "priority", "round_robin",
                                         "sfq",  "sjf",  NULL};
static const char *const overload_quick[] = {"fifo", "lifo", "round_robin", "codel", NULL};

static const struct open_group groups_quick[] = {
    {0.8, "exp", WAIT_PARAMS, LAB_RANK_MAIN, busy_quick},
    {1.5, "exp", IMPATIENT_PARAMS, LAB_RANK_MAIN, overload_quick},
};

static const struct open_group groups_full[] = {
    {0.5, "exp", WAIT_PARAMS, LAB_RANK_MORE, NULL},
    {0.8, "exp", WAIT_PARAMS, LAB_RANK_MAIN, NULL},
    {0.95, "exp", WAIT_PARAMS, LAB_RANK_MAIN, NULL},
    {1.5, "exp", IMPATIENT_PARAMS, LAB_RANK_MAIN, NULL},
    {0.8, "heavy", WAIT_PARAMS, LAB_RANK_MORE, NULL},
    {0.95, "heavy", WAIT_PARAMS, LAB_RANK_MORE, NULL},
    {0.8, "cpu", CPU_PARAMS, LAB_RANK_EXTRA, NULL},
};

/* Compositions that are more than their parts; known to the study besides the table. */
static const char *const compositions[] = {"codel", "drr/sjf", "codel/drr/edf"};

/* The policies of a group: those the user named, those of the group, or all there are. */
static size_t choose(const struct lab_names *wanted, const struct open_group *group,
                     const char *policies[POLICIES_MAX]) {
    size_t count = 0;

    for (size_t i = 0; i < wanted->count && count < POLICIES_MAX; i++) {
        policies[count++] = wanted->items[i];
    }
    if (count > 0) {
        return count;
    }
    for (size_t i = 0; group->policies != NULL && group->policies[i] != NULL; i++) {
        policies[count++] = group->policies[i];
    }
    if (count > 0) {
        return count;
    }
    for (size_t i = 0; trd_policies()[i] != NULL && count < POLICIES_MAX; i++) {
        policies[count++] = trd_policies()[i]->name;
    }
    for (size_t i = 0; i < sizeof compositions / sizeof *compositions && count < POLICIES_MAX;
         i++) {
        policies[count++] = compositions[i];
    }
    return count;
}

static void add_policy(const struct lab_draft *draft, const struct open_group *group,
                       const char *policy) {
    struct lab_plan_cell cell = lab_draft_cell(draft, "policies", "synthetic", "treadle-threads");
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;
    double timed_s = is_quick ? (group->load > 1.0 ? 0.7 : 1.0) : 2.0;
    /* Above 1 the queue must be worked off after the last arrival. */
    double after_s = group->load > 1.0 ? (group->load - 1.0) * timed_s : 0.0;

    cell.workers = WORKERS;
    cell.load = group->load;
    snprintf(cell.kind, sizeof cell.kind, "%s", strcmp(group->variant, "cpu") == 0 ? "cpu" : "io");
    snprintf(cell.sizer, sizeof cell.sizer, "fixed");
    snprintf(cell.policy, sizeof cell.policy, "%s", policy);
    snprintf(cell.variant, sizeof cell.variant, "%s", group->variant);
    snprintf(cell.params, sizeof cell.params, "%s", group->params);
    lab_draft_time(draft, &cell, timed_s, 0.05, 0.1 + after_s);
    lab_plan_add_cell(draft->plan, &cell);
}

static void add_group(const struct lab_draft *draft, const struct open_group *group) {
    const char *policies[POLICIES_MAX];
    size_t count = choose(&draft->design->policies, group, policies);

    lab_plan_open_group(draft->plan, draft->blocks, group->rank, "policies/%g/%s/%s", group->load,
                        group->variant, draft->lane->label);
    for (size_t i = 0; i < count; i++) {
        add_policy(draft, group, policies[i]);
    }
}

void lab_design_policies(const struct lab_draft *draft) {
    const struct lab_design *design = draft->design;
    bool is_quick = draft->detail == LAB_DETAIL_QUICK;
    const struct open_group *groups = is_quick ? groups_quick : groups_full;
    size_t count = is_quick ? sizeof groups_quick / sizeof *groups_quick
                            : sizeof groups_full / sizeof *groups_full;

    if (!lab_names_have(&design->parts, "policies") ||
        !lab_names_have(&design->workloads, "synthetic") ||
        !lab_names_have(&design->executors, "treadle-threads")) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        add_group(draft, &groups[i]);
    }
}
