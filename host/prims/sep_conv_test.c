#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"sep_conv_3x3", 9, 8, 16, 2, true, "relu c8k3s2g8 c8k1s1 bn! relu c8k3s1g8 c16k1s1 bn!", 5, 16,
     NULL},
    {"sep_conv_5x5", 9, 8, 16, 1, false, "relu c8k5s1g8 c8k1s1 bn relu c8k5s1g8 c16k1s1 bn", 9, 16,
     NULL},
    {"sep_conv_7x7", 9, 8, 8, 1, true, "relu c8k7s1g8 c8k1s1 bn! relu c8k7s1g8 c8k1s1 bn!", 9, 8,
     NULL},
    {"sep_conv_3x3_exp3", 9, 8, 16, 2, true, "relu c8k3s2g8 c24k1s1 bn! relu c24k3s1g8 c16k1s1 bn!",
     5, 16, NULL},
    {"sep_conv_3x3_exp6", 9, 8, 16, 1, true, "relu c8k3s1g8 c48k1s1 bn! relu c48k3s1g8 c16k1s1 bn!",
     9, 16, NULL},
    {"sep_conv_5x5_exp3", 9, 8, 16, 1, true, "relu c8k5s1g8 c48k1s1 bn! relu c48k5s1g8 c16k1s1 bn!",
     9, 16, NULL},
    {"sep_conv_5x5_exp6", 9, 8, 16, 1, true, "relu c8k5s1g8 c48k1s1 bn! relu c48k5s1g8 c16k1s1 bn!",
     9, 16, NULL},
    {"sep_conv_5x5_exp6", 9, 20000, 16, 1, true, NULL, 0, 0,
     "the output channels must be 1 to 65535"},
    {"dil_conv_3x3", 9, 8, 16, 2, true, "relu c8k3s2g8d2 c16k1s1 bn!", 5, 16, NULL},
    {"dil_conv_5x5", 9, 8, 16, 1, false, "relu c8k5s1g8d2 c16k1s1 bn", 9, 16, NULL},
    {"inspect_block", 9, 8, 16, 1, true, NULL, 0, 0,
     "inspect_block: it runs another branch, drawn at random"},
};

PRIM_ROWS_TEST(rows)
