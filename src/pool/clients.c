/* clients.c - which row of the scheduler's table belongs to which client.
 *
 * A hash table over the rows, grown one bucket at a time (linear hashing, Litwin, VLDB 1980), so no
 * submit pays for moving everybody. There are as many buckets as rows have ever been used; bucket i
 * and the link of row i share a record, and its memory grows by chunks that never move. Row 0, the
 * anonymous client, is in no bucket, so 0 ends every list.
 *
 * With more than CLIENTS_KEPT clients, each new one makes room: it asks the scheduler twice for
 * somebody idle to forget. So the table goes back towards that number when clients fall silent, and
 * memory follows the largest number of clients that were active at once.
 */
#include "pool/live.h"

#include <errno.h>

enum { CLIENTS_KEPT = 1024, CLIENTS_FORGOTTEN_AT_ONCE = 2 };

static struct trd__client_link *link_at(const struct trd_pool *pool, uint32_t index) {
    return trd__table_at(&pool->client_links, index);
}

/* Spreads the keys, which are often small numbers or addresses (the finaliser of SplitMix64:
 * Steele, Lea and Flood, OOPSLA 2014). */
static uint64_t clients_hash(uint64_t key) {
    key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
    return key ^ (key >> 31);
}

/* The largest power of two that is not above `count`. */
static uint32_t clients_level(uint32_t count) {
    return UINT32_C(1) << (31 - __builtin_clz(count));
}

/* The bucket of `key` among `count`: those at the front of the level are split already. */
static uint32_t clients_bucket(uint64_t key, uint32_t count) {
    const uint32_t level = clients_level(count);
    const uint32_t hash = (uint32_t)clients_hash(key);
    const uint32_t wide = hash & (2 * level - 1);
    return wide < count ? wide : hash & (level - 1);
}

/* The place that names the row of `key`, or the end of its list. */
static uint32_t *clients_find(struct trd_pool *pool, uint64_t key) {
    uint32_t *at = &link_at(pool, clients_bucket(key, pool->sched.clients.count))->bucket;
    while (*at && trd__sched_client(&pool->sched, *at)->key != key) {
        at = &link_at(pool, *at)->next;
    }
    return at;
}

/* One row more has come into use, so there is one bucket more: it takes its share of the bucket
 * that stood for both. */
static void clients_split(struct trd_pool *pool) {
    const uint32_t count = pool->sched.clients.count, added = count - 1;
    uint32_t *from = &link_at(pool, added - clients_level(added))->bucket;
    uint32_t *to = &link_at(pool, added)->bucket;
    while (*from) {
        const uint32_t row = *from;
        struct trd__client_link *link = link_at(pool, row);
        if (clients_bucket(trd__sched_client(&pool->sched, row)->key, count) == added) {
            *from = link->next;
            link->next = *to;
            *to = row;
        } else {
            from = &link->next;
        }
    }
}

/* Lets go of clients that have nothing here any more. */
static void clients_forget(struct trd_pool *pool, uint64_t now_ns) {
    for (int i = 0; i < CLIENTS_FORGOTTEN_AT_ONCE; i++) {
        uint64_t key = 0;
        const uint32_t row = trd__sched_client_forget(&pool->sched, &key, now_ns);
        if (row == 0) {
            return;
        }
        uint32_t *at = clients_find(pool, key);
        assert(*at == row);
        *at = link_at(pool, row)->next;
        link_at(pool, row)->next = pool->client_free;
        pool->client_free = row;
    }
}

/* There is no memory for another row: gets some, giving the lock away. */
static int clients_grow(struct trd_pool *pool) {
    struct trd_table *links = &pool->client_links, *clients = &pool->sched.clients;
    const bool is_links_turn = links->capacity <= clients->capacity;
    const int failed = trd__pool_grow_locked(pool, is_links_turn ? links : clients);
    return failed ? failed : -EAGAIN;
}

int trd__clients_row_locked(struct trd_pool *pool, uint64_t key, uint64_t now_ns,
                            uint32_t *row_out) {
    struct trd_table *clients = &pool->sched.clients;
    *row_out = *clients_find(pool, key);
    if (*row_out) {
        return 0;
    }
    if (pool->sched.client_open_count >= CLIENTS_KEPT) {
        clients_forget(pool, now_ns);
    }
    uint32_t row = pool->client_free;
    if (row) {
        pool->client_free = link_at(pool, row)->next;
    } else {
        row = clients->count;
        if (row >= clients->capacity || row >= pool->client_links.capacity) {
            return clients_grow(pool);
        }
    }
    const bool is_fresh = row == clients->count;
    trd__sched_client_open(&pool->sched, row, key);
    if (is_fresh) {
        clients_split(pool);
    }
    uint32_t *at = clients_find(pool, key); /* the end of its list: it is not there yet */
    link_at(pool, row)->next = 0;
    *at = row;
    *row_out = row;
    return 0;
}
