/* The commands: options in, one call of a flow step each. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "flow/flow.h"

/* Ends a command early after --help or a usage error. */
#define PARSE_OR_RETURN(options, positionals, min, max)                                            \
    do {                                                                                           \
        int parsed = awh_cli_parse(command, options, argc, argv, positionals, min, max, diag);     \
        if (parsed != AW_OK)                                                                       \
            return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;                           \
    } while (0)

static enum aw_err run_genprof(const struct awh_command *command, int argc, char **argv,
                               struct awh_diag *diag)
{
    struct awh_genprof_options o = {.result_dir = "results", .seed = 1};
    uint64_t num_sample = 0;
    const struct awh_option options[] = {
        {"result-dir", 'r', AWH_OPTION_TEXT, &o.result_dir, "DIR",
         "where to write (default results)"},
        {"compile", 'c', AWH_OPTION_LIST, o.compilers, "COMPILER",
         "also compile every net (dpu); may be repeated"},
        {"num-sample", 'n', AWH_OPTION_U64, &num_sample, "N",
         "N random nets of the space instead of the assembled ones"},
        {"seed", 's', AWH_OPTION_U64, &o.seed, "SEED", "of everything random (default 1)"},
        {"force", 'f', AWH_OPTION_FLAG, &o.force, NULL,
         "replace DIR though awnas-hw did not make it"},
        {"quiet", 'q', AWH_OPTION_FLAG, &o.quiet, NULL, "no progress, no summary"},
        {0},
    };
    const char *paths[2];
    PARSE_OR_RETURN(options, paths, 2, 2);
    if (num_sample > 1000000)
        return awh_fail(diag, AW_ERR_RANGE, "--num-sample: expected at most 1000000, found %llu",
                        (unsigned long long)num_sample);
    o.num_sample = (int64_t)num_sample;
    o.cfg_path = paths[0];
    o.hwobj_path = paths[1];
    o.compile = o.compilers[0] != NULL;
    return awh_genprof(&o, stdout, diag);
}

const struct awh_command awh_command_genprof = {
    .name = "genprof",
    .arguments = "CFG HWOBJ",
    .summary = "list a search space's primitives, pack them into nets to profile, compile those\n\n"
               "CFG holds search_space_cfg, HWOBJ mixin_search_space_type, prof_prims_cfg and\n"
               "profiling_net_cfg, as for aw_nas's command of this name.",
    .example =
        "awnas-hw genprof examples/ofa_128.yaml examples/ofa_128_hwobj.yaml -c dpu -r results",
    .run = run_genprof,
};

static enum aw_err run_measure(const struct awh_command *command, int argc, char **argv,
                               struct awh_diag *diag)
{
    struct awh_measure_options o = {.repeats = 50, .warmup = 3};
    uint32_t wait_ms = 0;
    const struct awh_option options[] = {
        {"hardware", 0, AWH_OPTION_TEXT, &o.hardware, "K-NAME",
         "folder of RESULT_DIR/hardwares (default: the only one)"},
        {"board", 'b', AWH_OPTION_TEXT, &o.board, "BOARD",
         "start this emulated board (default zcu102; zcu102:tcp: over its Ethernet), or native"},
        {"serial", 0, AWH_OPTION_TEXT, &o.serial, "DEV[@BAUD]", "a board on a serial port"},
        {"tcp", 0, AWH_OPTION_TEXT, &o.tcp, "HOST:PORT", "a board on TCP"},
        {"boards-dir", 0, AWH_OPTION_TEXT, &o.boards_dir, "DIR", "where the board folders are"},
        {"firmware", 0, AWH_OPTION_TEXT, &o.firmware, "FILE", "image for an emulated board"},
        {"key-file", 0, AWH_OPTION_TEXT, &o.key_path, "FILE",
         "key of a board on a shared network (default: $AWNAS_KEY_FILE)"},
        {"repeats", 'R', AWH_OPTION_U32, &o.repeats, "N", "timed runs of each net (default 50)"},
        {"warmup", 'w', AWH_OPTION_U32, &o.warmup, "N", "untimed runs before them (default 3)"},
        {"nets", 0, AWH_OPTION_TEXT, &o.nets, "LIST", "only these nets, such as 0,3-5"},
        {"out", 'o', AWH_OPTION_TEXT, &o.out_dir, "DIR",
         "default RESULT_DIR/hardwares/<hardware>/prof_results"},
        {"resume", 0, AWH_OPTION_FLAG, &o.resume, NULL, "keep complete results, measure the rest"},
        {"no-verify", 0, AWH_OPTION_FLAG, &o.no_verify, NULL,
         "do not compare outputs with the reference; results say so"},
        {"wait", 0, AWH_OPTION_U32, &wait_ms, "MS", "how long to wait for the board's Hello"},
        {"force", 'f', AWH_OPTION_FLAG, &o.force, NULL, "write into a directory that is not ours"},
        {"json", 0, AWH_OPTION_FLAG, &o.json, NULL, "the summary as JSON"},
        {"quiet", 'q', AWH_OPTION_FLAG, &o.quiet, NULL, "no progress"},
        {0},
    };
    PARSE_OR_RETURN(options, &o.result_dir, 1, 1);
    o.wait_ms = wait_ms;
    return awh_measure(&o, stdout, diag);
}

