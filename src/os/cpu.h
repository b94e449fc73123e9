/* cpu.h - how many processors this process may really use. */
#ifndef TRD_OS_CPU_H
#define TRD_OS_CPU_H

/** Processors of the affinity mask, or less when a control group's quota allows less; > 0 and not
 * always whole. Reads files: call it now and then, not per task. */
double trd__cpu_cores(void);

#endif
