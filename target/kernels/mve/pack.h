#ifndef AWT_KERNELS_MVE_PACK_H
#define AWT_KERNELS_MVE_PACK_H

#include "aw/op.h"

uint32_t mve_conv2d_packed_bytes(const struct aw_plan *plan);
void mve_conv2d_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);
uint32_t mve_dw_packed_bytes(const struct aw_plan *plan);
void mve_dw_pack(const struct aw_plan *plan, const int8_t *canonical, int8_t *packed);

#endif
