/* What the DSP packing and kernels agree on. */
#ifndef AW_PACKINGS_DSP_H
#define AW_PACKINGS_DSP_H

#define AW_DSP_BUNDLE 8u /* input channels of a bundle of groups (conv.h) */

#endif
