/* environment.h - where this program lies, and the environment of what it starts. */
#ifndef TREADLE_LAB_ENVIRONMENT_H
#define TREADLE_LAB_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

/* The running program, for exec: the same code even when the file has been replaced since. */
#define LAB_SELF "/proc/self/exe"

/* The folder to put before PYTHONPATH so that `import treadle` finds the package that belongs to
 * this program: beside the command in a build tree, below its prefix when installed; "" when it is
 * in neither place, and the interpreter must find it by itself. */
void lab_python_path(char *path, size_t space);

struct lab_environment {
    char **items; /* as execve() wants them */
    char *own[4]; /* the ones that were made here */
};

/* This process's environment with PYTHONPATH, a hash seed and padding of a random length, both
 * drawn from `seed`: where the environment ends moves the stack, and that alone can change a time
 * by percents (Mytkowicz et al. 2009). 0 or -ENOMEM. */
int lab_environment_make(struct lab_environment *environment, const char *python_path,
                         uint64_t seed);
void lab_environment_free(struct lab_environment *environment);

#endif
