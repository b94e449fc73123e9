/* server.h - the study's HTTP server: a process of ours, under a guard like any cell. */
#ifndef TREADLE_LAB_SERVER_H
#define TREADLE_LAB_SERVER_H

#include "lab/runner/child.h"

struct lab_server {
    struct lab_child child;
    int port; /* 0: not running */
};

/* Makes sure that it runs; starts it (again) when it does not. 0 with `port` set, or -errno. */
int lab_server_ensure(struct lab_server *server);
void lab_server_stop(struct lab_server *server);

/* CPU seconds it has used; 0 when it does not run. */
double lab_server_cpu_s(const struct lab_server *server);

#endif
