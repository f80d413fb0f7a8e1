/* Numbers of the files in ../shared/samples, taken from them by a script of its own. */
#ifndef AWH_N2CUBE_VECTORS_TEST_H
#define AWH_N2CUBE_VECTORS_TEST_H

#include "readers/testing_test.h"

static const double values_0[] = {
    1.059, 0.960, 0.349, 0.516, 0.358, 7.485, 3.192, 0.018,
};

static const double values_1[] = {
    0.26, 0.70, 0.95, 1.40, 0.92, 36.09, 16.08, 0.01,
};

static const double values_2[] = {
    0.753, 3.251, 1.646, 3.248, 1.647, 3.250, 3.249, 1.871, 3.719, 3.720, 0.030,
    0.956, 0.023, 0.956, 0.046, 0.957, 3.112, 0.088, 0.048, 0.029, 0.281,
};

static const double values_3[] = {
    3.22, 3.88, 2.37, 2.07, 1.44, 2.11,  1.53, 1.71, 3.04, 2.75, 0.10,
    2.45, 0.01, 2.45, 0.21, 2.38, 12.31, 0.31, 0.13, 0.03, 0.61,
};

static const double values_4[] = {
    0.134, 0.063, 0.173, 0.037, 0.106, 0.060, 0.133, 0.025, 0.061, 0.036, 0.114,
    0.037, 0.114, 0.037, 0.131, 0.024, 0.068, 0.028, 0.068, 0.028, 0.069, 0.027,
    0.118, 0.028, 0.077, 0.028, 0.079, 0.029, 0.078, 0.029, 0.107, 0.028, 0.183,
    0.035, 0.101, 0.032, 0.099, 0.030, 0.182, 0.038, 0.170, 0.235,
};

static const double values_5[] = {
    0.34, 0.29, 0.17, 0.12, 0.20, 0.24, 0.09, 0.06, 0.08, 0.09, 0.08, 0.09, 0.08, 0.09,
    0.06, 0.04, 0.04, 0.04, 0.04, 0.04, 0.04, 0.04, 0.07, 0.07, 0.05, 0.05, 0.05, 0.05,
    0.05, 0.05, 0.06, 0.05, 0.12, 0.09, 0.06, 0.05, 0.06, 0.05, 0.12, 0.13, 0.23, 1.24,
};

static const struct sample_run sample_runs[] = {
    {.file = "dnndk/alexnet_zcu102_vai1.1.txt",
     .run = 0,
     .run_count = 2,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 61,
     .count = 1,
     .overall = 13.937,
     .values = values_0,
     .value_count = 8,
     .first_line = 64,
     .last_line = 71,
     .names_hash = 0xaf557f9cu},
    {.file = "dnndk/alexnet_zcu102_vai1.1.txt",
     .run = 1,
     .run_count = 2,
     .perf = "memory",
     .unit = "MiB",
     .section = NULL,
     .line = 61,
     .count = 1,
     .overall = 59.15 * 1e6 / 1048576,
     .values = values_1,
     .value_count = 8,
     .first_line = 64,
     .last_line = 71,
     .names_hash = 0xaf557f9cu},
    {.file = "dnndk/fcn8_zcu102_vai1.3_overlongnames.txt",
     .run = 0,
     .run_count = 2,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 70,
     .count = 1,
     .overall = 32.880,
     .values = values_2,
     .value_count = 21,
     .first_line = 73,
     .last_line = 93,
     .names_hash = 0xadf72293u},
    {.file = "dnndk/fcn8_zcu102_vai1.3_overlongnames.txt",
     .run = 1,
     .run_count = 2,
     .perf = "memory",
     .unit = "MiB",
     .section = NULL,
     .line = 70,
     .count = 1,
     .overall = 47.31 * 1e6 / 1048576,
     .values = values_3,
     .value_count = 21,
     .first_line = 73,
     .last_line = 93,
     .names_hash = 0xadf72293u},
    {.file = "dnndk/proxylessmobile05_zcu102.txt",
     .run = 0,
     .run_count = 2,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 2,
     .count = 1,
     .overall = 3.279,
     .values = values_4,
     .value_count = 42,
     .first_line = 5,
     .last_line = 46,
     .names_hash = 0x7d641574u},
    {.file = "dnndk/proxylessmobile05_zcu102.txt",
     .run = 1,
     .run_count = 2,
     .perf = "memory",
     .unit = "MiB",
     .section = NULL,
     .line = 2,
     .count = 1,
     .overall = 5.33 * 1e6 / 1048576,
     .values = values_5,
     .value_count = 42,
     .first_line = 5,
     .last_line = 46,
     .names_hash = 0x7d641574u},
};

#endif
