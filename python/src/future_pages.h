/* future_pages.h - huge pages for futures, without an interpreter's lock. */
#ifndef TREADLE_PYTHON_FUTURE_PAGES_H
#define TREADLE_PYTHON_FUTURE_PAGES_H

/** A future was made there, by the interpreter's own allocator. Thread-safe; mostly one look. */
void future_pages_note(const void *future);

#endif
