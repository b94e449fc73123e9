/* pages.h - memory straight from the kernel, which it gets back at once. */
#ifndef TRD_OS_PAGES_H
#define TRD_OS_PAGES_H

#include <stddef.h>

/** `bytes` zeroed bytes, a power of two of at least a page, aligned to that. NULL: no memory. */
void *trd__pages_take(size_t bytes);
/** Gives back what trd__pages_take() gave. */
void trd__pages_give(void *pages, size_t bytes);

#endif
