/* The orders in which kernel sets want their weights. A packing is portable, so that a host can
 * pack embedded weights for a board before the upload, and a board packs weights that it makes
 * itself with the same code. Biases are never packed. */
#ifndef AW_PACKING_H
#define AW_PACKING_H

#include "aw/op.h"

/* Numbers are part of the program format; 0 is the canonical order. */
enum aw_packing_id {
    AW_PACKING_CANONICAL = 0,
#define AW_PACKING(id, number) AW_PACKING_##id = number,
#include "packings.def"
#undef AW_PACKING
    AW_PACKING_END
};

/* How the weights of some layers are packed. */
struct aw_packing_form {
    uint8_t op; /* enum aw_op_id */
    bool (*takes)(const struct aw_plan *plan);
    uint32_t (*bytes)(const struct aw_plan *plan); /* of the packed weights */
    /* Orders canonical weights; `packed` may need a 16-byte alignment. Values do not change, and
     * what is added is 0. */
    void (*pack)(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
};

struct aw_packing {
    const char *name; /* of the kernel set, as Hello tells it: "neon-a64" */
    uint8_t id;       /* enum aw_packing_id, not 0 */
    /* First match wins; what none takes stays canonical. */
    const struct aw_packing_form *forms;
    uint32_t form_count;
};

/* One for each line of packings.def, in common/packings/<set>.c; firmware links only its own. */
#define AW_PACKING(id, number) extern const struct aw_packing aw_packing_##id;
#include "packings.def"
#undef AW_PACKING

/* The form that packs the layer; NULL: its weights stay canonical (always so without a packing). */
const struct aw_packing_form *aw_packing_form_of(const struct aw_packing *packing,
                                                 const struct aw_plan *plan);

/* Bytes of the layer's weights in this packing; NULL: canonical. */
uint32_t aw_packing_bytes(const struct aw_packing *packing, const struct aw_plan *plan);

/* Orders canonical weights into aw_packing_bytes bytes at `packed`; NULL: copies them. */
void aw_packing_pack(const struct aw_packing *packing, const struct aw_plan *plan,
                     const int8_t *canonical, int8_t *packed);

/* By name or number; NULL for an unknown one. Not part of firmware: links all packings. */
const struct aw_packing *aw_packing_find_name(const char *name);
const struct aw_packing *aw_packing_find(uint8_t id);

#endif
