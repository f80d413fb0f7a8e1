/* What parse makes of logs of the fake tool of parse_test.c, a row a case. */
#ifndef AWH_PARSE_CASES_TEST_H
#define AWH_PARSE_CASES_TEST_H

#include <stddef.h>

#include "aw/err.h"

/* -- The nets
 * -------------------------------------------------------------------------------------- */

#define PRIM(c)                                                                                    \
    "{C: " #c ", C_out: 8, affine: true, prim_type: conv_3x3, spatial_size: 32, stride: 1}"

/* C tells the primitives apart: 3, 8, 16; the last one stands in the net twice. */
#define NAMES                                                                                      \
    "- names: [0_conv_1, 0_relu_1]\n  primitive: " PRIM(                                           \
        3) "\n"                                                                                    \
           "- names: [0_conv_2, 0_relu_2]\n  primitive: " PRIM(                                    \
               8) "\n"                                                                             \
                  "- names: [0_conv_3]\n  primitive: " PRIM(                                       \
                      16) "\n"                                                                     \
                          "- names: [0_conv_10]\n  primitive: " PRIM(16) "\n"
#define CAFFE_NAMES                                                                                \
    "- names: [net_conv_1]\n  primitive: " PRIM(                                                   \
        3) "\n"                                                                                    \
           "- names: [0_conv_1]\n  primitive: " PRIM(                                              \
               8) "\n"                                                                             \
                  "- names: []\n  primitive: " PRIM(16) "\n"                                       \
                                                        "- names: []\n  primitive: " PRIM(16) "\n"
#define THREE_MORE                                                                                 \
    "- names: []\n  primitive: " PRIM(8) "\n- names: []\n  primitive: " PRIM(                      \
        16) "\n"                                                                                   \
            "- names: []\n  primitive: " PRIM(16) "\n"
#define PERF(c, ms)                                                                                \
    "- {C: " #c ", C_out: 8, affine: true, prim_type: conv_3x3, spatial_size: 32, stride: 1, "     \
    "performances: {latency: " #ms "}}\n"
/* Two kernels of a net, one after the other. */
#define KERNELS(a, b)                                                                              \
    "fake latency ms " #a "\nkernel k0\nlayer " #a " 0_conv_1\n"                                   \
    "fake latency ms " #b "\nkernel k1\nlayer " #b " 0_conv_2\n"
#define PRIMS "- " PRIM(8) "\n- " PRIM(16) "\n"
#define WHOLE "- " PRIM(3) "\n- " PRIM(8) "\n- " PRIM(16) "\n- " PRIM(16) "\n"

/* The models of single primitives, as compiler onnx writes them, and no names. */
#define MODELS                                                                                     \
    {"hw/0/k-0_whole@3x32x32.yaml", WHOLE}, {"hw/0/k-0_0@8x32x32.yaml", "- " PRIM(8) "\n"},        \
        {"hw/0/k-0_1@16x32x32.yaml", "- " PRIM(16) "\n"},                                          \
    {                                                                                              \
        "hw/0/k-0_2@16x32x32.yaml", "- " PRIM(16) "\n"                                             \
    }

#define LOG_RUN(a, b, c)                                                                           \
    "fake latency ms -\nlayer " #a " 0_conv_1 + 0_relu_1\nlayer " #b " 0_conv_2\nlayer " #c        \
    " 0_conv_3\n"

struct file {
    const char *path, *text;
};

struct row {
    const char *name;
    struct file files[10];               /* below the test's folder: hw/ compiled, logs/ results */
    const char *perf, *outliers, *names; /* options; perf NULL: latency */
    const char *power, *times, *shift;
    /* What parse says: an error, or the first net's only result, or `results` of them. */
    enum aw_err err;
    const char *says;
    const char *result; /* file of the result; NULL: 0.yaml */
    size_t results;     /* 0: 1 */
    double perfs[4];    /* of the net's primitives; 0: not measured */
    double overall, glue, unattributed;
    const char *unit, *warns, *prints;
};

