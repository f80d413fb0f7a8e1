#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"dense_block", 9, 8, 12, 2, true, "bn! relu c16k1s1 bn! relu c4k3s1 cat@6,0", 9, 12, NULL},
    {"dense_block", 9, 8, 24, 1, false, "bn relu c64k1s1 bn relu c16k3s1 cat@6,0", 9, 24, NULL},
    {"dense_block", 9, 8, 8, 1, true, NULL, 0, 0,
     "dense_block: C_out must be above C, found 8 and 8"},
    {"dense_reduce_block", 9, 8, 16, 2, true, "bn! relu c16k1s1 avg2s2i", 4, 16, NULL},
    {"dense_reduce_block", 9, 8, 16, 1, true, NULL, 0, 0, "the stride must be 2 and affine true"},
    {"dense_reduce_block", 9, 8, 16, 2, false, NULL, 0, 0, "the stride must be 2 and affine true"},
};

PRIM_ROWS_TEST(rows)
