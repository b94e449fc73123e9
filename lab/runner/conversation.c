/* conversation.c - reads a child's pipes with poll(), never longer than until a deadline. */
#include "lab/runner/conversation.h"

#include "lab/runner/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)256 << 20)

double lab_now_s(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void lab_conversation_open(struct lab_conversation *conversation, struct lab_child *child) {
    conversation->child = child;
    conversation->text = NULL;
    conversation->length = conversation->space = conversation->taken = 0;
    conversation->last_length = 0;
    conversation->last_words[0] = '\0';
    (void)fcntl(child->events, F_SETFL, O_NONBLOCK);
    (void)fcntl(child->err, F_SETFL, O_NONBLOCK);
}

void lab_conversation_close(struct lab_conversation *conversation) {
    free(conversation->text);
    conversation->text = NULL;
}

/* Keeps the last part of what it has ever said. */
static void remember(struct lab_conversation *conversation, const char *text, size_t length) {
    size_t kept = conversation->last_length;

    if (length > LAB_LAST_WORDS_MAX) {
        text += length - LAB_LAST_WORDS_MAX;
        length = LAB_LAST_WORDS_MAX;
    }
    if (kept + length > LAB_LAST_WORDS_MAX) {
        size_t gone = kept + length - LAB_LAST_WORDS_MAX;

        memmove(conversation->last_words, conversation->last_words + gone, kept - gone);
        kept -= gone;
    }
    memcpy(conversation->last_words + kept, text, length);
    conversation->last_length = kept + length;
    conversation->last_words[conversation->last_length] = '\0';
}

/* Reads once. False when that pipe is at its end. */
static bool read_err(struct lab_conversation *conversation) {
    char buffer[4096];
    ssize_t length = read(conversation->child->err, buffer, sizeof buffer);

    if (length > 0) {
        remember(conversation, buffer, (size_t)length);
    }
    return length > 0 || (length < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Reads once: LAB_HEARD_NOTHING, or what ends the conversation. */
static enum lab_heard read_events(struct lab_conversation *conversation) {
    ssize_t length;

    if (conversation->space - conversation->length < 4096) {
        size_t wanted = conversation->space == 0 ? 16384 : conversation->space * 2;
        char *larger = wanted > TEXT_MAX ? NULL : realloc(conversation->text, wanted);

        if (larger == NULL) {
            return LAB_HEARD_TOO_MUCH;
        }
        conversation->text = larger;
        conversation->space = wanted;
    }
    length = read(conversation->child->events, conversation->text + conversation->length,
                  conversation->space - conversation->length);
    if (length > 0) {
        conversation->length += (size_t)length;
        return LAB_HEARD_NOTHING;
    }
    return length < 0 && (errno == EAGAIN || errno == EINTR) ? LAB_HEARD_NOTHING : LAB_HEARD_END;
}

static char *next_line(struct lab_conversation *conversation) {
    char *end;

    if (conversation->taken > 0) {
        conversation->length -= conversation->taken;
        memmove(conversation->text, conversation->text + conversation->taken, conversation->length);
        conversation->taken = 0;
    }
    end = conversation->length > 0 ? memchr(conversation->text, '\n', conversation->length) : NULL;
    if (end == NULL) {
        return NULL;
    }
    *end = '\0';
    conversation->taken = (size_t)(end - conversation->text) + 1;
    return conversation->text;
}

/* Waits for any of its pipes; what was heard besides bytes, or LAB_HEARD_LINE to look again. */
static enum lab_heard wait_once(struct lab_conversation *conversation, double deadline_s,
                                bool *is_err_open) {
    const struct lab_child *child = conversation->child;
    double left_s = deadline_s - lab_now_s();
    struct pollfd fds[] = {
        {.fd = child->events, .events = POLLIN},
        {.fd = *is_err_open ? child->err : -1, .events = POLLIN},
        {.fd = lab_interrupt_fd(), .events = POLLIN},
        {.fd = child->status, .events = POLLIN},
    };
    int count;

    if (left_s <= 0.0) {
        return LAB_HEARD_NOTHING;
    }
    count = poll(fds, sizeof fds / sizeof *fds, (int)ceil(fmin(left_s, 3600.0) * 1e3));
    if (lab_interrupt_is_set()) {
        return LAB_HEARD_INTERRUPT;
    }
    if (count <= 0) {
        return LAB_HEARD_LINE;
    }
    if (fds[1].revents != 0) {
        *is_err_open = read_err(conversation);
    }
    if (fds[0].revents != 0) {
        enum lab_heard heard = read_events(conversation);

        return heard == LAB_HEARD_NOTHING ? LAB_HEARD_LINE : heard;
    }
    /* Everything below the guard is dead and its pipe says nothing more. */
    return fds[3].revents != 0 ? LAB_HEARD_END : LAB_HEARD_LINE;
}

enum lab_heard lab_conversation_hear(struct lab_conversation *conversation, double deadline_s,
                                     char **line_out) {
    bool is_err_open = true;

    for (;;) {
        enum lab_heard heard;

        *line_out = next_line(conversation);
        if (*line_out != NULL) {
            return LAB_HEARD_LINE;
        }
        heard = wait_once(conversation, deadline_s, &is_err_open);
        if (heard != LAB_HEARD_LINE) {
            return heard;
        }
    }
}

const char *lab_conversation_last_words(struct lab_conversation *conversation) {
    struct pollfd fd = {.fd = conversation->child->err, .events = POLLIN};

    for (int i = 0; i < 64 && poll(&fd, 1, 0) > 0 && (fd.revents & POLLIN) != 0; i++) {
        if (!read_err(conversation)) {
            break;
        }
    }
    return conversation->last_words;
}
