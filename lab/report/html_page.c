/* html_page.c - the frame of every page: head, style, the light/dark button, foot. */
#include "lab/report/html.h"
#include "lab/report/report_text.h"

#include <errno.h>
#include <locale.h>

/* The icon is part of the page, or the browser would ask a server for one. */
static const char icon[] =
    "<link rel=\"icon\" href=\"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' "
    "viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%231f5fd6'/%3E%3Cpath "
    "d='M3 11l3-4 3 2 4-5' stroke='white' stroke-width='2' fill='none'/%3E%3C/svg%3E\">\n";

void lab_html_begin(FILE *out, const char *title) {
    lab_emit(out,
             "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"generator\" content=\"treadle\">\n<title>%s</title>\n",
             title);
    (void)fputs(icon, out);
    lab_html_style(out);
    lab_emit(out, "</head>\n<body>\n");
}

void lab_html_end(FILE *out, const char *footer) {
    lab_emit(out, "<footer>%s</footer>\n", footer);
    lab_html_script(out);
    lab_emit(out, "</body>\n</html>\n");
}

int lab_html_write(FILE *out, int (*write)(void *context), void *context) {
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* a point in every number */
    if (plain == (locale_t)0)
        return -errno;
    locale_t before = uselocale(plain);
    errno = 0;
    int code = write(context);
    if (fflush(out) != 0 || ferror(out))
        code = errno != 0 ? -errno : -EIO;
    (void)uselocale(before); /* was valid a moment ago */
    freelocale(plain);
    return code;
}
