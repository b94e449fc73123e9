/* spec.h - specifications written back as text, so that they parse to the same. */
#ifndef TRD_CORE_SPEC_H
#define TRD_CORE_SPEC_H

#include <stddef.h>

#include <treadle/policy.h>
#include <treadle/sizer.h>

/** Writes `spec` with every parameter into `text`, `bytes` long; cut where there is no room. */
void trd__policy_print(const struct trd_policy_spec *spec, char *text, size_t bytes);
void trd__sizer_print(const struct trd_sizer_spec *spec, char *text, size_t bytes);

#endif
