#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"avg_pool_2x2", 9, 8, 16, 1, true, "avg2s1", 8, 8, NULL},
    {"avg_pool_2x2", 9, 8, 16, 2, true, "avg2s2", 4, 8, NULL},
    {"avg_pool_2x2", 1, 8, 8, 1, true, NULL, 0, 0, "layer 0_ave_pool_1: input 1x1x8, kernel 2x2"},
    {"avg_pool_3x3", 9, 8, 8, 2, true, "avg3s2", 5, 8, NULL},
    {"avg_pool_3x3", 1, 8, 8, 1, true, "avg3s1", 1, 8, NULL},
    {"max_pool_3x3", 9, 8, 16, 1, true, "max3s1", 9, 8, NULL},
    {"max_pool_3x3", 8, 8, 16, 2, true, "max3s2", 4, 8, NULL},
};

PRIM_ROWS_TEST(rows)
