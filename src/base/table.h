/* table.h - a growing table of fixed-size records that never move.
 *
 * Chunk k holds 16 << k records, so a record's address lives as long as the table, a look-up is one
 * count of leading zeros, and growing is the body's affair: it makes the next chunk outside its
 * lock and hands it over. Not thread-safe. */
#ifndef TRD_BASE_TABLE_H
#define TRD_BASE_TABLE_H

#undef NDEBUG /* a broken invariant stops the program in release builds, too */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

enum { TRD_TABLE_CHUNKS = 28, TRD_TABLE_FIRST_LOG2 = 4 };

struct trd_table {
    size_t record_bytes; /* a multiple of the strictest alignment */
    uint32_t capacity;   /* records there is memory for */
    uint32_t count;      /* records handed out; indices are below it */
    uint32_t chunk_count;
    unsigned char *chunk[TRD_TABLE_CHUNKS]; /* beside the rest, for small tables have only one */
};

/** `record_bytes` is rounded up for alignment. */
void trd__table_init(struct trd_table *table, size_t record_bytes);
/** Bytes of the next chunk; 0 when the table can grow no more. */
size_t trd__table_next_bytes(const struct trd_table *table);
/** Adds the next chunk: trd__table_next_bytes() zeroed bytes. The table does not own it. */
void trd__table_add_chunk(struct trd_table *table, void *chunk);

/** The record at `index` < capacity. Inlined: every call on the scheduler looks records up. */
static inline void *trd__table_at(const struct trd_table *table, uint32_t index) {
    assert(index < table->capacity);
    if (index < UINT32_C(1) << TRD_TABLE_FIRST_LOG2) {
        return table->chunk[0] + table->record_bytes * index; /* most tables are small */
    }
    const uint32_t shifted = index + (UINT32_C(1) << TRD_TABLE_FIRST_LOG2);
    const uint32_t chunk = 31 - (uint32_t)__builtin_clz(shifted) - TRD_TABLE_FIRST_LOG2;
    const uint32_t offset = shifted - (UINT32_C(1) << (TRD_TABLE_FIRST_LOG2 + chunk));
    return table->chunk[chunk] + table->record_bytes * offset;
}

#endif
