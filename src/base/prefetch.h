/* prefetch.h - calling memory into the cache before it is written. */
#ifndef TRD_BASE_PREFETCH_H
#define TRD_BASE_PREFETCH_H

/** Asks for the line at `address`, to be written soon. Touches nothing: any address will do. */
static inline void trd__prefetch_write(const volatile void *address) {
#if defined(__x86_64__)
    /* What the compiler makes of its own for the oldest processors asks for a copy to be read. */
    __asm__ __volatile__("prefetchw (%0)" : : "r"(address));
#else
    __builtin_prefetch((const void *)address, 1);
#endif
}

#endif
