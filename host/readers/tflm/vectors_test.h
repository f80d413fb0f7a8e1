/* Numbers of the files in ../shared/samples, taken from them by a script of its own. */
#ifndef AWH_TFLM_VECTORS_TEST_H
#define AWH_TFLM_VECTORS_TEST_H

#include "readers/testing_test.h"

static const double values_0[] = {
    4.0, 8090.0, 40.0, 59.0, 363531.0,
};

static const double values_1[] = {
    224622.0, 175917.0, 249561.0, 84958.0, 145817.0, 164914.0, 197283.0, 41304.0,
    99473.0,  79969.0,  151505.0, 20053.0, 78521.0,  38127.0,  132863.0, 38127.0,
    132865.0, 38127.0,  132859.0, 38127.0, 132851.0, 38127.0,  132853.0, 9585.0,
    78471.0,  17474.0,  143615.0, 2229.0,  386.0,    28.0,     163.0,
};

static const double values_2[] = {
    1009435.0, 1817013.0, 2269.0, 87.0, 363694.0,
};

static const struct sample_run sample_runs[] = {
    {.file = "tflm/person_detect_corstone300_generic_benchmark.txt",
     .run = 0,
     .run_count = 4,
     .perf = "latency",
     .unit = "ticks",
     .section = "by_type",
     .line = 279,
     .count = 0,
     .overall = 371724.0,
     .values = values_0,
     .value_count = 5,
     .first_line = 280,
     .last_line = 284,
     .names_hash = 0xdae62515u},
    {.file = "tflm/person_detect_corstone300_generic_benchmark.txt",
     .run = 1,
     .run_count = 4,
     .perf = "latency",
     .unit = "ticks",
     .section = NULL,
     .line = 289,
     .count = 1,
     .overall = (double)NAN,
     .values = values_1,
     .value_count = 31,
     .first_line = 289,
     .last_line = 319,
     .names_hash = 0x0cf25130u},
    {.file = "tflm/person_detect_corstone300_generic_benchmark.txt",
     .run = 2,
     .run_count = 4,
     .perf = "latency",
     .unit = "ticks",
     .section = "by_type",
     .line = 321,
     .count = 0,
     .overall = 2820774.0,
     .values = values_2,
     .value_count = 5,
     .first_line = 322,
     .last_line = 326,
     .names_hash = 0xb0118302u},
    {.file = "tflm/person_detect_corstone300_generic_benchmark.txt",
     .run = 3,
     .run_count = 4,
     .perf = "memory",
     .unit = "B",
     .section = NULL,
     .line = 333,
     .count = 0,
     .overall = 84436.0,
     .values = NULL,
     .value_count = 0,
     .first_line = 0,
     .last_line = 0,
     .names_hash = 0x00000000u},
};

#endif
