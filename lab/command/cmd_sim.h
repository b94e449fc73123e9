/* cmd_sim.h - `treadle sim`. */
#ifndef TREADLE_LAB_CMD_SIM_H
#define TREADLE_LAB_CMD_SIM_H

int lab_sim_main(int argc, char **argv);

#endif
