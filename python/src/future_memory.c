/* future_memory.c - where the memory of futures comes from, under an interpreter's lock.
 *
 * Whoever submits a hundred thousand calls keeps as many futures, and the processor's time goes
 * where one does not look for it: every 4 KiB that a process touches for the first time are a trip
 * into the kernel, in a virtual machine a long one. The interpreter's own allocator maps a mebibyte
 * at a time, which the kernel backs page by page. Futures therefore lie in chunks of the size of a
 * huge page, and aligned to it, and the kernel is asked to back each at once. The first chunk is
 * not asked for like that: who has a few futures pays for a few pages.
 *
 * A chunk is cut into cells of one size. Its beginning says whose it is: a cell's chunk is found by
 * its address. One empty chunk is kept, so that a number of futures that goes up and down across a
 * border does not map and unmap.
 *
 * In front of an object lie a few words of the interpreter's: for the collector, and for a
 * dictionary and weak references, since 3.11. How many bytes they have, sys.getsizeof() knows; in a
 * new, untracked object they are zero in all versions.
 *
 * An object's memory is given back by tp_free of its type. Python classes that derive from ours
 * bring their own, and so the interpreter refuses to assign one of them to a future's __class__.
 */
#include "future_memory.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum {
    CHUNK_BYTES = 2 << 20,
    CELL_ALIGN = 16, /* as all memory for objects */
};

struct chunk {
    struct future_memory *memory;
    struct chunk *next, **link; /* among those with room */
    void *returned;             /* cells that were used, linked by their first words */
    uint32_t fresh;             /* cells from here on were never used */
    uint32_t used;
};

enum { CELLS_OFFSET = (sizeof(struct chunk) + CELL_ALIGN - 1) / CELL_ALIGN * CELL_ALIGN };

struct future_memory {
    size_t head_bytes, cell_bytes;
    uint32_t cells; /* of a chunk */
    size_t chunk_count, object_count;
    struct chunk *with_room;
    struct chunk *empty; /* the one that is kept; or NULL */
    bool is_closed;
};

/* What object.name() says, a number. -1 with an exception. */
static Py_ssize_t ask_size(PyObject *callee, PyObject *argument) {
    PyObject *answer = callee == NULL ? NULL
                       : argument     ? PyObject_CallOneArg(callee, argument)
                                      : PyObject_CallNoArgs(callee);
    Py_ssize_t size = answer ? PyLong_AsSsize_t(answer) : -1;
    Py_XDECREF(answer);
    return size;
}

struct future_memory *future_memory_open(PyObject *example) {
    PyObject *sizeof_method = PyObject_GetAttrString(example, "__sizeof__");
    Py_ssize_t body = ask_size(sizeof_method, NULL);
    Py_XDECREF(sizeof_method);
    Py_ssize_t whole = body < 0 ? -1 : ask_size(PySys_GetObject("getsizeof"), example);
    if (whole < 0) {
        if (!PyErr_Occurred()) {
            PyErr_SetString(PyExc_ImportError, "sys.getsizeof is gone");
        }
        return NULL;
    }
    struct future_memory *memory = PyMem_RawCalloc(1, sizeof(*memory));
    if (memory == NULL) {
        (void)PyErr_NoMemory();
        return NULL;
    }
    assert(whole - body >= (Py_ssize_t)sizeof(uintptr_t[2]) && (whole - body) % CELL_ALIGN == 0);
    memory->head_bytes = (size_t)(whole - body);
    memory->cell_bytes = ((size_t)whole + CELL_ALIGN - 1) / CELL_ALIGN * CELL_ALIGN;
    memory->cells = (uint32_t)((CHUNK_BYTES - CELLS_OFFSET) / memory->cell_bytes);
    return memory;
}

