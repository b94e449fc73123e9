/* openmp_probe.c - does clang have a runtime of OpenMP? Compiled by meson.build, never run. */
#include <omp.h>

int main(void) {
    return omp_get_max_threads() < 0;
}
