/* future_memory.h - where the memory of futures comes from, under an interpreter's lock. */
#ifndef TREADLE_PYTHON_FUTURE_MEMORY_H
#define TREADLE_PYTHON_FUTURE_MEMORY_H

#include <Python.h>

#include <stdbool.h>
#include <stddef.h>

/* A free-threaded interpreter's collector finds objects by walking over its own heap, and a
 * sanitizer finds faults in what comes from its own. There, futures are made like all objects
 * (future_pages.h). */
#if defined(Py_GIL_DISABLED) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FUTURES_HAVE_MEMORY 0
#else
#define FUTURES_HAVE_MEMORY 1
#endif

struct future_memory;

/** Memory for objects of the size and kind of `example`, which is collected by the garbage
 * collector. NULL with an exception. */
struct future_memory *future_memory_open(PyObject *example);
/** It goes as soon as no object is left in it. NULL is allowed. */
void future_memory_close(struct future_memory *memory);
/** A new, untracked object of `type`: zeroes but for what is common to all objects. NULL without an
 * exception: there is no memory. */
PyObject *future_memory_new(struct future_memory *memory, PyTypeObject *type);
/** Takes back an untracked object that future_memory_new() has made. */
void future_memory_free(PyObject *object);
/** How many objects are in it. */
size_t future_memory_count(const struct future_memory *memory);

#endif
