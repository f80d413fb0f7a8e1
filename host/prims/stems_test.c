#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"imagenet_stem0", 15, 3, 16, 1, false, "c8k3s2 bn! relu c16k3s2 bn!", 4, 16, NULL},
    {"imagenet_stem0", 16, 16, 17, 2, true, "c8k3s2 bn! relu c17k3s2 bn!", 4, 17, NULL},
    {"imagenet_stem0_7x7", 15, 4, 16, 1, false, "c16k7s2 bn! relu", 8, 16, NULL},
    {"imagenet_stem1", 15, 3, 16, 2, true, "c8k3s2 bn! relu c16k3s2 bn! relu c16k3s2 bn! relu", 2,
     16, NULL},
    {"tnas", 15, 4, 16, 2, false, "c8k3s1 bn! max2s2 relu c16k3s1 bn! max2s2", 3, 16, NULL},
    {"tnas", 3, 4, 16, 1, true, NULL, 0, 0, "layer 0_max_pool_2: input 1x1x16"},
    {"imagenet_stem0", 15, 3, 1, 1, true, NULL, 0, 0, "the output channels must be 1"},
};

PRIM_ROWS_TEST(rows)
