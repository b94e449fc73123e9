/* http_server.c - one thread, epoll, and a heap of connections that wait for their time.
 *
 * A connection reads a request, waits until the service time is over, writes the page, and reads
 * on. Its buffer is the only memory a request costs.
 */
#include "lab/workload/http_server.h"

#include "lab/workload/http_request.h"
#include "lab/workload/page.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <treadle/clock.h>

enum {
    CONNECTIONS_MAX = 2048,
    ANSWER_MAX = 256 + LAB_PAGE_HEAD_MAX + LAB_PAGE_MAX,
    EVENTS_MAX = 64,
};

enum phase { PHASE_READ, PHASE_WAIT, PHASE_WRITE };

struct connection {
    int fd;
    enum phase phase;
    size_t heap_index; /* its place in `due`, in PHASE_WAIT */
    uint64_t due_ns;
    struct lab_request request;
    size_t read_count, write_count, written;
    char in[LAB_REQUEST_MAX];
    char out[ANSWER_MAX];
};

struct lab_http_server {
    int listener, poller, timer;
    uint16_t port;
    double mean_s;
    size_t open_count;
    size_t due_count;
    struct connection *due[CONNECTIONS_MAX]; /* binary heap by due_ns */
    char text[LAB_PAGE_TEXT_BYTES];
};

static void due_put(struct lab_http_server *server, size_t index, struct connection *connection) {
    server->due[index] = connection;
    connection->heap_index = index;
}