const struct awh_command awh_command_measure = {
    .name = "measure",
    .arguments = "RESULT_DIR",
    .summary = "run the compiled nets on a board, verified, timed layer by layer",
    .example = "awnas-hw measure results --board zcu102 --repeats 2",
    .run = run_measure,
};

/* The arguments that parse and net2primitive share. */
static enum aw_err run_parse_common(const struct awh_command *command, int argc, char **argv,
                                    const char *out_name, const char **out_path,
                                    struct awh_parse_options *o, struct awh_diag *diag)
{
    const struct awh_option options[] = {
        {out_name, 'o', AWH_OPTION_TEXT, out_path, "PATH", "where to write (required)"},
        {"hwobj-type", 0, AWH_OPTION_TEXT, &o->perf_name, "NAME",
         "what was measured: latency (default), energy or memory"},
        {"outliers", 0, AWH_OPTION_TEXT, &o->outliers, "METHOD",
         "a tool's samples: median-of-means (default), histogram, none"},
        {"names", 0, AWH_OPTION_TEXT, &o->names_path, "FILE",
         "what a tool's layer names mean: layer, primitive or glue"},
        {"power", 0, AWH_OPTION_TEXT, &o->power_path, "FILE",
         "for energy: the board's power over a whole session"},
        {"times", 0, AWH_OPTION_TEXT, &o->times_path, "FILE", "for --power: when each net ran"},
        {"power-shift", 0, AWH_OPTION_TEXT, &o->power_shift, "HOURS",
         "how far the clock of --power is ahead of that of --times"},
        {"force", 'f', AWH_OPTION_FLAG, &o->force, NULL,
         "replace PATH though awnas-hw did not make it"},
        {0},
    };
    const char *paths[4];
    PARSE_OR_RETURN(options, paths, 4, 4);
    if (*out_path == NULL)
        return awh_fail(diag, AW_ERR_ARG, "%s: --%s is required; see awnas-hw %s --help",
                        command->name, out_name, command->name);
    o->hwobj_path = paths[0];
    o->prof_result_dir = paths[1];
    o->prof_prims_path = paths[2];
    o->prim_to_ops = paths[3];
    return awh_parse(o, stdout, diag);
}

static enum aw_err run_parse(const struct awh_command *command, int argc, char **argv,
                             struct awh_diag *diag)
{
    struct awh_parse_options o = {.perf_name = "latency"};
    return run_parse_common(command, argc, argv, "result-dir", &o.result_dir, &o, diag);
}

const struct awh_command awh_command_parse = {
    .name = "parse",
    .arguments = "HWOBJ PROF_RESULT_DIR PROF_PRIMS PRIM_TO_OPS",
    .summary =
        "layer timings -> primitive timings of every run, in aw_nas's layout\n\n"
        "PROF_RESULT_DIR holds what measure writes, or logs of a vendor's tool: <net>/<any name>,\n"
        "<net>.<any ending>, or <model>.<any ending> for the models of single primitives. Every\n"
        "layer's time ends in a primitive, in glue, or unattributed; docs/vendor-tools.md has the\n"
        "rules, and two walks from genprof to predict.",
    .example =
        "awnas-hw parse hwobj.yaml results/hardwares/0-dpu/prof_results results/prof_prims.yaml\n"
        "      results/hardwares/0-dpu --result-dir parsed",
    .run = run_parse,
};

