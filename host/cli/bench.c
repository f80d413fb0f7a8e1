#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cli/cli.h"
#include "flow/bench.h"

#define POSITIONALS_MAX 17

static enum aw_err run_bench(const struct awh_command *command, int argc, char **argv,
                             struct awh_diag *diag)
{
    uint32_t repeats = 0;
    uint64_t up_to = 200000;
    bool curve = false;
    uint32_t bytes = 0;
    const char *hardware = "0-dpu";
    struct awh_bench_kernels_options kernels = {0};
    const struct awh_option options[] = {
        {"repeats", 'R', AWH_OPTION_U32, &repeats, "N",
         "timed runs (default: genprof 20, kernels 3)"},
        {"curve", 0, AWH_OPTION_FLAG, &curve, NULL,
         "genprof: time and memory over synthetic spaces of 1,000 to 200,000 primitives"},
        {"up-to", 0, AWH_OPTION_U64, &up_to, "N", "--curve: largest space (default 200000)"},
        {"hardware", 0, AWH_OPTION_TEXT, &hardware, "K-NAME", "wire: folder (default 0-dpu)"},
        {"board", 'b', AWH_OPTION_TEXT, &kernels.board, "BOARD",
         "kernels, wire: start this emulated board (default zcu102), or native"},
        {"serial", 0, AWH_OPTION_TEXT, &kernels.serial, "DEV[@BAUD]",
         "kernels, wire: a serial port"},
        {"tcp", 0, AWH_OPTION_TEXT, &kernels.tcp, "HOST:PORT", "kernels, wire: a board on TCP"},
        {"key-file", 0, AWH_OPTION_TEXT, &kernels.key_path, "FILE",
         "kernels: key of a board on a shared network (default: $AWNAS_KEY_FILE)"},
        {"boards-dir", 0, AWH_OPTION_TEXT, &kernels.boards_dir, "DIR",
         "kernels: where the board folders are"},
        {"firmware", 0, AWH_OPTION_TEXT, &kernels.firmware, "FILE",
         "kernels: image for an emulated board"},
        {"bytes", 0, AWH_OPTION_U32, &bytes, "N", "wire: to send (default 1 MiB, or what fits)"},
        {"only", 0, AWH_OPTION_TEXT, &kernels.only, "TEXT",
         "kernels: layers whose name contains TEXT, such as dw"},
        {"json", 0, AWH_OPTION_FLAG, &kernels.json, NULL, "kernels: as JSON"},
        {0},
    };
    const char *positionals[POSITIONALS_MAX + 1] = {NULL};
    int parsed = awh_cli_parse(command, options, argc, argv, positionals, 1, POSITIONALS_MAX, diag);
    size_t count = 0;
    if (parsed != AW_OK)
        return parsed == AWH_CLI_HELP ? AW_OK : (enum aw_err)parsed;
    while (positionals[count] != NULL)
        count++;
    if (strcmp(positionals[0], "spread") == 0)
        return awh_bench_spread(positionals + 1, count - 1, stdout, diag);
    if (strcmp(positionals[0], "overhead") == 0 && count == 2)
        return awh_bench_overhead(positionals[1], stdout, diag);
    bool genprof = strcmp(positionals[0], "genprof") == 0;
    if (genprof && curve && positionals[1] == NULL)
        return awh_bench_curve(up_to, stdout, diag);
    if (genprof && !curve && count == 3)
        return awh_bench_genprof(positionals[1], positionals[2], repeats ? repeats : 20, stdout,
                                 diag);
    if (strcmp(positionals[0], "wire") == 0 && count == 2)
        return awh_bench_wire(positionals[1], hardware, stdout, diag);
    if (strcmp(positionals[0], "wire") == 0 && count == 1) {
        const struct awh_measure_options line = {.board = kernels.board,
                                                 .serial = kernels.serial,
                                                 .tcp = kernels.tcp,
                                                 .key_path = kernels.key_path,
                                                 .boards_dir = kernels.boards_dir,
                                                 .firmware = kernels.firmware,
                                                 .repeats = 1};
        return awh_bench_line(&line, bytes, stdout, diag);
    }
    if (strcmp(positionals[0], "kernels") == 0 && count == 1) {
        kernels.repeats = repeats ? repeats : 3;
        return awh_bench_kernels(&kernels, stdout, diag);
    }
    return awh_fail(diag, AW_ERR_ARG,
                    "bench: expected 'genprof CFG HWOBJ', 'genprof --curve', 'wire RESULT_DIR', "
                    "'wire --board BOARD', 'kernels', 'spread PERF_DIR PERF_DIR...' or 'overhead "
                    "NET.yaml', found '%s'",
                    positionals[0]);
}

const struct awh_command awh_command_bench = {
    .name = "bench",
    .arguments = "genprof CFG HWOBJ | genprof --curve | wire RESULT_DIR |\n  wire --board BOARD | "
                 "kernels |\n"
                 "  spread PERF_DIR... | overhead NET",
    .summary =
        "measure awnas-hw itself: genprof, bytes on the wire, the board's kernels, latency\n\n"
        "kernels runs single layers on a board, each verified first, and prints ticks and, "
        "where the\n"
        "board counts instructions, instructions per MAC beside those of the best public "
        "kernels. They\n"
        "are a proxy that repeats exactly, not cycles. spread compares directories that "
        "latency wrote for\n"
        "the same nets; overhead compares its harness with a bare loop.",
    .example = "awnas-hw bench genprof examples/ofa_128.yaml examples/ofa_128_hwobj.yaml\n"
               "  awnas-hw bench kernels --board zcu102",
    .run = run_bench,
};
