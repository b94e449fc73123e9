/* store_lock.c - the folder of a study: made when missing, and used by one study at a time. */
#define _DEFAULT_SOURCE /* flock */
#include "lab/store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct trd_error *error, const char *path, int code) {
    snprintf(error->message, sizeof error->message,
             "cannot write to %.120s: %s; name a folder you may write to, with --out", path,
             strerror(code));
    return -code;
}

int lab_store_make_dir(const char *dir, struct trd_error *error) {
    char path[LAB_PATH_MAX];
    size_t length = strlen(dir);

    if (length == 0 || length >= sizeof path) {
        return fail(error, dir, length == 0 ? ENOENT : ENAMETOOLONG);
    }
    memcpy(path, dir, length + 1);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        path[i] = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {
            return fail(error, path, errno);
        }
        path[i] = i < length ? '/' : '\0';
    }
    return 0;
}

int lab_store_lock(const char *dir, struct trd_error *error) {
    char path[LAB_PATH_MAX + 16];
    int fd;

    snprintf(path, sizeof path, "%s/study.lock", dir);
    /* Closed on exec: a lock that a cell inherited would outlive the study. */
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) {
        return fail(error, path, errno);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int code = errno;

        close(fd);
        if (code != EWOULDBLOCK) {
            return fail(error, path, code);
        }
        snprintf(error->message, sizeof error->message,
                 "%.120s is in use by another study; wait until it ends, or name another folder "
                 "with --out",
                 dir);
        return -EBUSY;
    }
    return fd;
}
