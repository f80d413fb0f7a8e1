/* The CUDA engine of a build without CUDA: it only says what is missing. */
#include "timing/engine.h"

const struct awh_engine_ops awh_engine_cuda = {
    .name = "cuda",
    .missing = AWNAS_CUDA_MISSING,
};
