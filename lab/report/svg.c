/* svg.c - SVG elements, marks, and estimates of how wide text will be. */
#include "lab/report/svg.h"

#include "lab/report/report_text.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

void lab_svg_open(FILE *out, unsigned id, double width, double height, const char *title,
                  const char *description) {
    lab_emit(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"t%u d%u\">", width,
             height, id, id);
    lab_emit(out, "<title id=\"t%u\">%s</title><desc id=\"d%u\">%s</desc>\n", id, title, id,
             description);
}

void lab_svg_close(FILE *out) {
    lab_emit(out, "</svg>\n");
}

void lab_svg_line(FILE *out, const char *class, double x1, double y1, double x2, double y2) {
    lab_emit(out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", class, x1,
             y1, x2, y2);
}

void lab_svg_rect(FILE *out, const char *class, double x, double y, double width, double height,
                  double radius) {
    lab_emit(out,
             "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
             "rx=\"%.1f\"/>",
             class, x, y, fmax(width, 0), fmax(height, 0), radius);
}

void lab_svg_text(FILE *out, const char *class, enum lab_anchor anchor, double x, double y,
                  const char *text) {
    static const char *const anchors[] = {"start", "middle", "end"};
    lab_emit(out, "<text class=\"%s\" text-anchor=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", class,
             anchors[anchor], x, y, text);
}

/* Outlines of the marks around (0, 0), for a radius of 1; equal in area to the eye, not in size. */
static const char *const shapes[LAB_SERIES_COUNT] = {
    "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0z",                          /* circle */
    "M0,-1.3L1.3,0L0,1.3L-1.3,0z",                                  /* diamond */
    "M-0.9,-0.9H0.9V0.9H-0.9z",                                     /* square */
    "M0,-1.2L1.15,0.85H-1.15z",                                     /* triangle */
    "M0,1.2L1.15,-0.85H-1.15z",                                     /* triangle, down */
    "M-1.2,-0.45H1.2V0.45H-1.2z",                                   /* bar */
    "M-0.4,-1.2H0.4V-0.4H1.2V0.4H0.4V1.2H-0.4V0.4H-1.2V-0.4H-0.4z", /* plus */
};

void lab_svg_mark(FILE *out, unsigned series, double x, double y, double radius, const char *hint) {
    unsigned index = series % LAB_SERIES_COUNT;
    lab_emit(out, "<path class=\"m s%u\" d=\"%s\" transform=\"translate(%.1f %.1f) scale(%.1f)\"",
             index, shapes[index], x, y, radius);
    if (hint)
        lab_emit(out, "><title>%s</title></path>", hint);
    else
        lab_emit(out, "/>");
}

/* Advance widths in thousandths of the font size, those of DejaVu Sans, which is wide among common
 * fonts. Letters beyond ASCII count as wide ones; East Asian letters are square. */
static unsigned advance_of(uint32_t character) {
    static const unsigned char letters[] = {61, 63, 55, 64, 62, 35, 64, 63, 28, 28, 58, 28, 97,
                                            63, 61, 64, 64, 41, 52, 39, 63, 59, 82, 59, 59, 53};
    if (character >= 'a' && character <= 'z')
        return 10U * letters[character - 'a'];
    if (character > 0x7E)
        return character >= 0x1100 ? 1000 : 840;
    if (strchr("mwMW%@", (int)character))
        return 990;
    if (strchr("|.,:;' `", (int)character))
        return 340;
    if (strchr("()[]{}/-\"!I", (int)character))
        return 400;
    return character >= 'A' && character <= 'Z' ? 730 : 640;
}

double lab_svg_text_width(const char *text, double size) {
    unsigned thousandths = 0;
    while (*text) {
        uint32_t character;
        text += lab_utf8_next(text, &character);
        thousandths += advance_of(character);
    }
    return size * thousandths / 1000.0;
}

void lab_svg_text_fitted(FILE *out, const char *class, enum lab_anchor anchor, double x, double y,
                         const char *text, double width_max) {
    static const char ellipsis[] = "…";
    char fitted[256];
    size_t used = 0;
    if (lab_svg_text_width(text, LAB_SVG_FONT) <= width_max) {
        lab_svg_text(out, class, anchor, x, y, text);
        return;
    }
    double width = lab_svg_text_width(ellipsis, LAB_SVG_FONT);
    for (const char *at = text; *at;) {
        uint32_t character;
        size_t length = lab_utf8_next(at, &character);
        width += LAB_SVG_FONT * advance_of(character) / 1000.0;
        if (width > width_max || used + length + sizeof(ellipsis) > sizeof(fitted))
            break;
        memcpy(fitted + used, at, length);
        used += length;
        at += length;
    }
    memcpy(fitted + used, ellipsis, sizeof(ellipsis));
    lab_svg_text(out, class, anchor, x, y, fitted);
}

double lab_svg_legend(FILE *out, double x, double y, double right, const char *const *names,
                      const unsigned *series, size_t count) {
    double at = x;
    for (size_t i = 0; i < count; i++) {
        double width = 34 + lab_svg_text_width(names[i], LAB_SVG_FONT);
        if (at > x && at + width > right) {
            at = x;
            y += 18;
        }
        unsigned index = series[i] % LAB_SERIES_COUNT;
        char class[16];
        (void)snprintf(class, sizeof(class), "l s%u", index);
        lab_svg_line(out, class, at, y - 4, at + 18, y - 4);
        lab_svg_mark(out, series[i], at + 9, y - 4, 3.2, NULL);
        lab_svg_text(out, "t", LAB_ANCHOR_START, at + 24, y, names[i]);
        at += width + 8;
    }
    return count > 0 ? y + 18 : y;
}
