/* param.h - self-described parameters of policies and sizers, and specifications such as
 * "adaptive:step=2,idle=0.5".
 *
 * Everything is a number with a unit in its summary; out-of-range or unknown parameters are errors
 * that name what is allowed.
 */
#ifndef TREADLE_PARAM_H
#define TREADLE_PARAM_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

enum {
    TRD_PARAMS_MAX = 8,  /**< parameters a plug-in may have */
    TRD_ERROR_MAX = 512, /**< bytes of an error message, its NUL included */
};

/** One parameter. An array of them ends with a NULL `name`. */
struct trd_param {
    const char *name;
    const char *summary; /**< one line, with the unit */
    double fallback;     /**< the value when it is not given */
    double min, max;     /**< what is allowed, both ends included */
};

/** What went wrong, where, and what to do about it: one line, no final stop needed. */
struct trd_error {
    char message[TRD_ERROR_MAX];
};

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
