/* Optimised kernels. Each equals the reference of its op bit for bit (tables excluded: the runner
 * applies them afterwards, through `awt_table_apply`).
 *
 * A kernel set is a list, first match wins; the references close every list. */
#ifndef AWT_KERNEL_H
#define AWT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/op.h"

struct awt_kernel {
    const char *name; /* "conv2d_1x1_neon", or "ref" */
    uint8_t op;       /* enum aw_op_id */
    bool (*supports)(const struct aw_plan *plan);
    /* Bytes of the packed weights; the bias is kept apart, as int32. NULL: canonical order. */
    uint32_t (*packed_bytes)(const struct aw_plan *plan);
    /* Orders canonical weights for this kernel; `packed` is 16-byte aligned. NULL: canonical. */
    void (*pack)(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
    /* Bytes of scratch memory, 16-byte aligned when given; NULL: none. */
    uint32_t (*scratch_bytes)(const struct aw_plan *plan);
    /* buffers->weights is packed. Reads at most 16 bytes past the end of any input (the arena and
     * weight memory have a 64-byte tail); writes exactly `out`. */
    void (*run)(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
};

/* The kernels of this build, terminated by an entry with run == NULL, and the set's name
 * ("ref", "neon-a64"). */
extern const struct awt_kernel awt_kernels[];
extern const char awt_kernel_set[];
/* In-place table look-up of this build; equals aw_table_apply. */
void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n);

/* First kernel of the list that supports the plan; never NULL for a valid plan. */
const struct awt_kernel *awt_kernel_find(const struct aw_plan *plan);

#endif