/* CHUNK_BYTES of zeroes, aligned to that; or NULL. */
static void *map_aligned(void) {
    char *begin = mmap(NULL, (size_t)2 * CHUNK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (begin == MAP_FAILED) {
        return NULL;
    }
    size_t before = (size_t)(-(uintptr_t)begin % CHUNK_BYTES);
    if (before > 0) {
        (void)munmap(begin, before); /* what cannot be given back stays mapped */
    }
    (void)munmap(begin + before + CHUNK_BYTES, CHUNK_BYTES - before); /* as above */
    return begin + before;
}

static void link_chunk(struct chunk *chunk) {
    struct future_memory *memory = chunk->memory;
    chunk->next = memory->with_room;
    chunk->link = &memory->with_room;
    if (chunk->next != NULL) {
        chunk->next->link = &chunk->next;
    }
    memory->with_room = chunk;
}

static void unlink_chunk(struct chunk *chunk) {
    *chunk->link = chunk->next;
    if (chunk->next != NULL) {
        chunk->next->link = chunk->link;
    }
}

static struct chunk *add_chunk(struct future_memory *memory) {
    struct chunk *chunk = map_aligned();
    if (chunk == NULL) {
        return NULL;
    }
#ifdef MADV_HUGEPAGE
    if (memory->chunk_count > 0) {
        (void)madvise(chunk, CHUNK_BYTES, MADV_HUGEPAGE); /* a wish */
    }
#endif
    memory->chunk_count++;
    chunk->memory = memory;
    link_chunk(chunk);
    return chunk;
}

static void remove_chunk(struct chunk *chunk) {
    unlink_chunk(chunk);
    chunk->memory->chunk_count--;
    (void)munmap(chunk, CHUNK_BYTES); /* what cannot be given back stays mapped */
}

void future_memory_close(struct future_memory *memory) {
    if (memory == NULL) {
        return;
    }
    memory->is_closed = true;
    if (memory->empty != NULL) {
        remove_chunk(memory->empty);
        memory->empty = NULL;
    }
    if (memory->chunk_count == 0) {
        PyMem_RawFree(memory);
    }
}

PyObject *future_memory_new(struct future_memory *memory, PyTypeObject *type) {
    struct chunk *chunk = memory->with_room ? memory->with_room : add_chunk(memory);
    if (chunk == NULL) {
        return NULL;
    }
    char *cell = chunk->returned;
    if (cell != NULL) {
        memcpy(&chunk->returned, cell, sizeof(void *));
    } else {
        cell = (char *)chunk + CELLS_OFFSET + memory->cell_bytes * chunk->fresh++;
    }
    if (memory->empty == chunk) {
        memory->empty = NULL;
    }
    if (++chunk->used == memory->cells) {
        unlink_chunk(chunk);
    }
    memory->object_count++;
    memset(cell, 0, memory->cell_bytes);
    return PyObject_Init((PyObject *)(void *)(cell + memory->head_bytes), type);
}

/* It has become empty. */
static void keep_or_remove(struct future_memory *memory, struct chunk *chunk) {
    if (memory->empty == NULL && !memory->is_closed) {
        memory->empty = chunk;
        return;
    }
    remove_chunk(chunk);
    if (memory->is_closed && memory->chunk_count == 0) {
        PyMem_RawFree(memory);
    }
}

void future_memory_free(PyObject *object) {
    struct chunk *chunk = (struct chunk *)((uintptr_t)object & ~(uintptr_t)(CHUNK_BYTES - 1));
    struct future_memory *memory = chunk->memory;
    char *cell = (char *)object - memory->head_bytes;
    memcpy(cell, &chunk->returned, sizeof(void *));
    chunk->returned = cell;
    memory->object_count--;
    if (chunk->used == memory->cells) {
        link_chunk(chunk);
    }
    if (--chunk->used == 0) {
        keep_or_remove(memory, chunk);
    }
}

size_t future_memory_count(const struct future_memory *memory) {
    return memory == NULL ? 0 : memory->object_count;
}
