#include "prims/testing.h"

static const struct prim_row rows[] = {
    {"h_sigmoid", 9, 8, 16, 2, true, "h_sigmoid", 9, 8, NULL},
    {"h_swish", 9, 8, 16, 2, false, "h_swish", 9, 8, NULL},
    {"identity", 9, 8, 16, 2, true, "", 9, 8, NULL},
    {"null", 9, 8, 16, 2, true, "", 9, 8, NULL},
    {"relu", 9, 8, 16, 2, true, "relu", 9, 8, NULL},
    {"relu6", 9, 8, 16, 2, true, "relu6", 9, 8, NULL},
    {"sigmoid", 9, 8, 8, 1, true, "sigmoid", 9, 8, NULL},
    {"tanh", 9, 8, 8, 1, true, "tanh", 9, 8, NULL},
};

PRIM_ROWS_TEST(rows)
