/* Primitives: the building blocks that aw_nas calls Prim.
 *
 * A primitive is its type, sizes, affine and the sorted extra parameters of its type with defaults
 * filled in. Equality, order and hash use Python's numeric equality (6 == 6.0, true == 1). The
 * structs are in awnashw/plugin.h. */
#ifndef AWH_PRIM_H
#define AWH_PRIM_H

#include <stdbool.h>
#include <stdint.h>

#include "awnashw/plugin.h"
#include "base/yaml.h"
#include "net/graph.h"

/* All types, terminated by NULL: those of host/prims/prims.def sorted by name, then those of
 * plug-ins. */
const struct awh_prim_type *const *awh_prim_types(void);
/* Among the built-in ones in logarithmic time; NULL for an unknown name. */
const struct awh_prim_type *awh_prim_type_find(const char *name);
/* Why a type of aw_nas is not one here ("not supported: ..."); NULL for all other names. */
const char *awh_prim_type_excluded(const char *name);
/* The name of number i of those; NULL beyond the last. */
const char *awh_prim_type_excluded_name(size_t i);
/* Adds one of a plug-in, before any command runs; borrowed. */
AW_MUST_USE enum aw_err awh_prim_type_add(const struct awh_prim_type *type, struct awh_diag *diag);

/* -- Prim() rules: see prim.c. ----------------------------------------------------------- */

/* Makes a primitive from named values (`given` need not be sorted; nulls are dropped, defaults
 * filled; the remaining names must be exactly the type's). */
AW_MUST_USE enum aw_err awh_prim_make(const char *type_name, int32_t spatial_size, int32_t c,
                                      int32_t c_out, int32_t stride, struct awh_value affine,
                                      const struct awh_param *given, unsigned given_count,
                                      struct awh_prim *prim_out, struct awh_diag *diag);
/* From a map as in prof_prims.yaml; the keys "performances", "names" and "count" of the files that
 * carry primitives are ignored. Texts are borrowed from the document. Errors carry file, line and
 * path. */
AW_MUST_USE enum aw_err awh_prim_from_yaml(const struct awh_yaml *map, struct awh_prim *prim_out,
                                           struct awh_diag *diag);
/* NULL when memory is short. */
struct awh_yaml *awh_prim_to_yaml(struct awh_arena *arena, const struct awh_prim *prim);

/* Canonical order: prim_type, spatial_size, C, C_out, stride, affine, then the (name, value) pairs
 * as tuples compare in Python. 0 exactly when the primitives are equal. */
int awh_prim_compare(const struct awh_prim *a, const struct awh_prim *b);
uint64_t awh_prim_hash(const struct awh_prim *prim);
/* "mobilenet_v3_block 10 160 160 1 true activation=h_swish expansion=2 kernel_size=3 use_se=true".
 */
void awh_prim_format(const struct awh_prim *prim, char *text, size_t capacity);

/* Channels that its input must have: C, but for the stems that only take images. */
int32_t awh_prim_input_ch(const struct awh_prim *prim);

/* Parameter helpers for lowering. Missing names are an internal error. */
const struct awh_value *awh_prim_param(const struct awh_prim *prim, const char *name);
double awh_value_number(const struct awh_value *value); /* bool, int, float as double */
bool awh_value_truth(const struct awh_value *value);    /* Python truth */
/* "true", "3", "1.5", "null", a string as it is. */
void awh_value_format(const struct awh_value *value, char *text, size_t capacity);
/* Scalars only; a list or a map is an error. The text is borrowed from the document. */
AW_MUST_USE enum aw_err awh_value_from_yaml(const struct awh_yaml *node,
                                            struct awh_value *value_out, struct awh_diag *diag);

/* aw_nas make_divisible(v, divisor) with min_val = divisor. */
int32_t awh_make_divisible(double v, int32_t divisor);

#endif
