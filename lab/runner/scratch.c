/* scratch.c - makes and removes a tree of files. */
#define _XOPEN_SOURCE 700 /* nftw */
#include "lab/runner/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    (void)remove(path); /* a leftover harms nobody: the next run tries again */
    return 0;
}

int lab_scratch_make(const char *path) {
    if (mkdir(path, 0777) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return -errno;
    }
    lab_scratch_remove(path); /* of a study that was killed */
    return mkdir(path, 0777) == 0 ? 0 : -errno;
}

void lab_scratch_remove(const char *path) {
    (void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* deepest first, no links followed */
}
