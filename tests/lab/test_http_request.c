/* test_http_request.c - what the study's HTTP server understands, and that nothing else hurts it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <treadle/rng.h>

#include "lab/workload/http_request.h"
#include "lab/workload/page.h"

static struct lab_request parsed(const char *text) {
    struct lab_request request;
    assert_int_equal(lab_request_parse(&request, text, strlen(text)), strlen(text));
    return request;
}

static void a_page_is_asked_for_by_seed_and_index(void **state) {
    (void)state;
    const struct lab_request request =
        parsed("GET /page?seed=7&i=18446744073709551615&scale=1.05 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(request.status, 200);
    assert_true(request.is_kept_alive);
    assert_int_equal(request.seed, 7);
    assert_true(request.index == UINT64_MAX);
    assert_true(request.scale == 1.05);
}

static void a_connection_is_kept_as_the_protocol_says(void **state) {
    (void)state;
    assert_false(parsed("GET /page?seed=1&i=2 HTTP/1.0\r\n\r\n").is_kept_alive);
    assert_true(
        parsed("GET /page?seed=1&i=2 HTTP/1.0\r\nCONNECTION:  Keep-Alive \r\n\r\n").is_kept_alive);
    assert_false(
        parsed("GET /page?seed=1&i=2 HTTP/1.1\r\nConnection: close\r\n\r\n").is_kept_alive);
}

static void what_is_wrong_is_told_and_ends_the_connection(void **state) {
    static const struct {
        int status;
        const char *text;
    } cases[] = {
        {400, "nonsense\r\n\r\n"},
        {400, "\r\n\r\n"},
        {400, "GET /page?seed=1&i=2\r\n\r\n"},
        {400, "GET /page?seed=1 HTTP/1.1\r\n\r\n"},
        {400, "GET /page?seed=-1&i=2 HTTP/1.1\r\n\r\n"},
        {400, "GET /page?seed=1&i=2&scale=1e9 HTTP/1.1\r\n\r\n"},
        {400, "GET /page?seed=1&i=2&other=3 HTTP/1.1\r\n\r\n"},
        {400, "GET /page?seed=1&i=2 HTTP/1.1\r\nno colon\r\n\r\n"},
        {400, "GET /page?seed=1&i=2 HTTP/1.1\r\nContent-Length: 5\r\n\r\n"},
        {400, "GET /page?seed=1&i=2 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {404, "GET / HTTP/1.1\r\n\r\n"},
        {404, "GET /etc/passwd HTTP/1.1\r\n\r\n"},
        {405, "POST /page?seed=1&i=2 HTTP/1.1\r\n\r\n"},
        {505, "GET /page?seed=1&i=2 HTTP/2.0\r\n\r\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct lab_request request = parsed(cases[i].text);
        if (request.status != cases[i].status) {
            fail_msg("%d, not %d: %s", request.status, cases[i].status, cases[i].text);
        }
        assert_false(request.is_kept_alive);
    }
}

static void half_a_request_is_waited_for_but_not_for_ever(void **state) {
    static char endless[LAB_REQUEST_MAX];
    struct lab_request request;
    (void)state;
    assert_int_equal(lab_request_parse(&request, "GET /page", 9), 0);
    assert_int_equal(lab_request_parse(&request, "", 0), 0);
    memset(endless, 'a', sizeof endless);
    assert_int_equal(lab_request_parse(&request, endless, sizeof endless), sizeof endless);
    assert_int_equal(request.status, 431);
}

static void two_requests_in_a_row_are_two(void **state) {
    static const char two[] =
        "GET /page?seed=1&i=2 HTTP/1.1\r\n\r\nGET /page?seed=1&i=3 HTTP/1.1\r\n\r\n";
    struct lab_request request;
    (void)state;
    const size_t taken = lab_request_parse(&request, two, strlen(two));
    assert_int_equal(request.index, 2);
    (void)lab_request_parse(&request, two + taken,
                            strlen(two) - taken); /* its fields are looked at */
    assert_int_equal(request.index, 3);
}

/* Mutations of a good request, in memory of exactly their size, so that a sanitizer sees a byte too
 * many; the seed repeats them. */
static void no_bytes_hurt(void **state) {
    static const char good[] =
        "GET /page?seed=7&i=3&scale=1.05 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    static const char alphabet[] = "\r\n :?&=/.0919GETHTP\t\xff";
    const uint64_t seed = 20261123;
    struct trd_rng rng;
    (void)state;
    print_message("seed %llu\n", (unsigned long long)seed);
    trd_rng_init(&rng, seed);
    for (int round = 0; round < 20000; round++) {
        const size_t count = sizeof good - 1 - (size_t)trd_rng_below(&rng, 8);
        char *bytes = test_malloc(count);
        memcpy(bytes, good, count);
        for (uint64_t edits = trd_rng_below(&rng, 6); edits > 0; edits--) {
            bytes[trd_rng_below(&rng, count)] = alphabet[trd_rng_below(&rng, sizeof alphabet)];
        }
        struct lab_request request;
        const size_t taken = lab_request_parse(&request, bytes, count);
        assert_true(taken <= count);
        assert_true(taken == 0 || request.status == 200 || !request.is_kept_alive);
        test_free(bytes);
    }
}

static void a_page_belongs_to_its_seed_and_index(void **state) {
    struct lab_page a, b;
    (void)state;
    lab_page_make(&a, 1, 2);
    lab_page_make(&b, 1, 2);
    assert_memory_equal(a.head, b.head, a.head_bytes);
    assert_true(a.piece_offset == b.piece_offset && a.piece_bytes == b.piece_bytes);
    for (uint64_t i = 0; i < 10000; i++) {
        lab_page_make(&a, 3, i);
        assert_in_range(a.piece_bytes, LAB_PAGE_MIN, LAB_PAGE_MAX - 1);
        assert_true(a.piece_offset + a.piece_bytes <= LAB_PAGE_TEXT_BYTES);
        assert_true(a.head_bytes < LAB_PAGE_HEAD_MAX);
    }
}

static void service_times_have_their_mean_over_any_stretch(void **state) {
    (void)state;
    for (uint64_t start = 0; start < 1000; start += 77) {
        double sum = 0.0;
        for (uint64_t i = start; i < start + 100; i++) {
            sum += lab_page_service_s(9, i, 0.005);
        }
        assert_true(sum / 100 > 0.005 * 0.9 && sum / 100 < 0.005 * 1.1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_asked_for_by_seed_and_index),
        cmocka_unit_test(a_connection_is_kept_as_the_protocol_says),
        cmocka_unit_test(what_is_wrong_is_told_and_ends_the_connection),
        cmocka_unit_test(half_a_request_is_waited_for_but_not_for_ever),
        cmocka_unit_test(two_requests_in_a_row_are_two),
        cmocka_unit_test(no_bytes_hurt),
        cmocka_unit_test(a_page_belongs_to_its_seed_and_index),
        cmocka_unit_test(service_times_have_their_mean_over_any_stretch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
