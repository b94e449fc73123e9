/* report_terminal.c - the summary in a terminal: at most 96 columns, plain words first.
 *
 * What is written is composed in UTF-8 and, where the locale is not UTF-8, spelled in ASCII at the
 * very end, so that there is one text and not two.
 */
#include "lab/report/report.h"
#include "lab/report/report_answers.h"
#include "lab/report/report_latency.h"
#include "lab/report/report_text.h"
#include "lab/report/report_view.h"
#include "lab/stats/quantile.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { WIDTH = 96, LINE_MAX_BYTES = 2048 };

struct terminal {
    FILE *out;
    bool is_colour, is_utf8;
};

enum colour { PLAIN, BOLD, FAINT, GREEN, RED, BLUE, YELLOW };

static void set_colour(const struct terminal *terminal, enum colour colour) {
    static const char *const codes[] = {
        [PLAIN] = "0", [BOLD] = "1",  [FAINT] = "2",  [GREEN] = "32",
        [RED] = "31",  [BLUE] = "34", [YELLOW] = "33"};
    if (terminal->is_colour)
        (void)fprintf(terminal->out, "\033[%sm", codes[colour]);
}

/* What stands for a letter where only ASCII can be shown. */
static const char *ascii_of(uint32_t character) {
    static const struct {
        uint32_t character;
        const char *text;
    } spellings[] = {{0xD7, "x"},   {0xB5, "u"},   {0xB1, "+-"},  {0xB7, "-"},     {0x202F, " "},
                     {0xA0, " "},   {0x2013, "-"}, {0x2014, "-"}, {0x2026, "..."}, {0x3C1, "rho"},
                     {0x2713, "+"}, {0x2715, "x"}, {0x2019, "'"}, {0x201C, "\""},  {0x201D, "\""}};
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
        if (spellings[i].character == character)
            return spellings[i].text;
    }
    return "?";
}

/* Control characters, an escape of a terminal among them, never reach it. */
static void put_text(const struct terminal *terminal, const char *text) {
    while (*text) {
        uint32_t character;
        size_t length = lab_utf8_next(text, &character);
        bool is_control = character < 0x20 || (character >= 0x7F && character < 0xA0);
        if (is_control)
            (void)fputc(' ', terminal->out);
        else if (character == 0xFFFD)
            (void)fputs(terminal->is_utf8 ? "\uFFFD" : "?", terminal->out);
        else if (character < 0x80 || terminal->is_utf8)
            (void)fwrite(text, 1, length, terminal->out);
        else
            (void)fputs(ascii_of(character), terminal->out);
        text += length;
    }
}

