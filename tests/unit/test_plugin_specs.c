/* test_plugin_specs.c - specifications of policies and sizers, and the configuration of the
 * simulator: what is wrong is said, with what is allowed. */
#include "tests/check.h"

#include <math.h>
#include <string.h>

#include <treadle/policy.h>
#include <treadle/sim.h>
#include <treadle/sizer.h>

static void names_alone_take_the_fallbacks(void **state) {
    (void)state;
    struct trd_sizer_spec spec;
    assert_int_equal(trd_sizer_parse("adaptive", &spec, NULL), 0);
    assert_string_equal(spec.sizer->name, "gil_model"); /* what "adaptive" stands for */
    assert_true(fabs(spec.params[0] - spec.sizer->params[0].fallback) < 1e-12);
    assert_int_equal(trd_sizer_parse("adaptive:idle=2.5", &spec, NULL), 0);
    assert_true(fabs(spec.params[0] - 2.5) < 1e-12);
}

static void an_unknown_name_is_answered_with_the_known_ones(void **state) {
    (void)state;
    struct trd_policy_spec policy;
    struct trd_error error;
    assert_int_equal(trd_policy_parse("fifoo", &policy, &error), -EINVAL);
    assert_non_null(strstr(error.message, "'fifoo'"));
    for (const struct trd_policy *const *known = trd_policies(); *known; known++) {
        assert_non_null(strstr(error.message, (*known)->name));
    }
}

static void wrong_parameters_are_named_with_what_is_allowed(void **state) {
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"adaptive:idle=0", "from 0.01 to 3600"}, {"adaptive:idle=x", "not 'x'"},
        {"adaptive:idle=nan", "not 'nan'"},       {"adaptive:idle", "must be a number"},
        {"adaptive:speed=1", "known: idle"},      {"adaptive:", "''"},
        {"fixed:n=1", "takes no parameters"},     {"", "unknown sizer ''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct trd_sizer_spec spec;
        struct trd_error error = {""};
        assert_int_equal(trd_sizer_parse(cases[i].text, &spec, &error), -EINVAL);
        if (!strstr(error.message, cases[i].says)) {
            fail_msg("'%s' is answered with '%s', not with '%s'", cases[i].text, error.message,
                     cases[i].says);
        }
    }
}

static const struct trd_sim_client client = {
    .share = 1, .service = {.law = TRD_SIM_EXPONENTIAL, .mean_ns = 1e6}};

static struct trd_sim_config good(void) {
    return (struct trd_sim_config){.workers_min = 1,
                                   .workers_max = 1,
                                   .rate_per_s = 500,
                                   .clients = &client,
                                   .client_count = 1,
                                   .task_count = 1000};
}

static void check_refused(const struct trd_sim_config *config, const char *says) {
    struct trd_sim_report report;
    struct trd_error error = {""};
    assert_int_equal(trd_sim_run(config, &report, NULL), -EINVAL);
    assert_int_equal(trd_sim_run(config, &report, &error), -EINVAL);
    if (!strstr(error.message, says)) {
        fail_msg("'%s' does not say '%s'", error.message, says);
    }
    trd_sim_report_free(&report); /* allowed, and nothing to free */
}

static void a_wrong_configuration_says_what_is_wrong(void **state) {
    (void)state;
    struct trd_sim_client wrong = client;
    struct trd_sim_config config = good();
    struct trd_sim_report report;
    assert_int_equal(trd_sim_run(&config, &report, NULL), 0);
    trd_sim_report_free(&report);
    config.rate_per_s = 1000;
    check_refused(&config, "steady state");
    config.rate_per_s = (double)NAN;
    check_refused(&config, "rate");
    config = good();
    config.workers_min = 2;
    check_refused(&config, "more than at most");
    config = good();
    config.task_count = 1;
    check_refused(&config, "tasks");
    config = good();
    config.client_count = 0;
    check_refused(&config, "clients");
    config = good();
    config.policy = "chaos";
    check_refused(&config, "known: fifo");
    config = good();
    config.clients = &wrong;
    wrong.share = 0.0;
    check_refused(&config, "share");
    wrong.share = 1.0;
    wrong.service.mean_ns = (double)NAN;
    check_refused(&config, "service of client 1");
    config = good();
    config.arrivals = TRD_SIM_CLOSED;
    check_refused(&config, "customers");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_alone_take_the_fallbacks),
        cmocka_unit_test(an_unknown_name_is_answered_with_the_known_ones),
        cmocka_unit_test(wrong_parameters_are_named_with_what_is_allowed),
        cmocka_unit_test(a_wrong_configuration_says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
