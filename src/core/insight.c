/* insight.c - which row belongs to which client. */
#include "core/insight.h"

/* Not the scheduler's row of the client: that is somebody else's after a while of silence. */
struct trd__insight_row *trd__insight_client(struct trd__insight *insight, struct trd_task *task) {
    const struct trd_attr *attr = trd_task_attr(task);
    const uint64_t key = attr ? attr->client : 0;
    if (key == 0) {
        return &insight->clients[0];
    }
    /* Fibonacci hashing (Knuth, vol. 3, 6.4), then the next place and the next. */
    uint32_t place = (uint32_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % TRD_INSIGHT_PLACES;
    uint16_t row = insight->client_place[place];
    while (row && insight->clients[row].key != key) {
        place = (place + 1) % TRD_INSIGHT_PLACES;
        row = insight->client_place[place];
    }
    if (row == 0) {
        if (insight->client_last + 1 >= TRD_INSIGHT_CLIENTS) {
            return &insight->clients[TRD_INSIGHT_REST];
        }
        row = (uint16_t)++insight->client_last; /* 0 is the anonymous client's */
        insight->client_place[place] = row;
        insight->clients[row].key = key;
    }
    return &insight->clients[row];
}

void trd__insight_name_class(struct trd__insight *insight, uint16_t class_index, uint64_t key) {
    insight->classes[class_index].key = key;
    insight->class_last = class_index;
}

const struct trd__insight_row *trd__insight_class_row(const struct trd__insight *insight,
                                                      uint32_t index, bool *is_rest_out) {
    *is_rest_out = index == 0;
    return index <= insight->class_last ? &insight->classes[index] : NULL;
}

const struct trd__insight_row *trd__insight_client_row(const struct trd__insight *insight,
                                                       uint32_t index, bool *is_rest_out) {
    *is_rest_out = index == insight->client_last + 1;
    if (*is_rest_out) {
        return &insight->clients[TRD_INSIGHT_REST];
    }
    return index <= insight->client_last ? &insight->clients[index] : NULL;
}
