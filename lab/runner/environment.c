/* environment.c - the environment of a cell. */
#define _DEFAULT_SOURCE
#include "lab/runner/environment.h"

#include <treadle/rng.h>

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PADDING_MAX = 4096 };

extern char **environ;

/* The folder of the first match of `pattern`, which ends in /treadle/__init__.py. */
static int find_package(const char *pattern, char *path, size_t space) {
    static const char end[] = "/treadle/__init__.py";
    glob_t found;
    int code = glob(pattern, 0, NULL, &found);

    if (code == 0) {
        size_t length = strlen(found.gl_pathv[0]) - (sizeof end - 1);

        snprintf(path, space, "%.*s", (int)length, found.gl_pathv[0]);
    }
    globfree(&found);
    return code;
}

void lab_python_path(char *path, size_t space) {
    static const char *const patterns[] = {
        "%s/python/treadle/__init__.py",
        "%s/../lib/python3/dist-packages/treadle/__init__.py",
        "%s/../lib/python3.*/dist-packages/treadle/__init__.py",
        "%s/../lib/python3.*/site-packages/treadle/__init__.py",
    };
    char self[4096], pattern[4096 + 64];
    ssize_t length = readlink(LAB_SELF, self, sizeof self - 1);
    char *slash;

    path[0] = self[length > 0 ? length : 0] = '\0';
    slash = strrchr(self, '/');
    if (slash == NULL) {
        return;
    }
    *slash = '\0';
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        const char *rest = patterns[i] + 2; /* behind "%s" */

        snprintf(pattern, sizeof pattern, "%s%s", self, rest);
        if (find_package(pattern, path, space) == 0) {
            return;
        }
    }
}

static int is_replaced(const char *item) {
    return strncmp(item, "PYTHONPATH=", 11) == 0 || strncmp(item, "PYTHONHASHSEED=", 15) == 0 ||
           strncmp(item, "TREADLE_PADDING=", 16) == 0;
}

static char *python_path_item(const char *python_path) {
    const char *before = getenv("PYTHONPATH");
    size_t space = strlen(python_path) + (before != NULL ? strlen(before) : 0) + 16;
    char *item = malloc(space);
    int has_both = python_path[0] != '\0' && before != NULL && before[0] != '\0';

    if (item != NULL) {
        snprintf(item, space, "PYTHONPATH=%s%s%s", python_path, has_both ? ":" : "",
                 before != NULL ? before : "");
    }
    return item;
}

static char *hash_seed_item(struct trd_rng *rng) {
    char *item = malloc(32);

    if (item != NULL) {
        snprintf(item, 32, "PYTHONHASHSEED=%llu", (unsigned long long)trd_rng_below(rng, 1u << 31));
    }
    return item;
}

static char *padding_item(struct trd_rng *rng) {
    static const char name[] = "TREADLE_PADDING=";
    size_t length = (size_t)trd_rng_below(rng, PADDING_MAX);
    char *item = malloc(sizeof name + length);

    if (item != NULL) {
        memcpy(item, name, sizeof name);
        memset(item + sizeof name - 1, 'x', length);
        item[sizeof name - 1 + length] = '\0';
    }
    return item;
}

int lab_environment_make(struct lab_environment *environment, const char *python_path,
                         uint64_t seed) {
    struct trd_rng rng;
    size_t count = 0, kept = 0;

    trd_rng_init(&rng, seed);
    while (environ[count] != NULL) {
        count++;
    }
    *environment = (struct lab_environment){
        .items = calloc(count + 4, sizeof *environment->items),
        .own = {python_path_item(python_path), hash_seed_item(&rng), padding_item(&rng), NULL},
    };
    if (environment->items == NULL || environment->own[0] == NULL || environment->own[1] == NULL ||
        environment->own[2] == NULL) {
        lab_environment_free(environment);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_replaced(environ[i])) {
            environment->items[kept++] = environ[i];
        }
    }
    for (size_t i = 0; environment->own[i] != NULL; i++) {
        environment->items[kept++] = environment->own[i];
    }
    return 0;
}

void lab_environment_free(struct lab_environment *environment) {
    for (size_t i = 0; i < 3; i++) {
        free(environment->own[i]);
    }
    free(environment->items);
    *environment = (struct lab_environment){0};
}
