/* tree.h - the process tree of a cell: its CPU time, its memory, its end. Read from /proc. */
#ifndef TREADLE_LAB_TREE_H
#define TREADLE_LAB_TREE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Sends SIGKILL to every process below `root`, `root` itself not included. Returns how many there
 * were, zombies included. */
size_t lab_tree_kill(pid_t root);

/* CPU seconds used so far by everything below `root`, ended and reaped processes included (their
 * parents keep the sum). `root`'s own is left out. NaN when /proc cannot be read. */
double lab_tree_cpu_s(pid_t root);

struct lab_tree_memory {
    double pss_bytes;      /* proportional set size: shared pages are counted once; NaN */
    double rss_peak_bytes; /* sum of the processes' peaks; NaN */
};

/* Memory of everything below `root`. */
struct lab_tree_memory lab_tree_memory(pid_t root);

#endif
