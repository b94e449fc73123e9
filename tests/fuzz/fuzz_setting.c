/* fuzz_setting.c - the language of `treadle sim` may be given any text: laws, arrivals, clients and
 * machines are understood, or refused with a message. Built two ways, like fuzz_trace.c. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lab/simulation/arrival_kind.h"
#include "lab/simulation/sim_request.h"

static void check(int failed, const struct trd_error *error) {
    if (failed && (failed != -EINVAL || error->message[0] == '\0' ||
                   !memchr(error->message, '\0', sizeof error->message))) {
        abort();
    }
}

static void try_law(const char *text) {
    struct lab_law_draft draft = {0};
    struct trd_sim_time time = {0};
    struct trd_error error = {""};
    int failed = lab_law_parse(text, &draft, "law", &error);
    failed = failed ? failed : lab_law_finish(&draft, 1.0, &time, "law", &error);
    check(failed, &error);
    if (!failed && memchr(lab_law_show(&time).text, '\0', sizeof(struct lab_law_text)) == NULL) {
        abort();
    }
}

static void try_request(const char *text) {
    struct lab_sim_request request;
    struct trd_error error = {""};
    lab_sim_request_init(&request);
    check(lab_arrivals_parse(text, &request.config, &error), &error);
    check(lab_sim_request_machine(&request, text, &error), &error);
    check(lab_sim_request_step(&request, text, &error), &error);
    check(lab_client_draft_take(&request.task, text, "task", &error), &error);
    request.clients_text = text;
    check(lab_sim_request_complete(&request, &error), &error);
    lab_sim_request_free(&request);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1); /* exactly as long, so that the sanitizer sees a read past it */
    if (!text) {
        abort();
    }
    memcpy(text, data, size);
    text[size] = '\0';
    try_law(text);
    try_request(text);
    free(text);
    return 0;
}

size_t fuzz_seed(uint8_t *data, size_t capacity) {
    static const char text[] = "web:share=3,priority=-1,service=pareto:alpha=1.5,low=1ms,high=1s,"
                               "deadline=5ms,expires=yes/b:mean=2us,cost=0.5,weight=2";
    const size_t size = sizeof text - 1 < capacity ? sizeof text - 1 : capacity;
    memcpy(data, text, size);
    return size;
}
