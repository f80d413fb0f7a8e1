/* list and describe: what there is, and what a primitive or a net consists of. */
#include <string.h>

#include "cli/cli.h"
#include "cli/list.h"
#include "flow/describe.h"

#define WORDS_MAX 16

static enum aw_err run_list(const struct awh_command *command, int argc, char **argv,
                            struct awh_diag *diag)
{
    bool json = false;
    const char *boards_dir = NULL;
    const struct awh_option options[] = {
        {"json", 0, AWH_OPTION_FLAG, &json, NULL, "as JSON"},
        {"boards-dir", 0, AWH_OPTION_TEXT, &boards_dir, "DIR", "where the board folders are"},
        {0},
    };
    const char *kind;
    int parsed = awh_cli_parse(command, options, argc, argv, &kind, 0, 1, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    return awh_list(kind, boards_dir, json, stdout, diag);
}

const struct awh_command awh_command_list = {
    .name = "list",
    .arguments = "[KIND]",
    .summary =
        "what is built in, what plug-ins add, and what is missing and why\n\n"
        "KIND is prims, spaces, compilers, boards, models, readers or plugins; without it, all.",
    .example = "awnas-hw list boards",
    .run = run_list,
};

/* A primitive may be given as one argument or as its words. */
static enum aw_err run_describe(const struct awh_command *command, int argc, char **argv,
                                struct awh_diag *diag)
{
    bool json = false, sqnr = false;
    uint32_t seed = 1, inputs = 200;
    const struct awh_option options[] = {
        {"sqnr", 0, AWH_OPTION_FLAG, &sqnr, NULL,
         "of NET.yaml: how near each layer at int8 is to floating point, and top-1 agreement"},
        {"inputs", 0, AWH_OPTION_U32, &inputs, "N", "of --sqnr: seeded inputs (default 200)"},
        {"seed", 0, AWH_OPTION_U32, &seed, "SEED", "of --sqnr: weights and inputs (default 1)"},
        {"json", 0, AWH_OPTION_FLAG, &json, NULL, "as JSON"},
        {0},
    };
    const char *words[WORDS_MAX];
    int parsed = awh_cli_parse(command, options, argc, argv, words, 1, WORDS_MAX, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    if (sqnr)
        return words[1] ? awh_fail(diag, AW_ERR_ARG, "describe --sqnr: expected one net file")
                        : awh_describe_sqnr(words[0], seed, inputs, json, stdout, diag);
    struct awh_str what;
    awh_str_init(&what);
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++)
        awh_str_printf(&what, "%s%s", i > 0 ? " " : "", words[i]);
    enum aw_err err =
        what.failed ? awh_fail_mem(diag) : awh_describe(what.text, json, stdout, diag);
    awh_str_release(&what);
    return err;
}

const struct awh_command awh_command_describe = {
    .name = "describe",
    .arguments = "PRIM|NET.yaml",
    .summary =
        "layers, shapes, MACs, parameters, bytes and arena of a primitive or a net at int8\n\n"
        "PRIM is a primitive type, for its parameters and an example, or a whole primitive:\n"
        "TYPE SIZE C C_OUT STRIDE AFFINE [NAME=VALUE ...], or a map in YAML or JSON.",
    .example =
        "awnas-hw describe mobilenet_v3_block 10 160 160 1 true activation=h_swish expansion=2\n"
        "      kernel_size=3 use_se=true",
    .run = run_describe,
};
