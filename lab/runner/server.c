/* server.c - starts `treadle serve-http` and learns its port. */
#include "lab/runner/server.h"

#include "lab/runner/environment.h"
#include "lab/runner/tree.h"

#include <jansson.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

enum { START_LIMIT_MS = 5000 };

extern char **environ;

/* Reads the first line of its stdout, {"port": N}. */
static int read_port(struct lab_child *child, int *port_out) {
    char line[256];
    size_t length = 0;
    json_t *object;

    while (length + 1 < sizeof line) {
        struct pollfd ready = {.fd = child->events, .events = POLLIN};
        int count = poll(&ready, 1, START_LIMIT_MS);

        if (count < 0 && errno == EINTR) {
            return -EINTR;
        }
        if (count <= 0) {
            return -ETIMEDOUT;
        }
        if (read(child->events, line + length, 1) != 1) {
            return -EPIPE;
        }
        if (line[length] == '\n') {
            break;
        }
        length++;
    }
    object = json_loadb(line, length, 0, NULL);
    *port_out = (int)json_integer_value(json_object_get(object, "port"));
    json_decref(object);
    return *port_out > 0 ? 0 : -EPROTO;
}

/* The guard writes to the status pipe only when the server has ended. */
static bool is_alive(const struct lab_child *child) {
    struct pollfd ended = {.fd = child->status, .events = POLLIN};

    return child->guard != 0 && poll(&ended, 1, 0) == 0;
}

int lab_server_ensure(struct lab_server *server) {
    static char self[] = LAB_SELF, serve[] = "serve-http";
    char *argv[] = {self, serve, NULL};
    int code;

    if (server->port != 0 && is_alive(&server->child)) {
        return 0;
    }
    lab_server_stop(server);
    code = lab_child_start(&server->child, LAB_SELF, argv, environ, true);
    if (code == 0) {
        code = read_port(&server->child, &server->port);
    }
    if (code != 0) {
        lab_server_stop(server);
    }
    return code;
}

void lab_server_stop(struct lab_server *server) {
    char ended_by[32];

    lab_child_end(&server->child, ended_by, sizeof ended_by);
    server->port = 0;
}

double lab_server_cpu_s(const struct lab_server *server) {
    return server->child.guard != 0 ? lab_tree_cpu_s(server->child.guard) : 0.0;
}
