/* cmd_list.h - `treadle list`. */
#ifndef TREADLE_LAB_CMD_LIST_H
#define TREADLE_LAB_CMD_LIST_H

int lab_list_main(int argc, char **argv);

#endif
