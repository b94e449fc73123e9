/* wrong_policy.c - a shared object that is no policy; WRONG says in which way. */
#include <treadle/policy.h>

#define ABI 1
#define NAME 2
#define OPS 3
#define FLAGS 4
#define PARAMS 5
#define SPELLING 6

static void push(const struct trd_policy_env *env, struct trd_task *task, uint32_t worker,
                 uint64_t now_ns) {
    (void)env, (void)task, (void)worker, (void)now_ns; /* is never called */
}

static struct trd_pop pop(const struct trd_policy_env *env, uint32_t worker, uint64_t now_ns) {
    (void)env, (void)worker, (void)now_ns; /* is never called */
    return (struct trd_pop){NULL, TRD_FATE_NONE};
}

static void take_out(const struct trd_policy_env *env, struct trd_task *task) {
    (void)env, (void)task; /* is never called */
}

static struct trd_task *any(const struct trd_policy_env *env) {
    (void)env; /* is never called */
    return NULL;
}

static const struct trd_param params[] = {{"size", "out of its own range", 3.0, 0.0, 2.0}, {0}};

const struct trd_policy wrong_policy;
const struct trd_policy wrong_policy = {
    .name = WRONG == NAME       ? "codel"
            : WRONG == SPELLING ? "Not So"
                                : "wrong",
    .summary = "wrong",
    .source = "a test",
    .params = WRONG == PARAMS ? params : NULL,
    .flags = WRONG == FLAGS ? 1u << 30 : 0,
    .push = push,
    .pop = pop,
    .remove = take_out,
    .any = WRONG == OPS ? NULL : any,
};

#if WRONG == ABI
extern const struct trd_policy_export treadle_policy;
__attribute__((visibility("default"))) const struct trd_policy_export treadle_policy = {
    TRD_POLICY_ABI + 1, sizeof(struct trd_policy), &wrong_policy};
#elif WRONG != 0
TRD_POLICY_EXPORT(wrong_policy)
#endif
