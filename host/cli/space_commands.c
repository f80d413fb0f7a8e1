/* Commands about architectures of a search space: sample, genotype. */
#include <stdio.h>

#include "cli/cli.h"
#include "flow/flow.h"

static enum aw_err run_sample(const struct awh_command *command, int argc, char **argv,
                              struct awh_diag *diag)
{
    struct awh_sample_options o = {.count = 1, .seed = 1};
    const struct awh_option options[] = {
        {"num-sample", 'n', AWH_OPTION_U64, &o.count, "N", "how many (default 1)"},
        {"seed", 's', AWH_OPTION_U64, &o.seed, "SEED",
         "number of the random stream (default 1), as for predict --random"},
        {"json", 0, AWH_OPTION_FLAG, &o.json, NULL, "with the primitives, an object a line"},
        {0},
    };
    const char *paths[2];
    int parsed = awh_cli_parse(command, options, argc, argv, paths, 2, 2, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    o.cfg_path = paths[0];
    o.hwobj_path = paths[1];
    return awh_sample(&o, stdout, diag);
}

const struct awh_command awh_command_sample = {
    .name = "sample",
    .arguments = "CFG HWOBJ",
    .summary = "random architectures of a search space: their genotypes, one a line\n\n"
               "The same seed gives the same architectures, whatever their number.",
    .example = "awnas-hw sample examples/ofa_128.yaml examples/ofa_128_hwobj.yaml -n 5 --seed 7",
    .run = run_sample,
};

static enum aw_err run_genotype(const struct awh_command *command, int argc, char **argv,
                                struct awh_diag *diag)
{
    struct awh_genotype_options o = {.json = false};
    const struct awh_option options[] = {
        {"from-net", 0, AWH_OPTION_TEXT, &o.net_path, "NET.yaml",
         "the other way: print the genotype of a net, such as prof_nets/0.yaml"},
        {"json", 0, AWH_OPTION_FLAG, &o.json, NULL, "genotype and primitives, an object a line"},
        {0},
    };
    const char *positionals[3];
    int parsed = awh_cli_parse(command, options, argc, argv, positionals, 2, 3, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    o.cfg_path = positionals[0];
    o.hwobj_path = positionals[1];
    o.genotype = positionals[2];
    return awh_genotype(&o, stdin, stdout, diag);
}

const struct awh_command awh_command_genotype = {
    .name = "genotype",
    .arguments = "CFG HWOBJ [GENOTYPE|-]",
    .summary = "between genotypes and primitives: print the primitives of a genotype as YAML\n\n"
               "- reads genotypes from the standard input, one a line, and prints a YAML document "
               "for each.",
    .example = "awnas-hw sample cfg.yaml hwobj.yaml | awnas-hw genotype cfg.yaml hwobj.yaml -",
    .run = run_genotype,
};
