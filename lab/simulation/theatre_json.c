/* theatre_json.c - the theatre as JSON: every slice of every act. Times are ns. */
#include "lab/simulation/theatre.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

static const char *end_name(enum trd_sim_end end) {
    switch (end) {
    case TRD_SIM_END_DONE:
        return "done";
    case TRD_SIM_END_AGAIN:
        return "again";
    case TRD_SIM_END_EXPIRED:
        return "expired";
    case TRD_SIM_END_GIVEN_UP:
        return "given up";
    case TRD_SIM_END_REFUSED:
        return "refused";
    case TRD_SIM_END_OPEN:
        return "open";
    }
    return "";
}

static json_t *number(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *part_json(const struct lab_act_part *part) {
    return json_pack("{s:o, s:o, s:o, s:I, s:I}", "mean_ns", number(part->mean_ns), "p95_ns",
                     number(part->p95_ns), "max_ns", number(part->max_ns), "finished",
                     (json_int_t)part->finished, "lost", (json_int_t)part->lost);
}

static json_t *slices_json(const struct trd_sim_report *report) {
    json_t *slices = json_array();

    for (size_t i = 0; i < report->slice_count; i++) {
        const struct trd_sim_slice *slice = &report->slices[i];
        json_t *object =
            json_pack("{s:I, s:I, s:I, s:I, s:I, s:s}", "task", (json_int_t)slice->task, "client",
                      (json_int_t)slice->client_index, "submit_ns", (json_int_t)slice->submit_ns,
                      "start_ns", (json_int_t)slice->start_ns, "end_ns", (json_int_t)slice->end_ns,
                      "end", end_name(slice->end));

        if (slice->worker != TRD_WORKER_NONE) {
            /* Checked with the whole. */
            (void)json_object_set_new(object, "worker", json_integer(slice->worker));
        }
        (void)json_array_append_new(slices, object); /* the same */
    }
    return slices;
}

static json_t *act_json(const struct lab_theatre *theatre, const struct lab_act *act) {
    const struct lab_sim_request *request = theatre->request;
    json_t *clients = json_array();

    for (size_t i = 0; i < request->config.client_count && i < LAB_THEATRE_CLIENTS_MAX; i++) {
        json_t *client = part_json(&act->clients[i]);

        /* Checked with the whole. */
        (void)json_object_set_new(client, "name", json_string(request->names[i]));
        (void)json_array_append_new(clients, client);
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "policy", act->policy, "total", part_json(&act->all),
                     "clients", clients, "slices", slices_json(&act->report));
}

int lab_theatre_write_json(FILE *out, const struct lab_theatre *theatre) {
    json_t *acts = json_array(), *root;
    int failed = 0;

    for (size_t i = 0; i < theatre->act_count; i++) {
        (void)json_array_append_new(acts, act_json(theatre, &theatre->acts[i])); /* checked below */
    }
    root = json_pack("{s:I, s:I, s:o}", "tasks", (json_int_t)theatre->task_count, "end_ns",
                     (json_int_t)theatre->end_ns, "acts", acts);
    if (root == NULL) {
        return -ENOMEM;
    }
    if (json_dumpf(root, out, JSON_INDENT(2)) != 0 || fputc('\n', out) == EOF) {
        failed = -EIO;
    }
    json_decref(root);
    return failed;
}
