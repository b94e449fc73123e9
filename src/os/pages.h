/* pages.h - memory straight from the kernel, which it gets back at once. */
#ifndef TRD_OS_PAGES_H
#define TRD_OS_PAGES_H

#include <stddef.h>
#include <stdint.h>

/** `count` pieces of `bytes` zeroed bytes, one behind the other; `bytes` is a power of two of at
 * least a page, and they are aligned to that. NULL: no memory. */
void *trd__pages_take(uint32_t count, size_t bytes);
/** Gives back one piece, or several that lie side by side: so many bytes. */
void trd__pages_give(void *pages, size_t bytes);

#endif
