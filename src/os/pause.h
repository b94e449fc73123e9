/* pause.h - what a processor should be told in a loop that waits for another one. */
#ifndef TRD_OS_PAUSE_H
#define TRD_OS_PAUSE_H

static inline void trd__pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("isb" ::: "memory");
#endif
}

#endif
