/* test_compose.c - compositions: the text they are written in, the order within a client, the
 * tickets that stand for clients. */
#include "tests/check.h"
#include "tests/contract/stage.h"

#include <stdio.h>
#include <string.h>

#include "core/compose.h"
#include "core/spec.h"

enum { CLIENTS = 6, CALLS = 20000, TEXT_BYTES = 512 };

static struct trd_policy_spec parsed(const char *text) {
    struct trd_policy_spec spec;
    struct trd_error error = {""};
    if (trd_policy_parse(text, &spec, &error)) {
        fail_msg("'%s': %s", text, error.message);
    }
    return spec;
}

static void a_composition_is_written_back_with_every_parameter(void **state) {
    (void)state;
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"fifo", "fifo"},
        {"none/none/edf", "edf"},
        {"none/edf", "edf"},
        {"none/round_robin/lifo", "none/round_robin/lifo"},
        {"round_robin/lifo", "none/round_robin/lifo"},
        {"bounded:max=7", "bounded:max=7/none/fifo"},
        {"bounded/round_robin", "bounded:max=1000/round_robin/fifo"},
        {"bounded:max=2/sjf", "bounded:max=2/none/sjf"},
        {"codel:target=0.25,interval=2/none/mlfq:quantum=0.5,levels=3",
         "codel:target=0.25,interval=2/none/mlfq:quantum=0.5,levels=3,boost=1"},
        {"codel:target=0.25/round_robin/adaptive_lifo:interval=0.5",
         "codel:target=0.25,interval=0.10000000000000001/round_robin/adaptive_lifo:interval=0.5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[TEXT_BYTES], again[TEXT_BYTES];
        const struct trd_policy_spec spec = parsed(cases[i].text);
        trd__policy_print(&spec, text, sizeof text);
        assert_string_equal(text, cases[i].written);
        const struct trd_policy_spec second = parsed(text);
        trd__policy_print(&second, again, sizeof again);
        assert_string_equal(again, text);
    }
}

static void an_admission_alone_brings_the_order_that_goes_with_it(void **state) {
    (void)state;
    const struct trd_policy_spec spec = parsed("codel");
    assert_string_equal(spec.parts.admission->name, "codel");
    assert_null(spec.parts.fairness);
    assert_string_equal(spec.parts.order->name, "adaptive_lifo");
}

