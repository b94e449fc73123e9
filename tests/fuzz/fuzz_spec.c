/* fuzz_spec.c - a specification of a policy or sizer may be any text: it is understood, or refused
 * with a message. Built two ways, like fuzz_trace.c. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include <treadle/policy.h>
#include <treadle/sizer.h>

/* Every parameter is within what it allows. */
static void check_params(const struct trd_param *list, const double *values) {
    for (size_t i = 0; list && list[i].name; i++) {
        if (!(values[i] >= list[i].min && values[i] <= list[i].max)) {
            abort();
        }
    }
}

static void check_error(int failed, const struct trd_error *error) {
    if (failed != -EINVAL || error->message[0] == '\0' ||
        !memchr(error->message, '\0', sizeof error->message)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct trd_policy_spec policy;
    struct trd_sizer_spec sizer;
    struct trd_error error;
    char *text = malloc(size + 1); /* exactly as long, so that the sanitizer sees a read past it */
    if (!text) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    int failed = trd_policy_parse(text, &policy, &error);
    if (failed) {
        check_error(failed, &error);
    } else {
        check_params(policy.policy->params, policy.params);
    }
    failed = trd_sizer_parse(text, &sizer, &error);
    if (failed) {
        check_error(failed, &error);
    } else {
        check_params(sizer.sizer->params, sizer.params);
    }
    free(text);
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t capacity) {
    static const char text[] = "adaptive:idle=0.25,idle=1e1";
    const size_t size = sizeof text - 1 < capacity ? sizeof text - 1 : capacity;
    memcpy(data, text, size);
    return size;
}
