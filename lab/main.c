/* main.c - the `treadle` command. */
#include "lab/command/command.h"

#include <locale.h>
#include <stddef.h>

int main(int argc, char **argv) {
    (void)setlocale(LC_CTYPE, ""); /* only asked for its character set; "C" will do as well */
    return lab_command_main(argc, argv);
}
