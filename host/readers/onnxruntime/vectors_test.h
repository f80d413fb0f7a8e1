/* Numbers of the files in ../shared/samples, taken from them by a script of its own. */
#ifndef AWH_ONNXRUNTIME_VECTORS_TEST_H
#define AWH_ONNXRUNTIME_VECTORS_TEST_H

#include "readers/testing_test.h"

static const double values_0[] = {
    6 / 1000.0, 2 / 1000.0, 54 / 1000.0, 6 / 1000.0, 3 / 1000.0,
    3 / 1000.0, 2 / 1000.0, 3 / 1000.0,  6 / 1000.0,
};

static const double values_1[] = {
    100 / 1000.0,
    2 / 1000.0,
};

static const struct sample_run sample_runs[] = {
    {.file = "ort/ort1.12_silero_excerpt_numbered.txt",
     .run = 0,
     .run_count = 1,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 2,
     .count = 1,
     .overall = (double)NAN,
     .values = values_0,
     .value_count = 9,
     .first_line = 2,
     .last_line = 26,
     .names_hash = 0x2fb8a5bcu},
    {.file = "ort/ort_issue5617_cpu.json.part",
     .run = 0,
     .run_count = 1,
     .perf = "latency",
     .unit = "ms",
     .section = NULL,
     .line = 1,
     .count = 1,
     .overall = (double)NAN,
     .values = values_1,
     .value_count = 2,
     .first_line = 1,
     .last_line = 4,
     .names_hash = 0xe44169e2u},
};

#endif
