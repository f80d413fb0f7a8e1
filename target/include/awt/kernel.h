/* Optimised kernels. Each equals the reference of its op bit for bit (tables excluded: the runner
 * applies them afterwards, through `awt_table_apply`).
 *
 * A kernel set is a list, first match wins; the references close every list. */
#ifndef AWT_KERNEL_H
#define AWT_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/op.h"
#include "aw/packing.h"

struct awt_kernel {
    const char *name; /* "conv2d_1x1_neon", or "ref" */
    uint8_t op;       /* enum aw_op_id */
    /* NULL: all layers of the op. */
    bool (*supports)(const struct aw_plan *plan);
    bool packed; /* takes weights in the set's packing; else canonical ones */
    /* Bytes of scratch memory, 16-byte aligned when given; NULL: none. */
    uint32_t (*scratch_bytes)(const struct aw_plan *plan);
    /* buffers->weights is 16-byte aligned. Reads at most 16 bytes past the end of any input (the
     * arena and weight memory have a 64-byte tail); writes exactly `out`. */
    void (*run)(const struct aw_plan *plan, const struct aw_buffers *buffers, void *scratch);
};

/* The kernels of this build, terminated by an entry with run == NULL, and the set's name
 * ("ref", "neon-a64"). */
extern const struct awt_kernel awt_kernels[];
extern const char awt_kernel_set[];
/* The order in which the set's `packed` kernels want their weights; NULL: it has none of them. */
extern const struct aw_packing *const awt_packing;
/* In-place table look-up of this build; equals aw_table_apply. */
void awt_table_apply(const int8_t table[256], int8_t *data, uint32_t n);

/* First kernel of the list that supports the plan and takes its weights as the packing leaves them;
 * never NULL for a valid plan. */
const struct awt_kernel *awt_kernel_find(const struct aw_plan *plan);

#endif
