#include "aw/packing.h"

#include "aw/mem.h"

#include <stddef.h>

const struct aw_packing_form *aw_packing_form_of(const struct aw_packing *packing,
                                                 const struct aw_plan *plan)
{
    for (uint32_t i = 0; packing && i < packing->form_count; i++) {
        const struct aw_packing_form *form = &packing->forms[i];
        if (form->op == plan->layer.op && form->takes(plan))
            return form;
    }
    return NULL;
}

uint32_t aw_packing_bytes(const struct aw_packing *packing, const struct aw_plan *plan)
{
    const struct aw_packing_form *form = aw_packing_form_of(packing, plan);
    return form ? form->bytes(plan) : plan->weight_count;
}

void aw_packing_pack(const struct aw_packing *packing, const struct aw_plan *plan,
                     const int8_t *canonical, int8_t *packed)
{
    const struct aw_packing_form *form = aw_packing_form_of(packing, plan);
    if (form)
        form->pack(plan, canonical, packed);
    else
        memcpy(packed, canonical, plan->weight_count);
}
