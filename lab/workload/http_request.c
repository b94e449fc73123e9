/* http_request.c - reads requests. */
#include "lab/workload/http_request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A piece of the request; not NUL-terminated. */
struct piece {
    const char *at;
    size_t count;
};

static bool piece_is(struct piece piece, const char *text) {
    return piece.count == strlen(text) && memcmp(piece.at, text, piece.count) == 0;
}

static bool piece_is_nocase(struct piece piece, const char *text) {
    return piece.count == strlen(text) && strncasecmp(piece.at, text, piece.count) == 0;
}

/* Takes off everything before `mark`, and the mark; the whole rest when there is none. */
static struct piece piece_cut(struct piece *rest, char mark) {
    const char *end = rest->count ? memchr(rest->at, mark, rest->count) : NULL;
    const size_t count = end ? (size_t)(end - rest->at) : rest->count;
    const struct piece taken = {rest->at, count};
    const size_t skipped = end ? count + 1 : count;
    rest->at += skipped;
    rest->count -= skipped;
    return taken;
}

static struct piece piece_trim(struct piece piece) {
    while (piece.count && (*piece.at == ' ' || *piece.at == '\t')) {
        piece.at++;
        piece.count--;
    }
    while (piece.count && strchr(" \t\r", piece.at[piece.count - 1])) {
        piece.count--;
    }
    return piece;
}

/* A copy with a NUL, for strtoull and strtod; false when it is too long, empty or not a digit. */
static bool piece_copy(struct piece piece, char *text, size_t bytes) {
    if (piece.count == 0 || piece.count >= bytes || *piece.at < '0' || *piece.at > '9') {
        return false;
    }
    memcpy(text, piece.at, piece.count);
    text[piece.count] = '\0';
    return true;
}

static bool read_integer(struct piece piece, uint64_t *value_out) {
    char text[24], *end = text;
    if (!piece_copy(piece, text, sizeof text)) {
        return false;
    }
    *value_out = strtoull(text, &end, 10);
    return *end == '\0';
}

static bool read_scale(struct piece piece, double *value_out) {
    char text[24], *end = text;
    if (!piece_copy(piece, text, sizeof text)) {
        return false;
    }
    *value_out = strtod(text, &end);
    return *end == '\0' && *value_out >= 0.01 && *value_out <= 100.0;
}

/* "seed=1&i=2&scale=1.05"; seed and i are needed. */
static bool read_query(struct lab_request *request, struct piece query) {
    bool has_seed = false, has_index = false;
    while (query.count) {
        struct piece value = piece_cut(&query, '&');
        const struct piece key = piece_cut(&value, '=');
        bool is_good = false;
        if (piece_is(key, "seed")) {
            is_good = has_seed = read_integer(value, &request->seed);
        } else if (piece_is(key, "i")) {
            is_good = has_index = read_integer(value, &request->index);
        } else if (piece_is(key, "scale")) {
            is_good = read_scale(value, &request->scale);
        }
        if (!is_good) {
            return false;
        }
    }
    return has_seed && has_index;
}

/* "GET /page?... HTTP/1.1" */
static int read_request_line(struct lab_request *request, struct piece line) {
    const struct piece method = piece_cut(&line, ' ');
    struct piece target = piece_cut(&line, ' ');
    if (piece_is(line, "HTTP/1.1")) {
        request->is_kept_alive = true;
    } else if (!piece_is(line, "HTTP/1.0")) {
        return line.count > 5 && memcmp(line.at, "HTTP/", 5) == 0 ? 505 : 400;
    }
    if (!piece_is(method, "GET")) {
        return 405;
    }
    const struct piece path = piece_cut(&target, '?');
    if (!piece_is(path, "/page")) {
        return 404;
    }
    return read_query(request, target) ? 200 : 400;
}

/* One header field; only those that change how the connection goes on matter. */
static int read_field(struct lab_request *request, struct piece line) {
    if (line.count == 0 || !memchr(line.at, ':', line.count)) {
        return 400;
    }
    const struct piece name = piece_cut(&line, ':');
    const struct piece value = piece_trim(line);
    if (piece_is_nocase(name, "connection")) {
        if (piece_is_nocase(value, "close")) {
            request->is_kept_alive = false;
        } else if (piece_is_nocase(value, "keep-alive")) {
            request->is_kept_alive = true;
        }
    } else if (piece_is_nocase(name, "transfer-encoding") ||
               (piece_is_nocase(name, "content-length") && !piece_is(value, "0"))) {
        return 400; /* a body, which no request here has */
    }
    return 200;
}

/* Where the empty line ends, or 0. */
static size_t find_end(const char *bytes, size_t count) {
    for (size_t i = 0; i + 3 < count; i++) {
        if (memcmp(bytes + i, "\r\n\r\n", 4) == 0) {
            return i + 4;
        }
    }
    return 0;
}

size_t lab_request_parse(struct lab_request *request, const char *bytes, size_t count) {
    *request = (struct lab_request){.status = 431, .scale = 1.0};
    const size_t end = find_end(bytes, count < LAB_REQUEST_MAX ? count : LAB_REQUEST_MAX);
    if (end == 0) {
        return count < LAB_REQUEST_MAX ? 0 : count;
    }
    struct piece rest = {bytes, end - 4};
    request->status = read_request_line(request, piece_trim(piece_cut(&rest, '\n')));
    while (rest.count && request->status == 200) {
        const int status = read_field(request, piece_trim(piece_cut(&rest, '\n')));
        if (status != 200) {
            request->status = status;
        }
    }
    if (request->status != 200) {
        request->is_kept_alive = false;
    }
    return end;
}
