/* table.c - records that never move. */
#include "base/table.h"

void trd__table_init(struct trd_table *table, size_t record_bytes) {
    const size_t align = _Alignof(max_align_t);
    memset(table, 0, sizeof *table);
    table->record_bytes = (record_bytes + align - 1) / align * align;
}

size_t trd__table_next_bytes(const struct trd_table *table) {
    if (table->chunk_count == TRD_TABLE_CHUNKS) {
        return 0;
    }
    return table->record_bytes << (TRD_TABLE_FIRST_LOG2 + table->chunk_count);
}

void trd__table_add_chunk(struct trd_table *table, void *chunk) {
    assert(table->chunk_count < TRD_TABLE_CHUNKS);
    table->capacity += UINT32_C(1) << (TRD_TABLE_FIRST_LOG2 + table->chunk_count);
    table->chunk[table->chunk_count++] = chunk;
}
