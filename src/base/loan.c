/* loan.c - blocks, cut from pieces that the body gives. */
#include "base/loan.h"

/* Small blocks come many at a time. */
enum { PIECE_BYTES = 1 << 14 };

/* In front of the blocks of a piece. */
struct trd__loan_piece {
    _Alignas(TRD_LOAN_ALIGN) struct trd__loan_piece *next;
};

static size_t block_bytes(uint32_t size) {
    return (size_t)TRD_LOAN_BYTES << 2 * size;
}

static size_t block_count(uint32_t size) {
    const size_t bytes = block_bytes(size);
    return bytes < PIECE_BYTES ? PIECE_BYTES / bytes : 1;
}

void *trd__loan_take(struct trd_loan *loan, uint32_t size) {
    assert(size < TRD_LOAN_SIZES);
    void **block = loan->spare[size];
    if (!block) {
        loan->wishes |= (UINT32_C(1) << size) & ~loan->refusals;
        return NULL;
    }
    loan->spare[size] = *block;
    loan->used_count++;
    return block;
}

/* Puts a block among the free ones. */
static void block_put(struct trd_loan *loan, uint32_t size, void *block) {
    *(void **)block = loan->spare[size];
    loan->spare[size] = block;
}

void trd__loan_return(struct trd_loan *loan, uint32_t size, void *block) {
    assert(loan->used_count > 0);
    block_put(loan, size, block);
    loan->used_count--;
    loan->refusals = 0;
}

size_t trd__loan_wish(struct trd_loan *loan, uint32_t *size_out) {
    if (!loan->wishes) {
        return 0;
    }
    *size_out = (uint32_t)__builtin_ctz(loan->wishes);
    loan->wishes &= loan->wishes - 1;
    const size_t bytes = sizeof(struct trd__loan_piece) +
                         block_count(*size_out) * block_bytes(*size_out) + TRD_LOAN_ALIGN - 1;
    return bytes / TRD_LOAN_ALIGN * TRD_LOAN_ALIGN;
}

void trd__loan_grant(struct trd_loan *loan, uint32_t size, void *piece) {
    struct trd__loan_piece *head = piece;
    if (!head) {
        loan->refusals |= UINT32_C(1) << size;
        return;
    }
    head->next = loan->pieces;
    loan->pieces = head;
    unsigned char *blocks = (unsigned char *)(head + 1);
    const size_t bytes = block_bytes(size), count = block_count(size);
    for (size_t i = count; i-- > 0;) { /* the first is on top */
        block_put(loan, size, blocks + i * bytes);
    }
    loan->bytes += count * bytes;
}

void *trd__loan_reclaim(struct trd_loan *loan, size_t keep_bytes) {
    if (loan->used_count > 0 || loan->bytes <= keep_bytes) {
        return NULL;
    }
    void *pieces = loan->pieces;
    *loan = (struct trd_loan){.wishes = 0};
    return pieces;
}
