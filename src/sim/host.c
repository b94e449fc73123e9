/* host.c - memory for a scheduler in virtual time. */
#include "sim/host.h"

#include <errno.h>
#include <stdlib.h>

static int host_need(struct trd_table *table, uint32_t index) {
    while (index >= table->capacity) {
        const size_t bytes = trd__table_next_bytes(table);
        void *chunk = bytes ? calloc(1, bytes) : NULL;
        if (!chunk) {
            return -ENOMEM;
        }
        trd__table_add_chunk(table, chunk);
    }
    return 0;
}

int trd__host_need_client(struct trd__host *host, uint32_t index) {
    return host_need(&host->sched.clients, index);
}

int trd__host_need_class(struct trd__host *host, uint32_t index) {
    return host_need(&host->sched.classes, index);
}

int trd__host_need_worker(struct trd__host *host, uint32_t index) {
    return host_need(&host->sched.workers, index);
}

void trd__host_lend(struct trd__host *host) {
    struct trd_loan *loan = &host->sched.loan;
    uint32_t size;
    for (size_t bytes; (bytes = trd__loan_wish(loan, &size)) > 0;) {
        trd__loan_grant(loan, size, aligned_alloc(TRD_LOAN_ALIGN, bytes));
    }
}

static void host_free_chunks(struct trd_table *table) {
    for (uint32_t i = 0; i < table->chunk_count; i++) {
        free(table->chunk[i]);
    }
}

static void host_free(struct trd__host *host) {
    void *piece = trd__loan_reclaim(&host->sched.loan, 0);
    while (piece) {
        void *next = *(void **)piece;
        free(piece);
        piece = next;
    }
    host_free_chunks(&host->sched.clients);
    host_free_chunks(&host->sched.classes);
    host_free_chunks(&host->sched.workers);
    free(host->state);
    host->state = NULL;
}

int trd__host_open(struct trd__host *host, const struct trd_sched_config *config) {
    host->state = calloc(1, trd__sched_state_bytes(config));
    if (!host->state) {
        return -ENOMEM;
    }
    trd__sched_init(&host->sched, config, host->state);
    if (trd__host_need_client(host, 0) || trd__host_need_class(host, 0)) {
        trd__sched_fini(&host->sched);
        host_free(host);
        return -ENOMEM;
    }
    trd__sched_client_open(&host->sched, 0, 0);
    return 0;
}

void trd__host_close(struct trd__host *host) {
    trd__sched_fini(&host->sched);
    host_free(host);
}
