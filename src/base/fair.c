/* fair.c - clients by tag. */
#include "base/fair.h"

#include "base/heap_sift.h"

static struct trd_fair_client *client_of(struct trd_task *place) {
    return (struct trd_fair_client *)(void *)place;
}

static bool fair_is_before(struct trd_task *a, struct trd_task *b) {
    const struct trd_tag *tag_a = &client_of(a)->tag;
    const struct trd_tag *tag_b = &client_of(b)->tag;
    if (tag_a->whole != tag_b->whole) {
        return tag_a->whole < tag_b->whole;
    }
    return trd__tag_is_part_before(tag_a, tag_b) ||
           (!trd__tag_is_part_before(tag_b, tag_a) && a->sequence < b->sequence);
}

void trd__fair_push(struct trd_fair *fair, struct trd_fair_client *client, struct trd_task *task,
                    uint32_t index, uint32_t weight, bool is_idle) {
    if (!client->queue.first) {
        if (is_idle) {
            trd__tag_raise(&fair->virtual_time, &fair->latest, fair->latest.weight);
        }
        trd__tag_raise(&client->tag, &fair->virtual_time, weight);
        client->place.client_index = index;
        client->place.sequence = ++fair->turns;
        trd__heap_push(&fair->backlogged, &client->place, fair_is_before);
    }
    trd__list_append(&client->queue, task);
}

void trd__fair_remove(struct trd_fair *fair, struct trd_fair_client *client,
                      struct trd_task *task) {
    trd__list_remove(&client->queue, task);
    if (!client->queue.first) {
        trd__heap_remove(&fair->backlogged, &client->place, fair_is_before);
    }
}

struct trd_fair_client *trd__fair_first(const struct trd_fair *fair) {
    return fair->backlogged.root ? client_of(fair->backlogged.root) : NULL;
}

struct trd_task *trd__fair_serve(struct trd_fair *fair, struct trd_fair_client *client) {
    struct trd_task *task = client->queue.first;
    assert(fair->backlogged.root == &client->place);
    trd__tag_raise(&fair->virtual_time, &client->tag, client->tag.weight);
    client->place.sequence = ++fair->turns;
    trd__fair_remove(fair, client, task);
    return task;
}

void trd__fair_charge(struct trd_fair *fair, struct trd_fair_client *client, uint64_t amount,
                      uint64_t less, uint32_t weight) {
    const uint64_t most = TRD_TAG_AMOUNT_MAX;
    trd__tag_subtract(&client->tag, less, weight);
    trd__tag_add(&client->tag, amount < most ? amount : most, weight);
    trd__tag_raise(&fair->latest, &client->tag, weight);
    if (client->queue.first) {
        trd__heap_move(&fair->backlogged, &client->place, fair_is_before);
    }
}

bool trd__fair_owes(const struct trd_fair *fair, const struct trd_fair_client *client) {
    return trd__tag_is_before(&fair->virtual_time, &client->tag);
}
