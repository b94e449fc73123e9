/* loan.h - memory that a body lends to containers, in blocks of a few sizes.
 *
 * A container that has a better place for its tasks than their own nodes asks for a block; when
 * there is none, it does without, and the wish is noted. The body looks for wishes when it can
 * afford to ask for memory, outside its lock. So nothing waits for memory, and nothing fails for
 * want of it. What is lent must change how long an answer takes, never the answer.
 *
 * A block of size s has TRD_LOAN_BYTES << 2s bytes and begins at a multiple of 32. The body gives
 * pieces of one or more blocks; it gets all of them back, or none. All zero is empty. Not
 * thread-safe. */
#ifndef TRD_BASE_LOAN_H
#define TRD_BASE_LOAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRD_LOAN_SIZES = 14,
    TRD_LOAN_BYTES = 96,
    TRD_LOAN_ALIGN = 64, /* of a piece */
};

struct trd__loan_piece;

struct trd_loan {
    void *spare[TRD_LOAN_SIZES]; /* blocks, each with the next one in its first word */
    uint64_t used_count;         /* blocks in the hands of containers */
    uint32_t wishes;             /* bit s: a block of size s was asked for in vain */
    uint32_t refusals;           /* bit s: the body had no memory for it, so no wish is noted */
    struct trd__loan_piece *pieces;
    size_t bytes; /* of all pieces */
};

/** A block of size `size`; NULL: there is none, and the body will hear of it. O(1). */
void *trd__loan_take(struct trd_loan *loan, uint32_t size);
/** Gives a block back. O(1). */
void trd__loan_return(struct trd_loan *loan, uint32_t size, void *block);

/** For the body: takes a wish, and says in *size_out of which size. Returns the bytes of the piece
 * to give, a multiple of TRD_LOAN_ALIGN; 0: there is no wish. */
size_t trd__loan_wish(struct trd_loan *loan, uint32_t *size_out);
/** The answer to a wish: a piece, aligned to TRD_LOAN_ALIGN; or NULL, and the wish is not noted
 * again before some block has come back. */
void trd__loan_grant(struct trd_loan *loan, uint32_t size, void *piece);
/** Takes all pieces back, while no block is in use and they have more than `keep_bytes`: the first
 * one. Its first word points at the next. NULL: nothing. */
void *trd__loan_reclaim(struct trd_loan *loan, size_t keep_bytes);

#endif
