/* cell.h - the hidden subcommands that do a study's work outside Python. */
#ifndef TREADLE_LAB_CELL_H
#define TREADLE_LAB_CELL_H

/* `treadle serve-http [--mean-ms F]`: prints {"port":N} and serves until its stdin ends. */
int lab_serve_http_main(int argc, char **argv);

/* `treadle cell`: one run of a native cell, speaking docs/reference/cell-protocol.md on
 * descriptors 0 and 3. */
int lab_cell_main(int argc, char **argv);

#endif
