/* version.c - the version of the library. */
#include <treadle/treadle.h>

const char *trd_version(void) {
    return TREADLE_VERSION;
}
