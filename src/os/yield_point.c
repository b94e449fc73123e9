/* yield_point.c - where the tests hang their hook; in the library itself there is none. */
#include "os/yield_point.h"

#ifdef TRD_YIELD_POINTS
_Atomic(trd__yield_hook *) trd__yield_to;
#endif
