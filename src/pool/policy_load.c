/* policy_load.c - policies of users: a shared object instead of a name.
 *
 * What is loaded is native code, trusted like the program itself. Checked is what goes wrong by
 * mistake: another file, another version of the interface, an op forgotten, a name that is taken.
 */
#include "pool/live.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/params.h"
#include "core/spec.h"
#include "os/shared_object.h"

enum { LOAD_PATH_MAX = 256 }; /* so that a trace has room for it, with every parameter */

/* "PATH.so" or "PATH.so:key=value,...": the length of the path, or 0. */
static size_t load_path_length(const char *text) {
    const size_t length = strcspn(text, ":");
    return length > 3 && memcmp(text + length - 3, ".so", 3) == 0 ? length : 0;
}

__attribute__((format(printf, 3, 4))) static int
load_refuse(struct trd_error *error, const char *path, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (error) {
        const int used = snprintf(error->message, sizeof error->message, "policy '%s' ", path);
        (void)vsnprintf(error->message + used, sizeof error->message - (size_t)used, format,
                        arguments); /* what does not fit is cut; the path is short */
    }
    va_end(arguments);
    return -EINVAL;
}

/* Is it the name of something that comes with the library? */
static bool load_is_taken(const char *name) {
    for (const struct trd_policy *const *policy = trd_policies(); *policy; policy++) {
        if (strcmp((*policy)->name, name) == 0) {
            return true;
        }
    }
    for (const struct trd_admission *const *part = trd_admissions(); *part; part++) {
        if (strcmp((*part)->name, name) == 0) {
            return true;
        }
    }
    return strcmp(name, "none") == 0;
}

static bool load_has_name(const char *name) {
    return name && *name && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* What is wrong with the parameters, or NULL. */
static const char *load_params_fault(const struct trd_param *params) {
    for (size_t i = 0; params && params[i].name; i++) {
        if (i == TRD_PARAMS_MAX) {
            return "has more than 8 parameters";
        }
        const struct trd_param *param = &params[i];
        if (!param->summary || !(param->min <= param->fallback && param->fallback <= param->max)) {
            return "has a parameter without a summary, or whose fallback is not allowed";
        }
    }
    return NULL;
}

/* What is wrong with the policy, or NULL. */
static const char *load_fault(const struct trd_policy *policy) {
    const unsigned known = TRD_POLICY_CONCURRENT | TRD_POLICY_FAIRNESS | TRD_POLICY_ORDER;
    if (!load_has_name(policy->name) || !policy->summary || !policy->source) {
        return "needs a name of lower-case letters, digits and '_', a summary and a source";
    }
    if (load_is_taken(policy->name)) {
        return "has the name of one that comes with Treadle: give it another";
    }
    if (!policy->push || !policy->pop || !policy->remove || !policy->any) {
        return "must have push, pop, remove and any";
    }
    if (policy->flags & ~known) {
        return "has a flag that this version does not know";
    }
    return load_params_fault(policy->params);
}

/* Finds what the file exports, and checks it. */
static int load_policy(const char *path, const struct trd_policy **policy_out,
                       struct trd_error *error) {
    const char *why;
    const struct trd_policy_export *found = trd__shared_object_find(path, "treadle_policy", &why);
    if (why) {
        return load_refuse(error, path, "cannot be loaded: %s", why);
    }
    if (!found) {
        return load_refuse(error, path,
                           "exports no treadle_policy: end it with TRD_POLICY_EXPORT(policy)");
    }
    if (found->abi != TRD_POLICY_ABI || found->bytes != sizeof(struct trd_policy)) {
        return load_refuse(error, path,
                           "was built for version %u of the interface, and this is version %u: "
                           "build it with this version's headers",
                           found->abi, (unsigned)TRD_POLICY_ABI);
    }
    const char *fault = load_fault(found->policy);
    if (fault) {
        return load_refuse(error, path, "%s", fault);
    }
    *policy_out = found->policy;
    return 0;
}

int trd_policy_load(const char *text, struct trd_policy_spec *spec, struct trd_error *error) {
    const size_t length = load_path_length(text);
    if (length == 0) {
        return trd_policy_parse(text, spec, error);
    }
    char path[LOAD_PATH_MAX + 1];
    memset(spec, 0, sizeof *spec);
    if (length + 2 > LOAD_PATH_MAX) {
        return load_refuse(error, "...", "has a path of more than %d bytes", LOAD_PATH_MAX - 2);
    }
    /* A name without a slash would be looked for where libraries are. */
    const char *here = memchr(text, '/', length) ? "" : "./";
    (void)snprintf(path, sizeof path, "%s%.*s", here, (int)length, text); /* fits */
    const int failed = load_policy(path, &spec->policy, error);
    if (failed) {
        return failed;
    }
    if (error) {
        error->message[0] = '\0';
    }
    const struct trd__named named = trd__named(text, strlen(text));
    return trd__params_parse(spec->policy->params, spec->params, &named, error);
}

/* Does it come from a file that can be loaded again? `path` has room for LOAD_PATH_MAX + 1. */
static bool load_came_from(const struct trd_policy *policy, char *path) {
    const char *why;
    if (!trd__shared_object_of(policy, path, LOAD_PATH_MAX + 1) ||
        load_path_length(path) != strlen(path)) {
        return false;
    }
    const struct trd_policy_export *found = trd__shared_object_find(path, "treadle_policy", &why);
    return found && found->policy == policy;
}

void trd__policy_describe(const struct trd_policy_spec *spec, char *text, size_t bytes) {
    char path[LOAD_PATH_MAX + 1];
    trd__policy_print(spec, text, bytes);
    if (!load_is_taken(spec->policy->name) && load_came_from(spec->policy, path)) {
        text[0] = '\0';
        trd__params_print(text, bytes, path, spec->policy->params, spec->params);
    }
}
