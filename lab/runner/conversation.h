/* conversation.h - what comes from a child: whole lines of its events, the end of its stderr, or
 * that it has ended. */
#ifndef TREADLE_LAB_CONVERSATION_H
#define TREADLE_LAB_CONVERSATION_H

#include "lab/runner/child.h"

#include <stddef.h>

enum { LAB_LAST_WORDS_MAX = 4096 };

struct lab_conversation {
    struct lab_child *child;
    char *text; /* events, not yet handed out */
    size_t length, space;
    size_t taken; /* bytes of `text` that the last line used */
    char last_words[LAB_LAST_WORDS_MAX + 1];
    size_t last_length;
};

enum lab_heard {
    LAB_HEARD_LINE = 1, /* `line_out`, valid until the next call, without its newline */
    LAB_HEARD_END,      /* the child has ended, or closed its events */
    LAB_HEARD_NOTHING,  /* until the deadline */
    LAB_HEARD_INTERRUPT,
    LAB_HEARD_TOO_MUCH, /* a line beyond all measure, or no memory for it */
};

void lab_conversation_open(struct lab_conversation *conversation, struct lab_child *child);
void lab_conversation_close(struct lab_conversation *conversation);

/* Waits for the next line until `deadline_s` (CLOCK_MONOTONIC), collecting stderr meanwhile. */
enum lab_heard lab_conversation_hear(struct lab_conversation *conversation, double deadline_s,
                                     char **line_out);

/* The end of its stderr so far; reads what is there first. */
const char *lab_conversation_last_words(struct lab_conversation *conversation);

double lab_now_s(void);

#endif
