/* spec.c - the tables of policies, admissions and sizers, and specifications: "name:key=value", and
 * for policies also "admission/fairness/order". */
#include "core/spec.h"

#include "core/compose.h"
#include "core/params.h"

#define TRD_POLICY(name) extern const struct trd_policy trd__policy_##name;
#include "policy/policies.def"
#undef TRD_POLICY
#define TRD_ADMISSION(name) extern const struct trd_admission trd__admission_##name;
#include "policy/admissions.def"
#undef TRD_ADMISSION
#define TRD_SIZER(name) extern const struct trd_sizer trd__sizer_##name;
#include "sizer/sizers.def"
#undef TRD_SIZER

static const struct trd_policy *const policies[] = {
#define TRD_POLICY(name) &trd__policy_##name,
#include "policy/policies.def"
#undef TRD_POLICY
    NULL};

static const struct trd_admission *const admissions[] = {
#define TRD_ADMISSION(name) &trd__admission_##name,
#include "policy/admissions.def"
#undef TRD_ADMISSION
    NULL};

static const struct trd_sizer *const sizers[] = {
#define TRD_SIZER(name) &trd__sizer_##name,
#include "sizer/sizers.def"
#undef TRD_SIZER
    NULL};

const struct trd_policy *const *trd_policies(void) {
    return policies;
}

const struct trd_admission *const *trd_admissions(void) {
    return admissions;
}

const struct trd_sizer *const *trd_sizers(void) {
    return sizers;
}

/* What stands for a part that is not wanted. */
static const char none[] = "none";

static bool is_none(const struct trd__named *named) {
    return trd__is_named(named, none) && named->length == named->name_length;
}

static const struct trd_policy *policy_named(const struct trd__named *named) {
    for (size_t i = 0; policies[i]; i++) {
        if (trd__is_named(named, policies[i]->name)) {
            return policies[i];
        }
    }
    return NULL;
}

static const struct trd_admission *admission_named(const struct trd__named *named) {
    for (size_t i = 0; admissions[i]; i++) {
        if (trd__is_named(named, admissions[i]->name)) {
            return admissions[i];
        }
    }
    return NULL;
}

/* Refuses a name, with those that are known: the policies with `flag` (0: all of them). */
static int policy_unknown(const char *kind, const struct trd__named *named, unsigned flag,
                          struct trd_error *error) {
    trd__say_unknown(error, kind, named->text, named->name_length);
    for (size_t i = 0; policies[i]; i++) {
        if ((policies[i]->flags & flag) == flag) {
            trd__say_known(error, policies[i]->name);
        }
    }
    return -EINVAL;
}

static int admission_unknown(const struct trd__named *named, struct trd_error *error) {
    trd__say_unknown(error, "admission", named->text, named->name_length);
    trd__say_known(error, none);
    for (size_t i = 0; admissions[i]; i++) {
        trd__say_known(error, admissions[i]->name);
    }
    return -EINVAL;
}

/* The parts of a composition as they are written; no text: not written. */
struct written {
    struct trd__named admission, fairness, order;
};

static const struct trd__named nothing = {NULL, 0, 0};

static int parse_admission(const struct trd__named *named, struct trd_policy_parts *parts,
                           struct trd_error *error) {
    parts->admission = admission_named(named);
    if (!parts->admission) {
        return is_none(named) ? 0 : admission_unknown(named, error);
    }
    return trd__params_parse(parts->admission->params, parts->admission_params, named, error);
}

static int parse_fairness(const struct trd__named *named, struct trd_policy_parts *parts,
                          struct trd_error *error) {
    if (is_none(named)) {
        return 0;
    }
    parts->fairness = policy_named(named);
    if (!parts->fairness || !(parts->fairness->flags & TRD_POLICY_FAIRNESS)) {
        return policy_unknown("fairness", named, TRD_POLICY_FAIRNESS, error);
    }
    return trd__params_parse(parts->fairness->params, parts->fairness_params, named, error);
}

/* Without fairness any policy can be the one order; within clients only those made for it. */
static int parse_order(const struct trd__named *named, struct trd_policy_parts *parts,
                       struct trd_error *error) {
    const unsigned flag = parts->fairness ? TRD_POLICY_ORDER : 0;
    parts->order = policy_named(named);
    if (!parts->order || (parts->order->flags & flag) != flag) {
        return policy_unknown(flag ? "order within a client" : "order", named, flag, error);
    }
    return trd__params_parse(parts->order->params, parts->order_params, named, error);
}