static void an_error_names_the_part_that_is_wrong_and_what_is_known_there(void **state) {
    (void)state;
    static const struct {
        const char *text, *says, *says_also, *says_not;
    } cases[] = {
        {"coddle/drr/edf", "unknown admission 'coddle'; known: none bounded codel", "", "fifo"},
        {"codel/edf/edf", "unknown fairness 'edf'", "round_robin drr", "edf srpt"},
        {"edf/round_robin", "unknown fairness 'edf'", "round_robin", "edf srpt"},
        {"codel//edf", "unknown fairness ''", "round_robin", "fifo"},
        {"codel/round_robin/", "unknown order within a client ''", "fifo", "mlfq"},
        {"round_robin/gittins", "unknown order within a client 'gittins'", "edf", "mlfq"},
        {"codel/none/first", "unknown order 'first'", "mlfq", "none"},
        {"codel/none/none", "unknown order 'none'", "mlfq", "bounded"},
        {"a/b/c/d", "'a/b/c/d' has more parts than admission/fairness/order", "", "known"},
        {"first", "unknown policy 'first'", "bounded codel", "none"},
        {"codel:target=0/round_robin/edf", "parameter target of codel", "from 1e-06 to 3600",
         "edf"},
        {"codel/round_robin:weight=2/edf", "round_robin takes no parameters", "'weight'", "edf"},
        {"codel/none:x=1/edf", "unknown fairness 'none'", "round_robin", "edf"},
        {"bounded:max/none/edf", "parameter max of bounded must be a number", "", "edf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trd_policy_spec spec;
        struct trd_error error = {""};
        assert_int_equal(trd_policy_parse(cases[i].text, &spec, &error), -EINVAL);
        if (!strstr(error.message, cases[i].says) || !strstr(error.message, cases[i].says_also) ||
            strstr(error.message, cases[i].says_not)) {
            fail_msg("'%s' is answered with '%s'", cases[i].text, error.message);
        }
    }
}

/* Small numbers, so that equals are frequent. */
static struct stage_spec random_spec(struct stage *stage) {
    return (struct stage_spec){
        .client = 1 + (uint32_t)trd_rng_below(&stage->rng, CLIENTS),
        .priority = (int64_t)trd_rng_below(&stage->rng, 4),
        .hint_ns = trd_rng_below(&stage->rng, 4),
        .deadline_ns = trd_rng_below(&stage->rng, 4),
    };
}

/* Must `a` run before `b`, which waits with it? */
typedef bool before(const struct stage_task *a, const struct stage_task *b);

static bool is_older(const struct stage_task *a, const struct stage_task *b) {
    return a->shell.task.sequence < b->shell.task.sequence;
}

static bool is_newer(const struct stage_task *a, const struct stage_task *b) {
    return is_older(b, a);
}

static bool is_more_urgent(const struct stage_task *a, const struct stage_task *b) {
    return a->spec.priority != b->spec.priority ? a->spec.priority > b->spec.priority
                                                : is_older(a, b);
}

/* Zero, which says nothing, is the largest. */
static bool is_smaller(uint64_t a, uint64_t b, bool when_equal) {
    return a == b ? when_equal : a - 1 < b - 1;
}

static bool is_shorter(const struct stage_task *a, const struct stage_task *b) {
    return is_smaller(a->spec.hint_ns, b->spec.hint_ns, is_older(a, b));
}

static bool is_due_earlier(const struct stage_task *a, const struct stage_task *b) {
    return is_smaller(a->spec.deadline_ns, b->spec.deadline_ns, is_older(a, b));
}

static const struct {
    const char *name;
    before *is_before;
} orders[] = {
    {"fifo", is_older},           {"lifo", is_newer},
    {"priority", is_more_urgent}, {"sjf", is_shorter},
    {"edf", is_due_earlier},      {"adaptive_lifo", is_older}}; /* no time passes on this stage */

/* The queued tasks, in no order. */
struct waiting {
    struct stage_task *task[CALLS];
    size_t count;
};

static void waiting_drop(struct waiting *waiting, size_t index) {
    waiting->task[index] = waiting->task[--waiting->count];
}

/* Takes a task, which must be the first of its client's; the client. */
static uint32_t take_first(struct stage *stage, struct waiting *waiting, before *is_before) {
    const struct stage_task *task = stage_take(stage, 0);
    size_t place = 0;
    assert_non_null(task);
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->task[i] == task) {
            place = i;
        } else if (waiting->task[i]->spec.client == task->spec.client) {
            assert_true(is_before(task, waiting->task[i]));
        }
    }
    const uint32_t client = task->spec.client;
    waiting_drop(waiting, place);
    stage_finish(stage, 0, TRD_OUTCOME_DONE);
    return client;
}

static void clients_take_turns_and_each_has_its_order(void **state) {
    (void)state;
    static struct waiting waiting;
    const uint64_t seed = stage_seed(5);
    for (size_t o = 0; o < sizeof orders / sizeof orders[0]; o++) {
        struct stage stage;
        char text[64];
        uint32_t turns[CLIENTS + 1] = {0}; /* of others while this one waits */
        (void)snprintf(text, sizeof text, "round_robin/%s", orders[o].name);
        waiting.count = 0;
        stage_open(&stage, text, 1, seed);
        for (int call = 0; call < CALLS / 4; call++) {
            const uint64_t dice = trd_rng_below(&stage.rng, 100);
            if (dice < 48 || waiting.count == 0) {
                waiting.task[waiting.count++] = stage_submit(&stage, random_spec(&stage));
            } else if (dice < 60) {
                const size_t index = trd_rng_below(&stage.rng, waiting.count);
                stage_cancel(&stage, waiting.task[index]);
                waiting_drop(&waiting, index);
            } else {
                const uint32_t served = take_first(&stage, &waiting, orders[o].is_before);
                for (uint32_t client = 1; client <= CLIENTS; client++) {
                    turns[client] += stage.queued[client] > 0;
                }
                turns[served] = 0;
            }
            for (uint32_t client = 1; client <= CLIENTS; client++) {
                turns[client] = stage.queued[client] ? turns[client] : 0;
                assert_true(turns[client] < CLIENTS);
            }
        }
        stage_close(&stage);
    }
}

