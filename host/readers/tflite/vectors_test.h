/* Numbers of the files in ../shared/samples, taken from them by a script of its own. */
#ifndef AWH_TFLITE_VECTORS_TEST_H
#define AWH_TFLITE_VECTORS_TEST_H

#include "readers/testing_test.h"

static const double values_0[] = {
    1.504, 0.689, 0.464, 2.111, 0.440, 0.175, 0.870, 0.826, 0.300,
    0.901, 0.590, 0.145, 0.077, 0.372, 0.019, 0.210, 0.000,
};

static const double values_1[] = {
    13.695, 4.229, 2.930, 0.019, 0.000,
};

static const struct sample_run sample_runs[] = {
    {.file = "tflite/mobilenet_v2_quant_x86_EXCERPT.txt",
     .run = 0,
     .run_count = 2,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 8,
     .count = 1,
     .overall = 20.885,
     .values = values_0,
     .value_count = 17,
     .first_line = 9,
     .last_line = 25,
     .names_hash = 0x9855b211u},
    {.file = "tflite/mobilenet_v2_quant_x86_EXCERPT.txt",
     .run = 1,
     .run_count = 2,
     .perf = "latency",
     .unit = "ms",
     .section = "by_type",
     .line = 34,
     .count = 0,
     .overall = (double)NAN,
     .values = values_1,
     .value_count = 5,
     .first_line = 35,
     .last_line = 39,
     .names_hash = 0x43aea1c9u},
};

#endif