static int parse_parts(const struct written *written, struct trd_policy_spec *spec,
                       struct trd_error *error) {
    struct trd_policy_parts *parts = &spec->parts;
    int failed = written->admission.text ? parse_admission(&written->admission, parts, error) : 0;
    if (!failed && written->fairness.text) {
        failed = parse_fairness(&written->fairness, parts, error);
    }
    if (failed) {
        return failed;
    }
    const bool has_usual = parts->admission && parts->admission->order;
    const char *usual = has_usual ? parts->admission->order : "fifo";
    const struct trd__named fallback = trd__named(usual, strlen(usual));
    failed = parse_order(written->order.text ? &written->order : &fallback, parts, error);
    if (failed) {
        return failed;
    }
    if (parts->admission || parts->fairness) {
        spec->policy = &trd__policy_composed;
        return 0;
    }
    spec->policy = parts->order; /* nothing is left to compose */
    memcpy(spec->params, parts->order_params, sizeof spec->params);
    memset(parts, 0, sizeof *parts);
    return 0;
}

/* Of two parts the first says which ones are meant. */
static struct written two_parts(const struct trd__named *part) {
    if (!admission_named(&part[0])) {
        return (struct written){nothing, part[0], part[1]};
    }
    const struct trd_policy *second = policy_named(&part[1]);
    return second && (second->flags & TRD_POLICY_FAIRNESS)
               ? (struct written){part[0], part[1], nothing}
               : (struct written){part[0], nothing, part[1]};
}

static int parse_one(const struct trd__named *named, struct trd_policy_spec *spec,
                     struct trd_error *error) {
    spec->policy = policy_named(named);
    if (spec->policy) {
        return trd__params_parse(spec->policy->params, spec->params, named, error);
    }
    if (admission_named(named)) {
        const struct written written = {*named, nothing, nothing};
        return parse_parts(&written, spec, error);
    }
    (void)policy_unknown("policy", named, 0, error); /* that is the answer */
    trd__say(error, "; and admission/fairness/order with admissions");
    for (size_t i = 0; admissions[i]; i++) {
        trd__say_known(error, admissions[i]->name);
    }
    return -EINVAL;
}

int trd_policy_parse(const char *text, struct trd_policy_spec *spec, struct trd_error *error) {
    enum { PARTS = 3 };
    struct trd__named part[PARTS];
    size_t count = 0;
    const char *rest = text;
    if (error) {
        error->message[0] = '\0';
    }
    memset(spec, 0, sizeof *spec);
    for (;;) {
        const size_t length = strcspn(rest, "/");
        if (count == PARTS) {
            trd__say(error, "'");
            trd__say(error, text);
            trd__say(error, "' has more parts than admission/fairness/order");
            return -EINVAL;
        }
        part[count++] = trd__named(rest, length);
        if (rest[length] == '\0') {
            break;
        }
        rest += length + 1;
    }
    if (count == 1) {
        return parse_one(&part[0], spec, error);
    }
    const struct written written =
        count == 2 ? two_parts(part) : (struct written){part[0], part[1], part[2]};
    return parse_parts(&written, spec, error);
}

void trd__policy_print(const struct trd_policy_spec *spec, char *text, size_t bytes) {
    const struct trd_policy_parts *parts = &spec->parts;
    text[0] = '\0';
    if (spec->policy != &trd__policy_composed) {
        trd__params_print(text, bytes, spec->policy->name, spec->policy->params, spec->params);
        return;
    }
    const struct trd_admission *admission = parts->admission;
    const struct trd_policy *fairness = parts->fairness;
    trd__params_print(text, bytes, admission ? admission->name : none,
                      admission ? admission->params : NULL, parts->admission_params);
    trd__params_print(text, bytes, "/", NULL, NULL);
    trd__params_print(text, bytes, fairness ? fairness->name : none,
                      fairness ? fairness->params : NULL, parts->fairness_params);
    trd__params_print(text, bytes, "/", NULL, NULL);
    trd__params_print(text, bytes, parts->order->name, parts->order->params, parts->order_params);
}

/* Whoever says "adaptive" wants the one that fits most tasks. */
#define SIZER_ADAPTIVE trd__sizer_gil_model

int trd_sizer_parse(const char *text, struct trd_sizer_spec *spec, struct trd_error *error) {
    const struct trd__named named = trd__named(text, strlen(text));
    if (error) {
        error->message[0] = '\0';
    }
    for (size_t i = 0; sizers[i]; i++) {
        const bool is_meant = sizers[i] == &SIZER_ADAPTIVE && trd__is_named(&named, "adaptive");
        if (is_meant || trd__is_named(&named, sizers[i]->name)) {
            spec->sizer = sizers[i];
            return trd__params_parse(sizers[i]->params, spec->params, &named, error);
        }
    }
    trd__say_unknown(error, "sizer", named.text, named.name_length);
    for (size_t i = 0; sizers[i]; i++) {
        trd__say_known(error, sizers[i]->name);
    }
    trd__say_known(error, "adaptive");
    return -EINVAL;
}

void trd__sizer_print(const struct trd_sizer_spec *spec, char *text, size_t bytes) {
    text[0] = '\0';
    trd__params_print(text, bytes, spec->sizer->name, spec->sizer->params, spec->params);
}