/* A fairness part that looks at what it is given: a list of tickets. */
struct inspector {
    struct trd_task *first;
    uint64_t count;
};

struct inspector_client {
    uint32_t tickets;
};

static void inspector_push(const struct trd_policy_env *env, struct trd_task *ticket,
                           uint32_t worker, uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any */
    struct inspector *inspector = env->state;
    struct inspector_client *client = trd_policy_client(env, ticket->client_index);
    assert_null(trd_task_attr(ticket));
    ticket->node.list.prev = NULL;
    ticket->node.list.next = inspector->first;
    if (inspector->first) {
        inspector->first->node.list.prev = ticket;
    }
    inspector->first = ticket;
    inspector->count++;
    client->tickets++;
}

static void inspector_remove(const struct trd_policy_env *env, struct trd_task *ticket) {
    struct inspector *inspector = env->state;
    struct inspector_client *client = trd_policy_client(env, ticket->client_index);
    struct trd_task *prev = ticket->node.list.prev, *next = ticket->node.list.next;
    if (prev) {
        prev->node.list.next = next;
    } else {
        assert_ptr_equal(inspector->first, ticket);
        inspector->first = next;
    }
    if (next) {
        next->node.list.prev = prev;
    }
    inspector->count--;
    client->tickets--;
}

static struct trd_task *inspector_any(const struct trd_policy_env *env) {
    const struct inspector *inspector = env->state;
    return inspector->first;
}

static struct trd_pop inspector_pop(const struct trd_policy_env *env, uint32_t worker,
                                    uint64_t now_ns) {
    (void)worker, (void)now_ns; /* any */
    struct trd_task *ticket = inspector_any(env);
    if (ticket) {
        inspector_remove(env, ticket);
    }
    return (struct trd_pop){ticket, ticket ? TRD_FATE_RUN : TRD_FATE_NONE};
}

static const struct trd_policy inspector = {
    .name = "inspector",
    .summary = "looks at tickets",
    .source = "this test",
    .flags = TRD_POLICY_FAIRNESS,
    .pool_bytes = sizeof(struct inspector),
    .client_bytes = sizeof(struct inspector_client),
    .push = inspector_push,
    .pop = inspector_pop,
    .remove = inspector_remove,
    .any = inspector_any,
};

static void a_client_has_a_ticket_for_each_of_its_first_two_tasks(void **state) {
    (void)state;
    static struct waiting waiting;
    struct stage stage;
    struct trd_policy_spec spec = parsed("bounded/round_robin/priority");
    spec.parts.fairness = &inspector;
    waiting.count = 0;
    stage_open_spec(&stage, &spec, 1, stage_seed(6));
    for (int call = 0; call < CALLS; call++) {
        const uint64_t dice = trd_rng_below(&stage.rng, 100);
        if ((dice < 48 && waiting.count < 900) || waiting.count == 0) {
            waiting.task[waiting.count++] = stage_submit(&stage, random_spec(&stage));
        } else if (dice < 70) {
            const size_t index = trd_rng_below(&stage.rng, waiting.count);
            stage_cancel(&stage, waiting.task[index]);
            waiting_drop(&waiting, index);
        } else {
            (void)take_first(&stage, &waiting, is_more_urgent); /* the check is inside */
        }
        for (uint32_t row = 1; row <= CLIENTS; row++) {
            const struct inspector_client *client =
                trd_policy_client(&stage.host.sched.policy_env, row);
            assert_int_equal(client->tickets, stage.queued[row] < 2 ? stage.queued[row] : 2);
        }
    }
    stage_close(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_composition_is_written_back_with_every_parameter),
        cmocka_unit_test(an_admission_alone_brings_the_order_that_goes_with_it),
        cmocka_unit_test(an_error_names_the_part_that_is_wrong_and_what_is_known_there),
        cmocka_unit_test(clients_take_turns_and_each_has_its_order),
        cmocka_unit_test(a_client_has_a_ticket_for_each_of_its_first_two_tasks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