static void __attribute__((format(printf, 2, 3)))
say(const struct terminal *terminal, const char *format, ...) {
    char line[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    put_text(terminal, line);
}

static void end_line(const struct terminal *terminal) {
    (void)fputc('\n', terminal->out);
}

/* Text in a column of `width` characters; what is longer is kept whole. */
static void say_column(const struct terminal *terminal, const char *text, size_t width) {
    size_t length = lab_utf8_length(text);
    put_text(terminal, text);
    for (; length < width; length++)
        (void)fputc(' ', terminal->out);
}

static void say_right(const struct terminal *terminal, const char *text, size_t width) {
    for (size_t length = lab_utf8_length(text); length < width; length++)
        (void)fputc(' ', terminal->out);
    put_text(terminal, text);
}

/* Words, wrapped at WIDTH, each line after the first begun at column `indent`. `at` is the column
 * where the first begins. */
static void say_wrapped(const struct terminal *terminal, const char *text, size_t at,
                        size_t indent) {
    bool is_first = true;
    while (*text) {
        char word[LINE_MAX_BYTES];
        size_t bytes = strcspn(text, " ");
        (void)snprintf(word, sizeof(word), "%.*s", (int)bytes, text);
        size_t length = lab_utf8_length(word);
        if (at + length + 1 > WIDTH && !is_first) {
            end_line(terminal);
            say_column(terminal, "", indent);
            at = indent;
        } else if (!is_first) {
            (void)fputc(' ', terminal->out);
            at++;
        }
        is_first = false;
        put_text(terminal, word);
        text += bytes + strspn(text + bytes, " ");
        at += length;
    }
    end_line(terminal);
}

static void say_heading(const struct terminal *terminal, const char *text) {
    end_line(terminal);
    set_colour(terminal, BOLD);
    put_text(terminal, text);
    set_colour(terminal, PLAIN);
    end_line(terminal);
}

static void say_noise(const struct terminal *terminal, const struct lab_results *results) {
    const struct lab_selftest *self = &results->selftest;
    say(terminal,
        "Noise: others used %s of the cores, %s stolen; %u of %u blocks repeated, %u still noisy.",
        lab_show_percent(self->others_cpu).text, lab_show_percent(self->steal).text,
        self->repeated_blocks, self->blocks, self->noisy_blocks);
    end_line(terminal);
    say(terminal, "Self-test: %u of %u identical pairs called different", self->aa_different,
        self->aa_pairs);
    if (!isnan(self->planted_ratio))
        say(terminal, "; planted +5 %% %s (%s %s)", self->planted_found ? "found" : "not found",
            lab_show_ratio(self->planted_ratio).text,
            lab_show_interval(self->planted_low, self->planted_high).text);
    say(terminal, ".");
    end_line(terminal);
    if (!results->is_complete) {
        set_colour(terminal, YELLOW);
        say(terminal, "Partial study: not every planned run has an outcome; --resume goes on.");
        set_colour(terminal, PLAIN);
        end_line(terminal);
    }
}

static void say_answers(const struct terminal *terminal, const struct lab_results *results) {
    static struct lab_answer answers[LAB_ANSWERS_MAX];
    size_t count = lab_report_answers(results, answers);
    if (count > 0)
        say_heading(terminal, "Answers");
    size_t width = 20;
    for (size_t i = 0; i < count; i++) {
        size_t length = lab_utf8_length(answers[i].topic) + 3;
        width = length > width && length < WIDTH / 2 ? length : width;
    }
    for (size_t i = 0; i < count; i++) {
        say(terminal, "  ");
        say_column(terminal, answers[i].topic, width - 2);
        say(terminal, " ");
        set_colour(terminal, BOLD);
        say(terminal, "%s", answers[i].headline);
        set_colour(terminal, PLAIN);
        end_line(terminal);
        say_column(terminal, "", width + 1);
        set_colour(terminal, FAINT);
        say_wrapped(terminal, answers[i].detail, width + 1, width + 1);
        set_colour(terminal, PLAIN);
    }
}

static enum colour colour_of(enum lab_claim_verdict verdict) {
    static const enum colour colours[] = {[LAB_CLAIM_NOT_TESTED] = FAINT,
                                          [LAB_CLAIM_SUPPORTED] = GREEN,
                                          [LAB_CLAIM_REFUTED] = RED,
                                          [LAB_CLAIM_DEPENDS] = BLUE,
                                          [LAB_CLAIM_UNDECIDED] = YELLOW};
    return colours[verdict];
}

static void say_claim(const struct terminal *terminal, const struct lab_claim_result *claim) {
    enum { INDENT = 19 };
    say(terminal, "  ");
    say_column(terminal, claim->id, 4);
    set_colour(terminal, colour_of(claim->verdict));
    say_column(terminal, lab_claim_verdict_name(claim->verdict), INDENT - 6);
    set_colour(terminal, PLAIN);
    char text[LINE_MAX_BYTES];
    bool has_effect = !isnan(claim->effect);
    (void)snprintf(text, sizeof(text), "%s%s%s%s%s", claim->text, has_effect ? " " : "",
                   has_effect ? lab_show_ratio(claim->effect).text : "",
                   has_effect && !isnan(claim->low) ? " " : "",
                   has_effect ? lab_show_interval(claim->low, claim->high).text : "");
    say_wrapped(terminal, text, INDENT, INDENT);
    if (!claim->detail[0])
        return;
    say_column(terminal, "", INDENT);
    set_colour(terminal, FAINT);
    say_wrapped(terminal, claim->detail, INDENT, INDENT);
    set_colour(terminal, PLAIN);
}

static void say_claims(const struct terminal *terminal, const struct lab_results *results) {
    if (results->claim_count > 0)
        say_heading(terminal, "Claims (effects are ratios of time)");
    for (size_t i = 0; i < results->claim_count; i++)
        say_claim(terminal, &results->claims[i]);
}

/* "3.96×" for an executor of the group, "failed", or nothing when it has no cell there. */
static struct lab_shown speed_of(const struct lab_results *results, const struct lab_cell *first,
                                 const char *executor) {
    const struct lab_cell *base = lab_view_baseline(results, first->group), *cell = NULL;
    struct lab_shown shown = {""};
    while ((cell = lab_view_next_member(results, first->group, cell))) {
        if (strcmp(cell->executor, executor) != 0)
            continue;
        if (!base || lab_view_ok_count(cell) == 0)
            (void)snprintf(shown.text, sizeof(shown.text), "%s", lab_outcome_name(cell->outcome));
        else
            shown =
                lab_show_ratio(lab_view_relation(results, base, cell, lab_view_time_metric).speed);
    }
    return shown;
}

enum { EXECUTORS_MAX = 6, SPEED_WIDTH = 18 };

/* The executors of the part, serial left out: it is what the others are compared with. */
static size_t executors_of(const struct lab_results *results, const char *names[EXECUTORS_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i < results->cell_count && count < EXECUTORS_MAX; i++) {
        const struct lab_cell *cell = &results->cells[i];
        bool is_new = strcmp(cell->part, "executors") == 0 &&
                      strcmp(cell->executor, "serial") != 0 && strcmp(cell->lane, "python") == 0;
        for (size_t j = 0; j < count && is_new; j++)
            is_new = strcmp(names[j], cell->executor) != 0;
        if (is_new)
            names[count++] = cell->executor;
    }
    return count;
}

static void say_executors(const struct terminal *terminal, const struct lab_results *results) {
    const char *names[EXECUTORS_MAX];
    size_t count = executors_of(results, names);
    const struct lab_cell *first = NULL;
    if (count == 0)
        return;
    say_heading(terminal, "Executors (how many times as fast as serial)");
    say_column(terminal, "", 26);
    for (size_t i = 0; i < count; i++)
        say_right(terminal, names[i], SPEED_WIDTH);
    end_line(terminal);
    while ((first = lab_view_next_group(results, "executors", first))) {
        if (strcmp(first->lane, "python") != 0)
            continue;
        say(terminal, "  ");
        say_column(terminal, lab_view_work_name(results, first).text, 24);
        for (size_t i = 0; i < count; i++)
            say_right(terminal, speed_of(results, first, names[i]).text, SPEED_WIDTH);
        end_line(terminal);
    }
}

/* Columns: what was measured, beside it the mean that the simulator has for the same arrivals. */
static int say_policy(const struct terminal *terminal, const struct lab_cell *cell) {
    static const double quantiles[] = {0.5, 0.99};
    double goodput = lab_view_typical(cell, lab_view_goodput);
    struct lab_latencies latencies;
    int code = lab_latencies_gather(&latencies, cell, LAB_LATENCY_ALL, 0);
    if (code < 0)
        return code;
    char label[160];
    (void)snprintf(label, sizeof(label), "%.2g %s %s", cell->load, cell->variant, cell->policy);
    say(terminal, "  ");
    say_column(terminal, label, 24);
    say_right(terminal, lab_show_seconds(latencies.mean).text, 10);
    say_right(terminal,
              cell->twin ? lab_show_seconds(trd_histogram_mean(&cell->twin->response) / 1e9).text
                         : "-",
              11);
    for (size_t i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        double seconds = lab_quantile(latencies.sorted, latencies.count, quantiles[i]);
        say_right(terminal, isnan(seconds) ? "-" : lab_show_seconds(seconds).text, 10);
    }
    lab_latencies_free(&latencies);
    char jain[32];
    (void)snprintf(jain, sizeof(jain), "%.2f", lab_latency_jain(cell));
    say_right(terminal, jain, 6);
    say_right(terminal, isnan(goodput) ? "-" : lab_show_percent(goodput).text, 9);
    end_line(terminal);
    return 0;
}

static int say_policies(const struct terminal *terminal, const struct lab_results *results) {
    bool is_headed = false;
    int code = 0;
    for (size_t i = 0; i < results->cell_count && code == 0; i++) {
        const struct lab_cell *cell = &results->cells[i];
        if (strcmp(cell->part, "policies") != 0 || lab_view_ok_count(cell) == 0)
            continue;
        if (!is_headed) {
            say_heading(terminal, "Policies (latency from the intended arrival)");
            say(terminal, "  load, sizes, policy            mean  simulated       p50       p99"
                          "  Jain  goodput");
            end_line(terminal);
        }
        is_headed = true;
        code = say_policy(terminal, cell);
    }
    return code;
}

int lab_report_terminal(FILE *out, const struct lab_results *results, bool is_colour) {
    struct terminal terminal = {.out = out, .is_colour = is_colour};
    terminal.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a point in every number */
    if (plain == (locale_t)0)
        return -errno;
    locale_t before = uselocale(plain);
    errno = 0;
    say_noise(&terminal, results);
    say_answers(&terminal, results);
    say_claims(&terminal, results);
    say_executors(&terminal, results);
    int code = say_policies(&terminal, results);
    if (fflush(out) != 0 || ferror(out))
        code = errno != 0 ? -errno : -EIO;
    (void)uselocale(before); /* was valid a moment ago */
    freelocale(plain);
    return code;
}
