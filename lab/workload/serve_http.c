/* serve_http.c - `treadle serve-http`. */
#include "lab/workload/cell.h"
#include "lab/workload/http_server.h"

#include "lab/command/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double mean_ms_default = 5.0;

/* The value of --mean-ms; negative when the arguments are wrong. */
static double read_mean_ms(int argc, char **argv) {
    if (argc == 1) {
        return mean_ms_default;
    }
    if (argc != 3 || strcmp(argv[1], "--mean-ms") != 0) {
        return -1.0;
    }
    char *end;
    const double mean_ms = strtod(argv[2], &end);
    return *end == '\0' && mean_ms >= 0.0 && mean_ms <= 1e4 ? mean_ms : -1.0;
}

int lab_serve_http_main(int argc, char **argv) {
    struct lab_http_server *server;
    const double mean_ms = read_mean_ms(argc, argv);
    if (mean_ms < 0.0) {
        (void)fputs("treadle serve-http: usage: treadle serve-http [--mean-ms 0..10000]\n", stderr);
        return LAB_EXIT_USAGE;
    }
    int failed = lab_http_server_open(mean_ms / 1e3, &server);
    if (!failed) {
        (void)printf("{\"port\":%u}\n", (unsigned)lab_http_server_port(server));
        (void)fflush(stdout); /* without a reader it is stopped by its stdin */
        failed = lab_http_server_run(server, STDIN_FILENO);
        lab_http_server_close(server);
    }
    if (failed) {
        (void)fprintf(stderr, "treadle serve-http: 127.0.0.1: %s\n", strerror(-failed));
    }
    return failed ? LAB_EXIT_USAGE : LAB_EXIT_OK;
}
