#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"mobilenet_block_1", 9, 16, 16, 1, true,
     "c16k1s1 bn! relu c16k3s1g16 bn! relu c16k1s1 bn! add@8,0", 9, 16, NULL},
    {"mobilenet_block_3", 9, 16, 24, 1, false,
     "c48k1s1 bn relu c48k3s1g48 bn relu c24k1s1 bn c24k1s1@0 bn add@8,10", 9, 24, NULL},
    {"mobilenet_block_3_5x5", 9, 16, 24, 2, true,
     "c48k1s1 bn! relu c48k5s2g48 bn! relu c24k1s1 bn!", 5, 24, NULL},
    {"mobilenet_block_6", 9, 16, 16, 2, true, "c96k1s1 bn! relu c96k3s2g96 bn! relu c16k1s1 bn!", 5,
     16, NULL},
    {"mobilenet_block_6_5x5", 9, 10, 10, 1, true,
     "c64k1s1 bn! relu c64k5s1g64 bn! relu c10k1s1 bn! add@8,0", 9, 10, NULL},
    {"mobilenet_block_1_relu6", 9, 16, 16, 2, true,
     "c16k1s1 bn! relu c16k1s2g16 bn! relu c16k1s1 bn!", 5, 16, NULL},
    {"mobilenet_block_6_relu6", 9, 16, 16, 1, true,
     "c96k1s1 bn! relu c96k1s1g96 bn! relu c16k1s1 bn! add@8,0", 9, 16, NULL},
};

PRIM_ROWS_TEST(rows)
