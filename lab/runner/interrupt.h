/* interrupt.h - Ctrl-C and SIGTERM as a state that the runner looks at. */
#ifndef TREADLE_LAB_INTERRUPT_H
#define TREADLE_LAB_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP do not end the process. 0 or -errno. */
int lab_interrupt_catch(void);

bool lab_interrupt_is_set(void);

/* Becomes readable when the signal has come: for poll(). -1 before lab_interrupt_catch(). */
int lab_interrupt_fd(void);

#endif
