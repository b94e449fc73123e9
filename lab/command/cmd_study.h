/* cmd_study.h - the subcommands that deal with a study. */
#ifndef TREADLE_LAB_CMD_STUDY_H
#define TREADLE_LAB_CMD_STUDY_H

int lab_study_main(int argc, char **argv);
int lab_report_main(int argc, char **argv);

#endif