static void due_up(struct lab_http_server *server, size_t index) {
    struct connection *moved = server->due[index];
    while (index > 0 && server->due[(index - 1) / 2]->due_ns > moved->due_ns) {
        due_put(server, index, server->due[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    due_put(server, index, moved);
}

static void due_down(struct lab_http_server *server, size_t index) {
    struct connection *moved = server->due[index];
    for (size_t child = 2 * index + 1; child < server->due_count; child = 2 * index + 1) {
        if (child + 1 < server->due_count &&
            server->due[child + 1]->due_ns < server->due[child]->due_ns) {
            child++;
        }
        if (server->due[child]->due_ns >= moved->due_ns) {
            break;
        }
        due_put(server, index, server->due[child]);
        index = child;
    }
    due_put(server, index, moved);
}

static void due_remove(struct lab_http_server *server, struct connection *connection) {
    const size_t index = connection->heap_index;
    struct connection *last = server->due[--server->due_count];
    if (last != connection) {
        due_put(server, index, last);
        due_down(server, index);
        due_up(server, last->heap_index);
    }
}

/* Sets the timer to the first one that is due. */
static void timer_arm(struct lab_http_server *server) {
    struct itimerspec when = {0};
    if (server->due_count > 0) {
        const uint64_t due_ns = server->due[0]->due_ns;
        when.it_value.tv_sec = (time_t)(due_ns / TRD_NS_PER_S);
        when.it_value.tv_nsec = (long)(due_ns % TRD_NS_PER_S);
    }
    (void)timerfd_settime(server->timer, TFD_TIMER_ABSTIME, &when, NULL); /* cannot fail: valid */
}

static int poll_change(struct lab_http_server *server, int how, int fd, uint32_t events,
                       void *data) {
    struct epoll_event event = {.events = events, .data.ptr = data};
    return epoll_ctl(server->poller, how, fd, &event) == 0 ? 0 : -errno;
}

static void connection_close(struct lab_http_server *server, struct connection *connection) {
    if (connection->phase == PHASE_WAIT) {
        due_remove(server, connection);
        timer_arm(server);
    }
    (void)close(connection->fd); /* nothing was left to write that matters */
    free(connection);
    server->open_count--;
}

static const char *reason_of(int status) {
    switch (status) {
    case 200:
        return "OK";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 431:
        return "Request Header Fields Too Large";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Bad Request";
    }
}

/* Writes the answer into the connection's buffer. */
static void answer_make(struct lab_http_server *server, struct connection *connection) {
    const struct lab_request *request = &connection->request;
    struct lab_page page = {.head_bytes = 0};
    if (request->status == 200) {
        lab_page_make(&page, request->seed, request->index);
    }
    const size_t body_bytes = page.head_bytes + page.piece_bytes;
    const int head_bytes =
        snprintf(connection->out, sizeof connection->out,
                 "HTTP/1.1 %d %s\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n%s\r\n",
                 request->status, reason_of(request->status), body_bytes,
                 request->is_kept_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
    char *at = connection->out + head_bytes;
    memcpy(at, page.head, page.head_bytes);
    memcpy(at + page.head_bytes, server->text + page.piece_offset, page.piece_bytes);
    connection->write_count = (size_t)head_bytes + body_bytes;
    connection->written = 0;
}

/* Looks for a whole request among what was read. */
static void connection_parse(struct lab_http_server *server, struct connection *connection) {
    const size_t taken =
        lab_request_parse(&connection->request, connection->in, connection->read_count);
    if (taken == 0) {
        return;
    }
    connection->read_count -= taken;
    memmove(connection->in, connection->in + taken, connection->read_count);
    answer_make(server, connection);
    if (connection->request.status != 200) {
        connection->phase = PHASE_WRITE; /* a mistake is told at once */
        return;
    }
    const double service_s =
        connection->request.scale *
        lab_page_service_s(connection->request.seed, connection->request.index, server->mean_s);
    connection->due_ns = trd_clock_now_ns() + (uint64_t)(service_s * 1e9);
    connection->phase = PHASE_WAIT;
    server->due[server->due_count] = connection;
    connection->heap_index = server->due_count++;
    due_up(server, connection->heap_index);
    timer_arm(server);
}

/* Reads what there is. False when the other side has gone. */
static bool connection_read(struct connection *connection) {
    while (connection->read_count < sizeof connection->in) {
        const ssize_t count = recv(connection->fd, connection->in + connection->read_count,
                                   sizeof connection->in - connection->read_count, 0);
        if (count > 0) {
            connection->read_count += (size_t)count;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else {
            return count < 0 && errno == EAGAIN;
        }
    }
    return true;
}

/* Writes what there is. False when the connection is over. */
static bool connection_write(struct connection *connection) {
    while (connection->written < connection->write_count) {
        const ssize_t count = send(connection->fd, connection->out + connection->written,
                                   connection->write_count - connection->written, MSG_NOSIGNAL);
        if (count > 0) {
            connection->written += (size_t)count;
        } else if (count < 0 && errno == EINTR) {
            continue;
        } else {
            return count < 0 && errno == EAGAIN;
        }
    }
    connection->phase = PHASE_READ;
    return connection->request.is_kept_alive;
}

/* Goes on as far as it can without waiting, then says what to wait for. */
static void connection_go_on(struct lab_http_server *server, struct connection *connection,
                             bool is_readable) {
    bool is_alive = !is_readable || connection_read(connection);
    if (is_alive && connection->phase == PHASE_READ) {
        connection_parse(server, connection);
    }
    while (is_alive && connection->phase == PHASE_WRITE) {
        is_alive = connection_write(connection);
        if (connection->phase == PHASE_WRITE) {
            break;
        }
        if (is_alive) {
            connection_parse(server, connection);
        }
    }
    const bool has_room = connection->read_count < sizeof connection->in;
    const uint32_t events =
        (has_room ? EPOLLIN : 0u) | (connection->phase == PHASE_WRITE ? EPOLLOUT : 0u);
    if (!is_alive || poll_change(server, EPOLL_CTL_MOD, connection->fd, events, connection)) {
        connection_close(server, connection);
    }
}

/* Everyone whose time has come. */
static void timer_fired(struct lab_http_server *server) {
    uint64_t count;
    (void)!read(server->timer, &count, sizeof count); /* only to make it quiet again */
    const uint64_t now_ns = trd_clock_now_ns();
    while (server->due_count > 0 && server->due[0]->due_ns <= now_ns) {
        struct connection *connection = server->due[0];
        due_remove(server, connection);
        connection->phase = PHASE_WRITE;
        connection_go_on(server, connection, false);
    }
    timer_arm(server);
}

static void accept_all(struct lab_http_server *server) {
    while (server->open_count < CONNECTIONS_MAX) {
        const int fd = accept(server->listener, NULL, NULL);
        if (fd < 0) {
            return; /* nobody is there, or gone again, or no descriptor is left: they come again */
        }
        const int one = 1;
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection || fcntl(fd, F_SETFL, O_NONBLOCK) ||
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) ||
            poll_change(server, EPOLL_CTL_ADD, fd, EPOLLIN, connection)) {
            free(connection);
            (void)close(fd); /* it was not used */
            continue;
        }
        connection->fd = fd;
        server->open_count++;
    }
}

int lab_http_server_run(struct lab_http_server *server, int stop_fd) {
    static char stop_mark; /* only its address is used */
    /* A file is always readable to epoll's eyes and refused by it: then there is no stop. */
    int failed = poll_change(server, EPOLL_CTL_ADD, stop_fd, EPOLLIN | EPOLLHUP, &stop_mark);
    while (!failed || failed == -EPERM) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(server->poller, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) {
            return -errno;
        }
        bool is_timer_due = false;
        for (int i = 0; i < count; i++) {
            void *data = events[i].data.ptr;
            if (data == &stop_mark) {
                return 0;
            }
            if (data == &server->timer) {
                is_timer_due = true; /* last: it may close connections that come after it here */
            } else if (data == &server->listener) {
                accept_all(server);
            } else {
                connection_go_on(server, data, (events[i].events & ~(uint32_t)EPOLLOUT) != 0);
            }
        }
        if (is_timer_due) {
            timer_fired(server);
        }
    }
    return failed;
}

static int server_listen(struct lab_http_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    server->poller = epoll_create1(EPOLL_CLOEXEC);
    server->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (server->listener < 0 || server->poller < 0 || server->timer < 0 ||
        fcntl(server->listener, F_SETFL, O_NONBLOCK) ||
        bind(server->listener, (struct sockaddr *)&address, sizeof address) ||
        listen(server->listener, SOMAXCONN) ||
        getsockname(server->listener, (struct sockaddr *)&address, &length)) {
        return -errno;
    }
    server->port = ntohs(address.sin_port);
    const int failed =
        poll_change(server, EPOLL_CTL_ADD, server->listener, EPOLLIN, &server->listener);
    return failed ? failed
                  : poll_change(server, EPOLL_CTL_ADD, server->timer, EPOLLIN, &server->timer);
}

int lab_http_server_open(double mean_s, struct lab_http_server **server_out) {
    struct lab_http_server *server = calloc(1, sizeof *server);
    if (!server) {
        return -ENOMEM;
    }
    server->listener = server->poller = server->timer = -1;
    server->mean_s = mean_s;
    lab_page_text(server->text);
    const int failed = server_listen(server);
    if (failed) {
        lab_http_server_close(server);
        return failed;
    }
    *server_out = server;
    return 0;
}

uint16_t lab_http_server_port(const struct lab_http_server *server) {
    return server->port;
}

void lab_http_server_close(struct lab_http_server *server) {
    const int fds[] = {server->listener, server->poller, server->timer};
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        if (fds[i] >= 0) {
            (void)close(fds[i]); /* nothing is written through them */
        }
    }
    free(server); /* connections go with the process, which ends now */
}
