#include "flow/size.h"
#include "cli/cli.h"

static enum aw_err run_size(const struct awh_command *command, int argc, char **argv,
                            struct awh_diag *diag)
{
    struct awh_size_options o = {0};
    const struct awh_option options[] = {
        {"board", 'b', AWH_OPTION_TEXT, &o.board, "BOARD", "whose firmware (default zcu102)"},
        {"boards-dir", 0, AWH_OPTION_TEXT, &o.boards_dir, "DIR", "where the board folders are"},
        {"firmware", 0, AWH_OPTION_TEXT, &o.firmware, "FILE",
         "the image in its build folder (default: where the build puts it)"},
        {"json", 0, AWH_OPTION_FLAG, &o.json, NULL, "as JSON"},
        {0},
    };
    int parsed = awh_cli_parse(command, options, argc, argv, NULL, 0, 0, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    return awh_size(&o, stdout, diag);
}

const struct awh_command awh_command_size = {
    .name = "size",
    .arguments = "",
    .summary =
        "code, static RAM and worst stack of a board's firmware, against its budget\n\n"
        "Reads the build folder: the image, the linker's map, and GCC's call graph. Code counts\n"
        "constants too; static RAM is without stacks and without the memory for programs, weights\n"
        "and activations. Budgets are in boards/<board>/budget.yaml; what pointers call, in\n"
        "boards/common/callgraph.yaml.",
    .example = "awnas-hw size --board zcu102",
    .run = run_size,
};
