#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cli/cli.h"
#include "flow/bench.h"

static enum aw_err run_bench(const struct awh_command *command, int argc, char **argv,
                             struct awh_diag *diag)
{
    uint32_t repeats = 20;
    uint64_t up_to = 200000;
    bool curve = false;
    const char *hardware = "0-dpu";
    struct awh_measure_options line = {0};
    uint32_t bytes = 0;
    const struct awh_option options[] = {
        {"repeats", 'R', AWH_OPTION_U32, &repeats, "N", "genprof: timed runs (default 20)"},
        {"curve", 0, AWH_OPTION_FLAG, &curve, NULL,
         "genprof: time and memory over synthetic spaces of 1,000 to 200,000 primitives"},
        {"up-to", 0, AWH_OPTION_U64, &up_to, "N", "--curve: largest space (default 200000)"},
        {"hardware", 0, AWH_OPTION_TEXT, &hardware, "K-NAME", "wire: folder (default 0-dpu)"},
        {"board", 'b', AWH_OPTION_TEXT, &line.board, "BOARD",
         "wire: throughput of the line to this board (default zcu102)"},
        {"serial", 0, AWH_OPTION_TEXT, &line.serial, "DEV[@BAUD]", "wire: to one on a serial port"},
        {"tcp", 0, AWH_OPTION_TEXT, &line.tcp, "HOST:PORT", "wire: to one on TCP"},
        {"boards-dir", 0, AWH_OPTION_TEXT, &line.boards_dir, "DIR", "where the board folders are"},
        {"firmware", 0, AWH_OPTION_TEXT, &line.firmware, "FILE", "image for an emulated board"},
        {"bytes", 0, AWH_OPTION_U32, &bytes, "N", "wire: to send (default 1 MiB, or what fits)"},
        {0},
    };
    const char *positionals[3];
    int parsed = awh_cli_parse(command, options, argc, argv, positionals, 1, 3, diag);
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    bool genprof = strcmp(positionals[0], "genprof") == 0;
    if (genprof && curve && positionals[1] == NULL)
        return awh_bench_curve(up_to, stdout, diag);
    if (genprof && !curve && positionals[2] != NULL)
        return awh_bench_genprof(positionals[1], positionals[2], repeats, stdout, diag);
    if (strcmp(positionals[0], "wire") == 0 && positionals[1] != NULL && positionals[2] == NULL)
        return awh_bench_wire(positionals[1], hardware, stdout, diag);
    if (strcmp(positionals[0], "wire") == 0 && positionals[1] == NULL)
        return awh_bench_line(&line, bytes, stdout, diag);
    return awh_fail(diag, AW_ERR_ARG,
                    "bench: expected 'genprof CFG HWOBJ', 'genprof --curve', 'wire RESULT_DIR' or "
                    "'wire --board BOARD', found '%s'",
                    positionals[0]);
}

const struct awh_command awh_command_bench = {
    .name = "bench",
    .arguments = "genprof CFG HWOBJ | genprof --curve | wire RESULT_DIR | wire --board BOARD",
    .summary = "measure awnas-hw itself: time of genprof; bytes that nets and samples take on the "
               "wire, and how much of the line an upload gets",
    .example = "awnas-hw bench genprof examples/ofa_128.yaml examples/ofa_128_hwobj.yaml",
    .run = run_bench,
};
