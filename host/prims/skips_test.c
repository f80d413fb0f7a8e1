#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"skip_connect", 9, 8, 16, 1, true, "", 9, 8, NULL},
    {"skip_connect", 8, 8, 16, 2, true, "relu c8k1s2 slice1s1@1 c8k1s2 cat@2,4 bn!", 4, 16, NULL},
    {"skip_connect", 9, 8, 16, 2, false, "relu pad1,1 c8k1s2 slice1s1@2 c8k1s2 cat@3,5 bn", 5, 16,
     NULL},
    {"skip_connect", 1, 8, 16, 2, true, "relu pad1,1 c8k1s2 slice1s1@2 c8k1s2 cat@3,5 bn!", 1, 16,
     NULL},
    {"skip_connect", 7, 8, 9, 3, true,
     "relu pad2,2 c3k1s3 slice1s1@2 c3k1s3 cat@3,5 slice2s1@2 c3k1s3 cat@6,8 bn!", 3, 9, NULL},
    {"skip_connect", 8, 8, 15, 2, true, NULL, 0, 0,
     "skip_connect: C_out (15) must be a multiple of the stride (2)"},
    {"res_reduce_block", 8, 8, 8, 1, true, "relu c8k1s1 bn! relu c8k1s1 bn! add@6,0", 8, 8, NULL},
    {"res_reduce_block", 8, 8, 16, 1, true,
     "relu c16k1s1 bn! relu c16k1s1 bn! c16k1s1@0 bn! relu add@6,9", 8, 16, NULL},
    {"res_reduce_block", 9, 8, 16, 2, true,
     "relu pad1,1 c8k1s2 slice1s1@2 c8k1s2 cat@3,5 bn! relu c16k1s1 bn! c16k1s2@0 bn! relu "
     "add@10,13",
     5, 16, NULL},
    {"none", 9, 8, 16, 1, true, "zero9x9x8", 9, 8, NULL},
    {"none", 9, 8, 16, 2, true, "slice0s2 zero5x5x8", 5, 8, NULL},
    {"none_for_layer2", 9, 8, 16, 2, true, "zero4x4x16", 4, 16, NULL},
    {"none_for_layer2", 9, 8, 16, 1, true, "zero9x9x16", 9, 16, NULL},
    {"none_for_layer2", 1, 8, 16, 2, true, NULL, 0, 0, "layer 0_zero_1: zeros of 0x0x16"},
};

PRIM_ROWS_TEST(rows)
