/* report_text.c - numbers as people read them, and text that is safe inside XML. */
#include "lab/report/report_text.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

static struct lab_shown not_known(void) {
    return (struct lab_shown){"n/a"};
}

/* Three significant digits, two below one: as many as a small sample deserves. */
static int digits_after_point(double value) {
    double size = fabs(value);
    if (size == 0 || size >= 0.0995)
        return size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
    return size >= 0.00995 ? 3 : size >= 0.000995 ? 4 : 5;
}

struct lab_shown lab_show_ratio(double ratio) {
    struct lab_shown shown;
    if (!isfinite(ratio))
        return not_known();
    (void)snprintf(shown.text, sizeof(shown.text), "%.*f×", digits_after_point(ratio), ratio);
    return shown;
}

struct lab_shown lab_show_interval(double low, double high) {
    struct lab_shown shown = {""};
    if (!isfinite(low) || !isfinite(high))
        return shown;
    (void)snprintf(shown.text, sizeof(shown.text), "[%.*f, %.*f]", digits_after_point(low), low,
                   digits_after_point(high), high);
    return shown;
}

/* "1.20", "12.0", "120": a value below its unit's thousand. */
static struct lab_shown with_unit(double value, const char *unit) {
    struct lab_shown shown;
    (void)snprintf(shown.text, sizeof(shown.text), "%.*f %s", digits_after_point(value), value,
                   unit);
    return shown;
}

struct unit {
    double from, scale; /* values from this on; how many of the unit are one second */
    const char *name;
};

static const struct unit *unit_of(double seconds) {
    static const struct unit units[] = {
        {0.9995, 1, "s"}, {0.9995e-3, 1e3, "ms"}, {0.9995e-6, 1e6, "µs"}, {0, 1e9, "ns"}};
    size_t i = 0;
    while (fabs(seconds) < units[i].from)
        i++;
    return &units[i];
}

struct lab_shown lab_show_seconds(double seconds) {
    if (!isfinite(seconds))
        return not_known();
    const struct unit *unit = unit_of(seconds);
    return with_unit(seconds * unit->scale, unit->name);
}

struct lab_shown lab_show_ratio_tick(double ratio) {
    struct lab_shown shown;
    (void)snprintf(shown.text, sizeof(shown.text), "%.4g×", ratio);
    return shown;
}

struct lab_shown lab_show_seconds_tick(double seconds) {
    struct lab_shown shown;
    const struct unit *unit = unit_of(seconds);
    if (seconds == 0)
        return (struct lab_shown){"0"};
    (void)snprintf(shown.text, sizeof(shown.text), "%.4g %s", seconds * unit->scale, unit->name);
    return shown;
}

struct lab_shown lab_show_bytes(double bytes) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0;
    if (!isfinite(bytes))
        return not_known();
    while (fabs(bytes) >= 1023.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        bytes /= 1024;
        unit++;
    }
    struct lab_shown shown;
    int digits = unit > 0 && fabs(bytes) < 9.95 ? 1 : 0;
    (void)snprintf(shown.text, sizeof(shown.text), "%.*f %s", digits, bytes, units[unit]);
    return shown;
}

struct lab_shown lab_show_percent(double share) {
    struct lab_shown shown;
    if (!isfinite(share))
        return not_known();
    double percent = 100 * share;
    int digits = fabs(percent) < 9.95 && percent != 0 ? 1 : 0;
    (void)snprintf(shown.text, sizeof(shown.text), "%.*f %%", digits, percent);
    return shown;
}

struct lab_shown lab_show_count(double count) {
    struct lab_shown shown = {""};
    char digits[32];
    size_t used = 0;
    if (!isfinite(count))
        return not_known();
    int length = snprintf(digits, sizeof(digits), "%.0f", fmin(fmax(count, 0), 1e15));
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && length > 4) {
            memcpy(shown.text + used, "\u202f", 3); /* narrow no-break space */
            used += 3;
        }
        shown.text[used++] = digits[i];
    }
    shown.text[used] = '\0';
    return shown;
}

static bool is_continuation(char byte) {
    return ((unsigned char)byte & 0xC0U) == 0x80U;
}

/* How many bytes follow this first byte, and its payload; -1 when it cannot start a character. */
static int followers(unsigned char first, uint32_t *payload) {
    if (first < 0x80) {
        *payload = first;
        return 0;
    }
    if (first >= 0xC2 && first < 0xE0) {
        *payload = first & 0x1FU;
        return 1;
    }
    if (first >= 0xE0 && first < 0xF0) {
        *payload = first & 0x0FU;
        return 2;
    }
    if (first >= 0xF0 && first < 0xF5) {
        *payload = first & 0x07U;
        return 3;
    }
    return -1;
}

size_t lab_utf8_next(const char *text, uint32_t *character) {
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    uint32_t code = 0;
    int count = followers((unsigned char)text[0], &code);
    bool is_good = count >= 0;
    for (int i = 1; is_good && i <= count; i++) {
        is_good = is_continuation(text[i]); /* a terminating zero is none, so no read beyond it */
        code = code << 6 | ((unsigned char)text[i] & 0x3FU);
    }
    if (!is_good || code < smallest[count] || code > 0x10FFFF ||
        (code >= 0xD800 && code < 0xE000)) {
        *character = 0xFFFD;
        return 1;
    }
    *character = code;
    return (size_t)count + 1;
}

size_t lab_utf8_length(const char *text) {
    size_t length = 0;
    uint32_t character;
    while (*text) {
        text += lab_utf8_next(text, &character);
        length++;
    }
    return length;
}

static const char *entity_of(uint32_t character) {
    switch (character) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case 0xFFFD:
    case 0xFFFE:
    case 0xFFFF: /* not characters in XML */
        return "\uFFFD";
    default:
        return character < 0x20 || (character >= 0x7F && character < 0xA0) ? " " : NULL;
    }
}

void lab_xml_text(FILE *out, const char *text) {
    while (*text) {
        uint32_t character;
        size_t length = lab_utf8_next(text, &character);
        const char *entity = entity_of(character);
        if (entity)
            (void)fputs(entity, out); /* an error stays in the stream */
        else
            (void)fwrite(text, 1, length, out);
        text += length;
    }
}

static void emit_double(FILE *out, int digits, double value) {
    if (!isfinite(value)) {
        (void)fputs("n/a", out);
        return;
    }
    double rounded = fabs(value) < 0.5 * pow(10, -digits) ? 0 : value; /* never "-0.0" */
    (void)fprintf(out, "%.*f", digits, rounded);
}

void lab_emit(FILE *out, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    for (const char *at = format; *at; at++) {
        if (*at != '%') {
            (void)fputc(*at, out);
        } else if (*++at == 's') {
            lab_xml_text(out, va_arg(arguments, const char *));
        } else if (*at == 'd') {
            (void)fprintf(out, "%d", va_arg(arguments, int));
        } else if (*at == 'u') {
            (void)fprintf(out, "%u", va_arg(arguments, unsigned));
        } else if (at[0] == 'l' && at[1] == 'd') {
            (void)fprintf(out, "%ld", va_arg(arguments, long));
            at++;
        } else if (at[0] == 'z' && at[1] == 'u') {
            (void)fprintf(out, "%zu", va_arg(arguments, size_t));
            at++;
        } else if (at[0] == '.' && at[1] >= '0' && at[1] <= '9' && at[2] == 'f') {
            emit_double(out, at[1] - '0', va_arg(arguments, double));
            at += 2;
        } else {
            assert(*at == '%'); /* any other conversion is a mistake of the caller */
            (void)fputc('%', out);
        }
    }
    va_end(arguments);
}
