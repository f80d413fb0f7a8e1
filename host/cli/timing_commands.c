/* The commands that time nets on this host. */
#include <stdint.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "flow/flow.h"

static enum aw_err run_latency(const struct awh_command *command, int argc, char **argv,
                               struct awh_diag *diag)
{
    struct awh_latency_options o = {.device = "-1",
                                    .forward_time = 100,
                                    .mode = "fused",
                                    .precision = "fp32",
                                    .precision_target = "2"};
    const struct awh_option options[] = {
        {"device", 'd', AWH_OPTION_TEXT, &o.device, "N",
         "-1: the host's CPU (default); 0 and up: a GPU"},
        {"perf-dir", 'p', AWH_OPTION_TEXT, &o.perf_dir, "DIR", "where to write (required)"},
        {"prims", 0, AWH_OPTION_TEXT, &o.prims_path, "FILE",
         "instead of nets: each primitive of prof_prims.yaml by itself"},
        {"forward-time", 0, AWH_OPTION_U32, &o.forward_time, "N",
         "accepted samples at least, and runs written (default 100)"},
        {"threads", 't', AWH_OPTION_U32, &o.threads, "T", "threads of the CPU (default 1)"},
        {"mode", 0, AWH_OPTION_TEXT, &o.mode, "MODE",
         "fused: as deployed (default); eager: as PyTorch, layer by layer"},
        {"precision", 0, AWH_OPTION_TEXT, &o.precision, "TYPE",
         "fp32 (default), bf16, int8; GPUs: fp32, tf32, fp16"},
        {"precision-target", 0, AWH_OPTION_TEXT, &o.precision_target, "PERCENT",
         "widest 95 % interval of a median (default 2)"},
        {"time-budget", 0, AWH_OPTION_TEXT, &o.time_budget, "SECONDS",
         "for measuring all nets (default 10 a net)"},
        {"cold", 0, AWH_OPTION_FLAG, &o.cold, NULL, "with empty caches"},
        {"resume", 0, AWH_OPTION_FLAG, &o.resume, NULL, "keep complete nets, measure the rest"},
        {"no-verify", 0, AWH_OPTION_FLAG, &o.no_verify, NULL,
         "do not compare layers with the float reference; results say so"},
        {"force", 'f', AWH_OPTION_FLAG, &o.force, NULL, "write into a directory that is not ours"},
        {"quiet", 'q', AWH_OPTION_FLAG, &o.quiet, NULL, "no progress, no summary"},
        {0},
    };
    const char **nets = calloc((size_t)argc + 1, sizeof *nets);
    if (!nets)
        return awh_fail_mem(diag);
    int parsed = awh_cli_parse(command, options, argc, argv, nets, 0, (size_t)argc, diag);
    enum aw_err err = (enum aw_err)parsed;
    if (parsed == AWH_CLI_HELP) {
        err = AW_OK;
    } else if (!err) {
        o.net_paths = nets;
        while (nets[o.net_count])
            o.net_count++;
        err = awh_latency(&o, stdout, diag);
    }
    free(nets);
    return err;
}

const struct awh_command awh_command_latency = {
    .name = "latency",
    .arguments = "NET.yaml...",
    .summary =
        "time nets on this host's CPU or GPU, verified, layer by layer\n\n"
        "Writes DIR/<net>/<i>.yaml, which genmodel reads, DIR/<net>.layers.yaml with all figures,\n"
        "and DIR/prof_primitive.yaml. docs/measuring.md says how it measures and what the numbers\n"
        "mean.",
    .example = "awnas-hw latency results/prof_nets/*.yaml --perf-dir perf",
    .run = run_latency,
};

static enum aw_err run_doctor(const struct awh_command *command, int argc, char **argv,
                              struct awh_diag *diag)
{
    bool calibrate = false, force = false;
    const struct awh_option options[] = {
        {"calibrate", 0, AWH_OPTION_FLAG, &calibrate, NULL,
         "find out how fast this host is undisturbed, and keep it"},
        {"force", 'f', AWH_OPTION_FLAG, &force, NULL, "--calibrate: replace a faster one"},
        {0},
    };
    const char *none[1];
    int parsed = awh_cli_parse(command, options, argc, argv, none, 0, 0, diag);
    if (parsed)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    return awh_doctor(calibrate, force, stdout, diag);
}

const struct awh_command awh_command_doctor = {
    .name = "doctor",
    .arguments = "",
    .summary = "what this host can measure, and how quiet it is",
    .example = "awnas-hw doctor --calibrate",
    .run = run_doctor,
};
