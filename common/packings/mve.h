/* What the MVE packing and kernels agree on. */
#ifndef AW_PACKINGS_MVE_H
#define AW_PACKINGS_MVE_H

#define AW_MVE_BUNDLE 16u /* input channels of a bundle of groups (conv.h) */

#endif
