/* native_http.c - fetching pages over HTTP from the study's own server, with libcurl: what the
 * Python workload of this name costs without an interpreter. Each thread keeps one connection. */
#include "lab/workload/native.h"
#include "lab/workload/page.h"

#include <curl/curl.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { HTTP_TIMEOUT_S = 10 };

struct http_state {
    uint64_t seed;
    double scale;
    uint16_t port;
    pthread_key_t client; /* a CURL handle a thread */
    char text[LAB_PAGE_TEXT_BYTES];
};

static int http_open(const struct lab_native_spec *spec, void **state_out, char *reason) {
    if (spec->http_port == 0) {
        (void)snprintf(reason, LAB_REASON_MAX,
                       "http needs the study's server: the specification has no http_port");
        return -EINVAL;
    }
    if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
        return -ENOMEM;
    }
    struct http_state *state = malloc(sizeof *state);
    if (!state) {
        return -ENOMEM;
    }
    if (pthread_key_create(&state->client, curl_easy_cleanup)) {
        free(state);
        return -ENOMEM;
    }
    state->seed = spec->seed & 0x7fffffff;
    state->scale = spec->scale;
    state->port = spec->http_port;
    lab_page_text(state->text);
    *state_out = state;
    return 0;
}

/* What has been received so far: its CRC-32 above its length. */
static size_t http_receive(char *data, size_t size, size_t count, void *user) {
    uint64_t *result = user;
    const uint32_t sum =
        (uint32_t)crc32((uLong)(*result >> 32), (const Bytef *)data, (uInt)(size * count));
    *result = ((uint64_t)sum << 32) | ((*result & UINT32_MAX) + size * count);
    return size * count;
}

/* The thread's client, made when it is first needed; NULL when memory is short. */
static CURL *http_client(const struct http_state *state) {
    CURL *client = pthread_getspecific(state->client);
    if (!client) {
        client = curl_easy_init();
        if (client && pthread_setspecific(state->client, client)) {
            curl_easy_cleanup(client);
            client = NULL;
        }
    }
    return client;
}

static void http_work(struct lab_native_task *task) {
    const struct http_state *state = task->state;
    char url[128];
    long status = 0;
    CURL *client = http_client(state);
    (void)snprintf(url, sizeof url,
                   "http://127.0.0.1:%u/page?seed=%" PRIu64 "&i=%" PRIu64 "&scale=%.4f",
                   (unsigned)state->port, state->seed, task->index, state->scale); /* fits */
    task->is_wrong = !client || curl_easy_setopt(client, CURLOPT_URL, url) ||
                     curl_easy_setopt(client, CURLOPT_PROXY, "") ||
                     curl_easy_setopt(client, CURLOPT_NOSIGNAL, 1L) ||
                     curl_easy_setopt(client, CURLOPT_TIMEOUT, (long)HTTP_TIMEOUT_S) ||
                     curl_easy_setopt(client, CURLOPT_WRITEFUNCTION, http_receive) ||
                     curl_easy_setopt(client, CURLOPT_WRITEDATA, &task->result) ||
                     curl_easy_perform(client) ||
                     curl_easy_getinfo(client, CURLINFO_RESPONSE_CODE, &status) || status != 200;
}

static bool http_verify(const struct lab_native_task *task) {
    const struct http_state *state = task->state;
    struct lab_page page;
    lab_page_make(&page, state->seed, task->index);
    uint32_t sum = (uint32_t)crc32(0, (const Bytef *)page.head, (uInt)page.head_bytes);
    sum = (uint32_t)crc32(sum, (const Bytef *)state->text + page.piece_offset,
                          (uInt)page.piece_bytes);
    return task->result == (((uint64_t)sum << 32) | (page.head_bytes + page.piece_bytes));
}

static void http_close(void *state) {
    struct http_state *http = state;
    CURL *client = pthread_getspecific(http->client); /* this thread's; the others have ended */
    curl_easy_cleanup(client);
    (void)pthread_key_delete(http->client); /* it is one of ours */
    free(http);
    curl_global_cleanup();
}

const struct lab_native_workload lab_native_http = {
    .name = "http",
    .kind = "io",
    .summary = "pages from the study's own HTTP server, fetched by libcurl",
    .open = http_open,
    .work = http_work,
    .verify = http_verify,
    .close = http_close,
};
