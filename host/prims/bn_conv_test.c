#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"conv_bn_3x3", 9, 8, 16, 2, true, "c16k3s2 bn!", 5, 16, NULL},
    {"conv_bn_relu_1x1", 9, 8, 16, 2, false, "c16k1s2 bn relu", 5, 16, NULL},
    {"conv_bn_relu_3x3", 9, 8, 16, 1, true, "c16k3s1 bn! relu", 9, 16, NULL},
    {"conv_bn_relu_5x5", 9, 8, 16, 3, true, "c16k5s3 bn! relu", 3, 16, NULL},
    {"relu_conv_bn_1x1", 9, 8, 16, 2, true, "relu c16k1s2 bn!", 5, 16, NULL},
    {"relu_conv_bn_3x3", 9, 8, 16, 1, false, "relu c16k3s1 bn", 9, 16, NULL},
    {"relu_conv_bn_5x5", 8, 8, 16, 2, true, "relu c16k5s2 bn!", 4, 16, NULL},
    {"nor_conv_1x1", 8, 8, 16, 1, true, "relu c16k1s1 bn!", 8, 16, NULL},
    {"nor_conv_3x3", 8, 8, 16, 2, true, "relu c16k3s2 bn!", 4, 16, NULL},
    {"bn_conv_relu_1x1", 9, 8, 16, 2, true, "bn! c16k1s2 relu", 5, 16, NULL},
    {"bn_conv_relu_1x1", 9, 8, 16, 1, false, "bn c16k1s1 relu", 9, 16, NULL},
    {"bn_relu", 9, 16, 16, 2, true, "bn! relu", 9, 16, NULL},
    {"bn_relu", 9, 16, 24, 1, true, NULL, 0, 0,
     "bn_relu: C and C_out must be equal, found 16 and 24"},
    {"conv_7x1_1x7", 9, 8, 8, 2, true, "relu c8k1x7s1x2 c8k7x1s2x1 bn!", 5, 8, NULL},
    {"conv_7x1_1x7", 9, 8, 16, 1, true, NULL, 0, 0, "C and C_out must be equal"},
    {"vgg_block", 9, 8, 16, 2, true, "c16k3s1+b bn! relu max2s2", 4, 16, NULL},
    {"vgg_block", 9, 8, 16, 1, true, "c16k3s1+b bn! relu", 9, 16, NULL},
    {"vgg_block", 9, 8, 16, 3, false, "c16k3s1+b bn relu", 9, 16, NULL},
    {"vgg_block", 1, 8, 16, 2, true, NULL, 0, 0,
     "layer 0_max_pool_1: input 1x1x16, kernel 2x2, stride 2, padding 0: the kernel does not fit"},
};

PRIM_ROWS_TEST(rows)
