/* sim.h - the simulator: the same scheduler in virtual time. */
#ifndef TREADLE_SIM_H
#define TREADLE_SIM_H

#endif
