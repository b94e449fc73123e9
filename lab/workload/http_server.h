/* http_server.h - the study's own HTTP server: seeded pages after seeded service times. */
#ifndef TREADLE_LAB_HTTP_SERVER_H
#define TREADLE_LAB_HTTP_SERVER_H

#include <stdint.h>

struct lab_http_server;

/* Listens on 127.0.0.1 at a free port. 0 and *server_out, or -errno. */
int lab_http_server_open(double mean_s, struct lab_http_server **server_out);
uint16_t lab_http_server_port(const struct lab_http_server *server);
/* Serves until `stop_fd` is readable or at its end. One thread; requests wait for their time on a
 * timer, so hundreds are served at once. 0, or -errno when the system fails. */
int lab_http_server_run(struct lab_http_server *server, int stop_fd);
void lab_http_server_close(struct lab_http_server *server);

#endif