static const struct row rows[] = {
    {.name = "fused, glue, unknown",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/run.txt", "fake latency ms 11\n"
                                  "layer 1 0_conv_1 + 0_relu_1\n"
                                  "layer 0.5 Reformatting CopyNode for Input Tensor 0 to 0_conv_2\n"
                                  "layer 2 PWN(0_conv_2, 0_relu_2)\n"
                                  "layer 4 0_conv_3 || 0_conv_10\n"
                                  "layer 0.25 mystery\n"}},
     .perfs = {1, 2, 4, 0},
     .overall = 11,
     .glue = 0.5,
     .unattributed = 0.25,
     .unit = "ms",
     .warns = "logs/0/run.txt:6: layer 'mystery' (0.25 ms) belongs to no primitive",
     .prints = "primitives 7 + glue 0.5 + unattributed 0.25 = 7.75 ms, all that was read\n"
               "fused over several primitives: 4 ms (51.61%), counted for the first of them\n"},
    {.name = "layers of one name are several",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/run.txt",
                "fake latency ms -\nlayer 1 0_conv_1\nlayer 2 0_conv_1\nlayer 4 0_conv_2\n"}},
     .perfs = {3, 4, 0, 0},
     .unit = "ms"},
    {.name = "a log beside the folders",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0.profile.json", LOG_RUN(1, 2, 3)}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms"},
    {.name = "microseconds",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0.txt", "fake latency us 5000\nlayer 1500 0_conv_1\n"}},
     .perfs = {1.5, 0, 0, 0},
     .overall = 5,
     .unit = "ms"},
    {.name = "warm-up does not count",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake tuning ms 100\nlayer 100 0_conv_1\n" LOG_RUN(1, 2, 3)}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms"},
    {.name = "a table that is cut off does not count",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "fake cut ms -\nlayer 100 0_conv_1\n"}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms"},
    {.name = "runs become one",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) LOG_RUN(1, 2, 3) LOG_RUN(100, 3, 3)},
               {"logs/0/b.txt", LOG_RUN(1, 3, 3) LOG_RUN(1, 3, 3)}},
     .perfs = {1, 3, 3, 0},
     .unit = "ms"},
    {.name = "--outliers none keeps each run",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) LOG_RUN(1, 2, 4)},
               {"logs/0/b.txt", LOG_RUN(5, 6, 7)}},
     .outliers = "none",
     .results = 3,
     .result = "2.yaml",
     .perfs = {5, 6, 7, 0},
     .unit = "ms"},
    {.name = "--outliers histogram",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) LOG_RUN(1, 2, 3) LOG_RUN(9, 2, 3)}},
     .outliers = "histogram",
     .perfs = {1, 2, 3, 0},
     .unit = "ms"},
    {.name = "the whole net from a log of its own",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ms 6\n" /* the sum of the rows */
                                "layer 1 0_conv_1\nlayer 5 0_conv_2\n"},
               {"logs/0/b.txt", "fake latency ms 9\nsample 8\nsample 8\nsample 90\n"}},
     .perfs = {1, 5, 0, 0},
     .overall = 8,
     .unit = "ms"},
    {.name = "totals that the logs print",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "total 6.25\n" LOG_RUN(1, 2, 3)}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms",
     .prints = "totals that the logs print, in 1 of 2 runs: 6.25 ms, their layers add up to 6\n"},
    /* Which layers the runs have. */
    {.name = "one of three logs lacks a layer",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"logs/0/b.txt", LOG_RUN(1, 2, 3)},
               {"logs/0/c.txt", "fake latency ms -\nlayer 1 0_conv_1 + 0_relu_1\n"
                                "layer 3 0_conv_3\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "logs/0/c.txt:1: this run of net 0 has no layer '0_conv_2', which that of "},
    {.name = "a layer comes twice in one of the runs",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) LOG_RUN(1, 2, 3) "layer 3 0_conv_3\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "logs/0/a.txt:1: this run of net 0 has no layer '0_conv_3', which that of "},
    {.name = "fused in two ways",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"logs/0/b.txt", "fake latency ms -\nlayer 0.5 0_conv_1\nlayer 0.5 0_relu_1\n"
                                "layer 2 0_conv_2\nlayer 3 0_conv_3\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "leave the odd ones out, or make each a result of its own with --outliers none"},
    {.name = "fused in two ways, each by itself",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"logs/0/b.txt", "fake latency ms -\nlayer 0.5 0_conv_1\nlayer 0.25 0_relu_1\n"
                                "layer 2 0_conv_2\nlayer 3 0_conv_3\n"}},
     .outliers = "none",
     .results = 2,
     .result = "1.yaml",
     .perfs = {0.75, 2, 3, 0},
     .unit = "ms",
     .warns = "the blocks of these results do not compare"},
    {.name = "layers of another net beside those of this one",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "fake latency ms -\nlayer 1 other\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "this run of net 0 has no layer '0_conv_1 + 0_relu_1'"},
    {.name = "two kernels",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", KERNELS(1, 2) KERNELS(1, 2)}},
     .perfs = {1, 2, 0, 0},
     .overall = 3,
     .unit = "ms"},
    {.name = "two kernels, each pass by itself",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", KERNELS(1, 2) "fake latency ms 9\nkernel k0\nlayer 9 0_conv_1\n"},
               {"logs/0/b.txt", KERNELS(5, 7)}},
     .outliers = "none",
     .results = 2,
     .result = "1.yaml",
     .perfs = {9, 7, 0, 0},
     .overall = 16,
     .unit = "ms",
     .warns = "net 0: one of its 2 kernels has 2 tables, another one 3; the first 2 of each"},
    {.name = "kernels that share a layer",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", KERNELS(1, 2) "fake latency ms 9\nkernel other\n"
                                              "layer 9 0_conv_1\nlayer 9 0_conv_3\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "has no layer '0_conv_3'"},
    {.name = "memory of kernels",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake memory MB 4\nlayer 4 0_conv_1\n"},
               {"logs/0/b.txt", "fake memory MB 5\nkernel k0\nfake memory MB 6\nkernel k1\n"}},
     .perf = "memory",
     .perfs = {4, 0, 0, 0},
     .overall = 11,
     .unit = "MB"},
    {.name = "measure's results and a tool's",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"logs/0/b.txt", "fake own ms -\nlayer 1 0_conv_1\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "b.txt is of measure, "},
    {.name = "an empty log",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", ""}},
     .err = AW_ERR_FORMAT,
     .says = "logs/0/a.txt: the file is empty"},
    {.name = "a net without a log",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/1/prim2names.yaml", NAMES},
               {"hw/2/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms",
     .warns = "/logs: no log of 2 of the nets in "},
    {.name = "a file of primitives has one of them too often",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.yaml", PERF(3, 1) PERF(16, 2) PERF(16, 3) PERF(16, 4)}},
     .err = AW_ERR_MISMATCH,
     .says = " is there 3 times up to here, but net 0 has it in 2 places"},
    {.name = "a file of primitives",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.yaml", PERF(3, 1) PERF(16, 2) PERF(16, 3)}},
     .perfs = {1, 0, 2, 3},
     .unit = "ms"},
    {.name = "two boards",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/1/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "board a\n"},
               {"logs/1/a.txt", LOG_RUN(1, 2, 3) "board b\n"}},
     .err = AW_ERR_MISMATCH,
     .says =
         "net 1: the board of one of its results is the string 'b', that of those before it the "
         "string 'a'"},
    {.name = "one board twice",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/1/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "board a\n"},
               {"logs/1/a.txt", LOG_RUN(1, 2, 3) "board a\n"}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms"},
    {.name = "a log for each primitive",
     .files = {MODELS,
               {"logs/k-0_0@8x32x32.txt", "fake latency ms -\nsample 1\nsample 1\nsample 50\n"},
               {"logs/k-0_1@16x32x32.txt", "fake latency ms 2\n"},
               {"logs/k-0_2@16x32x32.txt", "fake latency us 3000\n"},
               {"logs/k-0_whole@3x32x32.txt", "fake latency ms 6.5\nlayer 9 not_asked_for\n"}},
     .result = "0.yaml",
     .perfs = {0, 1, 2, 3},
     .overall = 6.5,
     .unit = "ms"},
    {.name = "a profile for each primitive",
     .files = {MODELS,
               {"logs/k-0_0@8x32x32.txt", "fake latency ms -\nlayer 1 0_conv_1\nlayer 2 x\n"},
               {"logs/k-0_1@16x32x32.txt", "fake latency ms -\nlayer 4 0_conv_1\n"},
               {"logs/k-0_2@16x32x32.txt", "fake latency ms 7\nlayer 6 0_conv_1\n"}},
     .result = "0.yaml",
     .perfs = {0, 3, 4, 7},
     .unit = "ms"},
    {.name = "models in several units",
     .files = {MODELS,
               {"logs/k-0_0@8x32x32.txt", "fake latency ms 1\n"},
               {"logs/k-0_1@16x32x32.txt", "fake latency ticks 500\n"}},
     .err = AW_ERR_MISMATCH,
     .says =
         "logs/k-0_1@16x32x32.txt: has latency in ticks, the logs of the net's other primitives "
         "have latency in ms"},
    {.name = "a primitive without its log",
     .files = {MODELS,
               {"logs/0/k-0_0@8x32x32.log.txt", "fake latency ms 1\n"},
               {"logs/0/k-0_2@16x32x32.txt", "fake latency ms 3\n"}},
     .result = "0.yaml",
     .perfs = {0, 1, 0, 3},
     .unit = "ms",
     .warns = "net 0: no log of k-0_1@16x32x32; its primitive is not measured"},
    {.name = "Caffe's names are the vendor's",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/0/pytorch_to_caffe/x_prim2names.yaml", CAFFE_NAMES},
               {"logs/0/a.txt", "fake latency ms -\nlayer 1 net_conv_1\nlayer 2 0_conv_1\n"}},
     .perfs = {1, 2, 0, 0},
     .unit = "ms"},
    {.name = "names.yaml",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"names.yaml", "mystery: 1\n0_conv_1: glue\n'0_conv*': 0_conv_10\nunused: 2\n"},
               {"logs/0/a.txt",
                "fake latency ms -\nlayer 1 mystery\nlayer 2 0_conv_1\nlayer 4 0_conv*\n"}},
     .names = "names.yaml",
     .perfs = {0, 1, 0, 4},
     .glue = 2,
     .unit = "ms",
     .warns = "names.yaml:4: unused: no log has a layer of this name"},
    {.name = "ambiguous",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ms -\nlayer 1 0_conv_1\nlayer 4 0_conv*\n"}},
     .err = AW_ERR_MISMATCH,
     .says =
         "logs/0/a.txt:3: layer '0_conv*' of net 0 may be any of 0_conv_1 (primitive 0), 0_conv_10 "
         "(primitive 3), 0_conv_2 (primitive 1), 0_conv_3 (primitive 2); say which in a file for "
         "--names"},
    {.name = "units that cannot be mixed",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ms -\nlayer 1 0_conv_1\n"
                                "fake latency ticks -\nlayer 1 0_conv_1\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "its unit is ticks, that of"},
    {.name = "histogram of something else than times",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ticks -\nlayer 1 0_conv_1\n"}},
     .outliers = "histogram",
     .err = AW_ERR_UNSUPPORTED,
     .says = "logs/0/a.txt: --outliers histogram has bins of 0.1 us"},
    {.name = "memory",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt",
                LOG_RUN(1, 2, 3) "fake memory MB 9\nlayer 4 0_conv_1\nlayer 5 0_conv_2\n"}},
     .perf = "memory",
     .perfs = {4, 5, 0, 0},
     .overall = 9,
     .unit = "MB"},
    {.name = "energy that the tool has",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3) "fake energy uJ 9\nlayer 4 0_conv_1\n"}},
     .perf = "energy",
     .perfs = {4, 0, 0, 0},
     .overall = 9,
     .unit = "uJ"},
    {.name = "energy from the board's power",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ms 10\nlayer 4 0_conv_1\nlayer 1 copy finish\n"},
               {"logs/0/power.csv",
                "fake power uW -\nsample 6000000\nsample 6200000\nsample 6100000\n"}},
     .perf = "energy",
     .perfs = {24.4, 0, 0, 0},
     .overall = 61,
     .glue = 6.1,
     .unit = "mJ"},
    {.name = "energy from the power of a session",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"power.csv", "Thu Nov 19 21:17:46 2020,6000000\n"},
               {"times.txt", "0 2020-11-19 20:17:44 2020-11-19 20:17:50.5\n"}},
     .perf = "energy",
     .power = "power.csv",
     .times = "times.txt",
     .shift = "1",
     .perfs = {6, 12, 18, 0},
     .unit = "mJ"},
    {.name = "power without times",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .power = "power.csv",
     .err = AW_ERR_ARG,
     .says = "--power and --times go together"},
    {.name = "energy without power",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .perf = "energy",
     .err = AW_ERR_NOT_FOUND,
     .says = "net 0: its logs have times, but neither energy nor power"},
    {.name = "energy of ticks",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ticks -\nlayer 1 0_conv_1\n"},
               {"logs/0/power.csv", "fake power uW 6000000\n"}},
     .perf = "energy",
     .err = AW_ERR_UNSUPPORTED,
     .says = "net 0: its logs have no energy, and ticks cannot be turned into one"},
    {.name = "energy of a net that did not run in the session",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)},
               {"power.csv", "Thu Nov 19 21:17:46 2020,6000000\n"},
               {"times.txt", "7 2020-11-19 21:17:44 2020-11-19 21:17:50.5\n"}},
     .perf = "energy",
     .power = "power.csv",
     .times = "times.txt",
     .err = AW_ERR_NOT_FOUND,
     .says = "power.csv falls into its times in "},
    {.name = "a name that could not be a key",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .perf = "la: tency",
     .err = AW_ERR_ARG,
     .says = "--hwobj-type: expected latency, energy, memory or another name"},
    {.name = "two files of Caffe's names",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/0/pytorch_to_caffe/x_prim2names.yaml", CAFFE_NAMES},
               {"hw/0/pytorch_to_caffe/y_prim2names.yaml", CAFFE_NAMES},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .err = AW_ERR_MISMATCH,
     .says = "expected one _prim2names.yaml in it, found x_prim2names.yaml and y_prim2names.yaml"},
    {.name = "Caffe's names of other primitives",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/0/pytorch_to_caffe/x_prim2names.yaml",
                "- names: [net_conv_1]\n  primitive: " PRIM(8) "\n" THREE_MORE},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .err = AW_ERR_MISMATCH,
     .says = "x_prim2names.yaml: its 4 primitives are not the 4 of prim2names.yaml in "},
    {.name = "nothing of what is asked for",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .perf = "memory",
     .err = AW_ERR_NOT_FOUND,
     .says = "logs: no results found",
     .warns = "logs/0/a.txt: no memory in it"},
    {.name = "only the whole net",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", "fake latency ms 5\n"}},
     .err = AW_ERR_NOT_FOUND,
     .says = "no results found",
     .warns = "net 0: its logs have the latency of the whole net but not of layers"},
    {.name = "a log of something else",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/0/a.txt", "fake latency ms -\nlayer 1 other\nlayer 1 Memcpy\n"}},
     .err = AW_ERR_MISMATCH,
     .says = "none of the layers belongs to a primitive of the nets in",
     .warns = "layer 'other' (1 ms) belongs to no primitive"},
    {.name = "a net that was not compiled",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/7/a.txt", LOG_RUN(1, 2, 3)}},
     .err = AW_ERR_NOT_FOUND,
     .says = "hw/7: no such directory"},
    {.name = "a log of no net",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"logs/readme.txt", "fake latency ms 1\n"},
               {"logs/x_0@8x32x32.txt", "fake latency ms 1\n"},
               {"logs/0.txt", LOG_RUN(1, 2, 3)}},
     .perfs = {1, 2, 3, 0},
     .unit = "ms",
     .warns = "logs/readme.txt: no net in"},
    {.name = "a folder without a compiler's files",
     .files = {{"hw/0/readme", "-\n"}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .err = AW_ERR_NOT_FOUND,
     .says = "hw/0: nothing that a compiler of awnas-hw writes"},
    {.name = "models of another net",
     .files = {{"hw/0/prim2names.yaml", NAMES},
               {"hw/0/k_0@1x1x1.yaml", "- " PRIM(99) "\n"},
               {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .err = AW_ERR_MISMATCH,
     .says = "hw/0/k_0@1x1x1.yaml: its primitive is not in net 0"},
    {.name = "a method that does not exist",
     .files = {{"hw/0/prim2names.yaml", NAMES}, {"logs/0/a.txt", LOG_RUN(1, 2, 3)}},
     .outliers = "mean",
     .err = AW_ERR_ARG,
     .says = "--outliers: expected none, histogram or median-of-means, found 'mean'"},
};

#endif
