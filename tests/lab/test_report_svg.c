/* Scales, ticks and labels of the charts. */
#include "lab/report/svg.h"
#include "lab/report/svg_scale.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void assert_near(double value, double expected) {
    if (!(fabs(value - expected) < 1e-9))
        fail_msg("%g is not %g", value, expected);
}

static void a_logarithmic_scale_gives_equal_ratios_equal_room(void **state) {
    struct lab_scale scale = lab_scale_make(1, 100, 0, true, 0, 200);
    (void)state;
    assert_near(lab_scale_at(&scale, 1), 0);
    assert_near(lab_scale_at(&scale, 10), 100);
    assert_near(lab_scale_at(&scale, 100), 200);
}

static void an_upright_axis_grows_upwards(void **state) {
    struct lab_scale scale = lab_scale_make(0, 10, 0, false, 200, 0);
    (void)state;
    assert_near(lab_scale_at(&scale, 0), 200);
    assert_near(lab_scale_at(&scale, 10), 0);
}

static void values_outside_are_drawn_at_the_edge(void **state) {
    struct lab_scale scale = lab_scale_make(1, 10, 0, true, 0, 100);
    (void)state;
    assert_near(lab_scale_at(&scale, 1e9), 100);
    assert_near(lab_scale_at(&scale, -4), 0);
}

static void a_scale_of_nothing_usable_is_still_a_scale(void **state) {
    static const double ranges[][2] = {
        {0, 0}, {3, 3}, {5, 1}, {(double)NAN, 1}, {1, (double)INFINITY}, {-1, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        for (int is_log = 0; is_log <= 1; is_log++) {
            struct lab_scale scale =
                lab_scale_make(ranges[i][0], ranges[i][1], 0.05, is_log, 0, 100);
            double ticks[LAB_TICKS_MAX];
            assert_true(scale.low < scale.high);
            assert_true(isfinite(scale.low) && isfinite(scale.high));
            assert_true(!is_log || scale.low > 0);
            assert_true(lab_scale_ticks(&scale, 30, ticks) <= LAB_TICKS_MAX);
        }
    }
}

static void ticks_are_inside_in_order_and_far_enough_apart(void **state) {
    (void)state;
    for (double low = 1e-6; low < 1e4; low *= 3.7) {
        for (double span = 1.01; span < 1e7; span *= 1.9) {
            struct lab_scale scale = lab_scale_make(low, low * span, 0.05, true, 0, 300);
            double ticks[LAB_TICKS_MAX];
            size_t count = lab_scale_ticks(&scale, 40, ticks);
            assert_true(count >= 1);
            for (size_t i = 0; i < count; i++) {
                assert_true(ticks[i] >= scale.low * 0.999999 && ticks[i] <= scale.high * 1.000001);
                assert_true(i == 0 ||
                            lab_scale_at(&scale, ticks[i]) - lab_scale_at(&scale, ticks[i - 1]) >=
                                39.999);
            }
        }
    }
}

/* The labels of an axis as drawn: their middles and texts. */
static size_t labels_of(const char *svg, double *middles, char texts[][48]) {
    size_t count = 0;
    for (const char *at = strstr(svg, "<text"); at; at = strstr(at + 1, "<text")) {
        const char *x = strstr(at, " x=\""), *text = strchr(at, '>') + 1;
        middles[count] = strtod(x + 4, NULL);
        (void)snprintf(texts[count], 48, "%.*s", (int)strcspn(text, "<"), text);
        count++;
    }
    return count;
}

static void labels_of_an_axis_never_overlap(void **state) {
    (void)state;
    for (double span = 1.05; span < 1e6; span *= 1.37) {
        struct lab_scale scale = lab_scale_make(0.013, 0.013 * span, 0.05, true, 0, 210);
        char *svg = NULL, texts[64][48];
        size_t size = 0;
        double middles[64];
        FILE *out = open_memstream(&svg, &size);
        lab_svg_axis_x(out, &scale, 0, 100, lab_show_seconds_tick);
        assert_int_equal(fclose(out), 0);
        size_t count = labels_of(svg, middles, texts);
        assert_true(count >= 1);
        for (size_t i = 1; i < count; i++) {
            double before = middles[i - 1] + lab_svg_text_width(texts[i - 1], LAB_SVG_FONT) / 2;
            assert_true(middles[i] - lab_svg_text_width(texts[i], LAB_SVG_FONT) / 2 > before);
        }
        free(svg);
    }
}

static void a_label_that_does_not_fit_ends_in_an_ellipsis(void **state) {
    char *svg = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&svg, &size);
    (void)state;
    lab_svg_text_fitted(out, "t", LAB_ANCHOR_START, 0, 0, "a name that is far too long", 60);
    lab_svg_text_fitted(out, "t", LAB_ANCHOR_START, 0, 0, "short", 60);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(svg, "…</text>"));
    assert_null(strstr(svg, "too long"));
    assert_non_null(strstr(svg, ">short</text>"));
    free(svg);
}

static void wide_letters_are_estimated_wider(void **state) {
    (void)state;
    assert_true(lab_svg_text_width("WWW", 11) > 2 * lab_svg_text_width("iii", 11));
    assert_near(lab_svg_text_width("", 11), 0);
    assert_near(lab_svg_text_width("abc", 22), 2 * lab_svg_text_width("abc", 11));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_logarithmic_scale_gives_equal_ratios_equal_room),
        cmocka_unit_test(an_upright_axis_grows_upwards),
        cmocka_unit_test(values_outside_are_drawn_at_the_edge),
        cmocka_unit_test(a_scale_of_nothing_usable_is_still_a_scale),
        cmocka_unit_test(ticks_are_inside_in_order_and_far_enough_apart),
        cmocka_unit_test(labels_of_an_axis_never_overlap),
        cmocka_unit_test(a_label_that_does_not_fit_ends_in_an_ellipsis),
        cmocka_unit_test(wide_letters_are_estimated_wider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
