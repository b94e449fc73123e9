/* pure.h - force-included before every file of the pure layers (base, core, policy, sizer).
 *
 * The brain reads no clock, takes no lock, allocates nothing and does no I/O. The standard headers
 * come first, for their own use of these names; after that, naming one of them does not compile.
 * (Names that are ordinary words, such as open and time, are left to the test that reads the symbol
 * tables of the compiled files.)
 */
#ifndef TRD_BASE_PURE_H
#define TRD_BASE_PURE_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#pragma GCC poison malloc calloc realloc free aligned_alloc posix_memalign alloca
#pragma GCC poison clock clock_gettime clock_nanosleep nanosleep gettimeofday usleep sleep
#pragma GCC poison pthread_create pthread_mutex_lock pthread_mutex_unlock pthread_cond_wait
#pragma GCC poison pthread_cond_signal pthread_cond_broadcast pthread_self pthread_join
#pragma GCC poison printf fprintf puts fputs putchar fopen fread fwrite
#pragma GCC poison rand srand random srandom drand48 getenv getpid fork exit system

#endif
