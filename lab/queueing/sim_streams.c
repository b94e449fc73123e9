/* sim_streams.c - from the simulator's clients to the formulas' streams. */
#include "lab/queueing/sim_streams.h"

void lab_sim_streams(const struct trd_sim_config *config, struct lab_stream *streams) {
    double shares = 0.0;

    for (size_t i = 0; i < config->client_count; i++) {
        shares += config->clients[i].share;
    }
    for (size_t i = 0; i < config->client_count; i++) {
        const struct trd_sim_client *client = &config->clients[i];

        streams[i] = (struct lab_stream){config->rate_per_s / 1e9 * client->share / shares,
                                         client->service, client->priority};
    }
}
