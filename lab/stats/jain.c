/* jain.c - Jain's index of fairness. */
#include "lab/stats/jain.h"

#include <math.h>

double lab_jain(const double *shares, size_t count) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        sum += shares[i];
        squares += shares[i] * shares[i];
    }
    return squares > 0 ? sum * sum / ((double)count * squares) : NAN;
}
