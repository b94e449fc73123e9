/* shared_object.h - native code that is loaded while the program runs. */
#ifndef TRD_OS_SHARED_OBJECT_H
#define TRD_OS_SHARED_OBJECT_H

#include <stdbool.h>
#include <stddef.h>

/** Loads the shared object at `path`, for the life of the process, and finds `symbol` in it. NULL
 * when there is none such; *why_out, static until this thread's next call, says why it could not be
 * loaded, and is NULL when it could. Runs the object's constructors. */
const void *trd__shared_object_find(const char *path, const char *symbol, const char **why_out);

/** Writes the absolute path of the shared object that `address` lies in. False when it lies in
 * none, or the path has no room. */
bool trd__shared_object_of(const void *address, char *path, size_t bytes);

/** Keeps the shared object that `address` lies in for the life of the process, if it lies in one.
 */
void trd__shared_object_pin(const void *address);

#endif