static enum aw_err run_net2primitive(const struct awh_command *command, int argc, char **argv,
                                     struct awh_diag *diag)
{
    struct awh_parse_options o = {.perf_name = "latency"};
    return run_parse_common(command, argc, argv, "result-file", &o.result_file, &o, diag);
}

const struct awh_command awh_command_net2primitive = {
    .name = "net2primitive",
    .arguments = "HWOBJ PROF_RESULT_DIR PROF_PRIMS PRIM_TO_OPS",
    .summary = "layer timings -> one table of primitive timings\n\n"
               "Reads what parse reads; see awnas-hw parse --help.",
    .example = "awnas-hw net2primitive hwobj.yaml results/hardwares/0-dpu/prof_results\n"
               "      results/prof_prims.yaml results/hardwares/0-dpu --result-file prims.yaml",
    .run = run_net2primitive,
};

static enum aw_err run_genmodel(const struct awh_command *command, int argc, char **argv,
                                struct awh_diag *diag)
{
    struct awh_genmodel_options o = {0};
    const struct awh_option options[] = {
        {"result-file", 'o', AWH_OPTION_TEXT, &o.result_file, "FILE", "the model file (required)"},
        {"json", 0, AWH_OPTION_FLAG, &o.json, NULL, "the summary as JSON"},
        {0},
    };
    const char *paths[3];
    PARSE_OR_RETURN(options, paths, 3, 3);
    if (o.result_file == NULL)
        return awh_fail(diag, AW_ERR_ARG, "genmodel: --result-file is required");
    o.cfg_path = paths[0];
    o.hwobj_path = paths[1];
    o.prof_prims = paths[2];
    return awh_genmodel(&o, stdout, diag);
}

const struct awh_command awh_command_genmodel = {
    .name = "genmodel",
    .arguments = "CFG HWOBJ PROF_PRIMS",
    .summary =
        "fit a latency model (table, regression) and cross-validate it\n\n"
        "PROF_PRIMS is a directory of <net>/<run>.yaml, as parse writes, or the one file that\n"
        "net2primitive writes. hwperfmodel_type and hwperfmodel_cfg of HWOBJ choose the model.",
    .example = "awnas-hw genmodel cfg.yaml hwobj.yaml parsed --result-file model.yaml",
    .run = run_genmodel,
};

static enum aw_err run_predict(const struct awh_command *command, int argc, char **argv,
                               struct awh_diag *diag)
{
    struct awh_predict_options o = {.format = "yaml", .seed = 1};
    const struct awh_option options[] = {
        {"genotypes", 'g', AWH_OPTION_TEXT, &o.genotypes_path, "FILE",
         "genotype strings, one a line; - reads standard input"},
        {"random", 'n', AWH_OPTION_U64, &o.random, "N", "N random architectures of the space"},
        {"nets", 0, AWH_OPTION_TEXT, &o.nets_dir, "DIR", "nets, such as RESULT_DIR/prof_nets"},
        {"measured", 0, AWH_OPTION_TEXT, &o.measured_dir, "DIR",
         "parse's output for the same nets: print the errors"},
        {"seed", 's', AWH_OPTION_U64, &o.seed, "SEED", "of --random (default 1)"},
        {"format", 0, AWH_OPTION_TEXT, &o.format, "FORMAT", "yaml (default), csv, jsonl or table"},
        {0},
    };
    const char *positionals[2];
    PARSE_OR_RETURN(options, positionals, 1, 2);
    o.model_path = positionals[0];
    if (positionals[1] != NULL && (strcmp(positionals[1], "-") != 0 || o.genotypes_path != NULL))
        return awh_fail(diag, AW_ERR_ARG, "predict: unexpected argument '%s'", positionals[1]);
    if (positionals[1] != NULL)
        o.genotypes_path = "-";
    return awh_predict(&o, stdout, diag);
}

const struct awh_command awh_command_predict = {
    .name = "predict",
    .arguments = "MODEL [-]",
    .summary = "what architectures cost, by a model that genmodel made",
    .example = "awnas-hw predict model.yaml --random 5 --format csv",
    .run = run_predict,
};
