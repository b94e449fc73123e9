/* shared_object.c - dlopen() and its kin. */
#define _GNU_SOURCE
#include "os/shared_object.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const void *trd__shared_object_find(const char *path, const char *symbol, const char **why_out) {
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    *why_out = object ? NULL : dlerror();
    return object ? dlsym(object, symbol) : NULL;
}

bool trd__shared_object_of(const void *address, char *path, size_t bytes) {
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname) {
        return false;
    }
    char *absolute = realpath(info.dli_fname, NULL);
    const bool has_room = absolute && strlen(absolute) < bytes;
    if (has_room) {
        (void)snprintf(path, bytes, "%s", absolute); /* fits */
    }
    free(absolute);
    return has_room;
}

void trd__shared_object_pin(const void *address) {
    Dl_info info;
    if (dladdr(address, &info) && info.dli_fname) {
        /* Loaded already: all that it does is to say so. The program itself is found under another
         * name, and stays anyway. */
        (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
    }
}
