/* awnas-hw: dispatch, --help and exit codes. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

static const struct awh_command *const commands[] = {
    &awh_command_genprof, &awh_command_measure,  &awh_command_parse,   &awh_command_net2primitive,
    &awh_command_latency, &awh_command_genmodel, &awh_command_predict, &awh_command_bench,
    &awh_command_list,    &awh_command_describe, &awh_command_sample,  &awh_command_genotype,
    &awh_command_size,    &awh_command_doctor,
};
#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
    fputs("usage: awnas-hw COMMAND [ARGUMENTS] [OPTIONS]\n\n"
          "What will a network cost on my device? From a search space to a latency model, in the "
          "order\n"
          "of the flow:\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        size_t first_line = strcspn(commands[i]->summary, "\n");
        fprintf(out, "  %-14s %.*s\n", commands[i]->name, (int)first_line, commands[i]->summary);
    }
    fputs("\nawnas-hw COMMAND --help tells more; awnas-hw --version tells the version.\n"
          "--plugin FILE, with any command, loads a plug-in beside those of ~/awnas/plugins.\n"
          "exit codes: 0 ok, 1 the work failed, 2 wrong usage or config.\n",
          out);
}

static const struct awh_command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int unknown_command(const char *name)
{
    const struct awh_command *nearest = commands[0];
    for (size_t i = 1; i < COMMAND_COUNT; i++)
        if (awh_str_distance(commands[i]->name, name) < awh_str_distance(nearest->name, name))
            nearest = commands[i];
    fprintf(stderr, "awnas-hw: unknown command '%s'; did you mean '%s'? see awnas-hw --help\n",
            name, nearest->name);
    return 2;
}

static int report(enum aw_err err, const struct awh_diag *diag)
{
    if (err != AW_OK)
        fprintf(stderr, "awnas-hw: %s\n", diag->text[0] != '\0' ? diag->text : aw_err_str(err));
    return awh_exit_code(err);
}

int main(int argc, char **argv)
{
    struct awh_diag diag = {0};
    enum aw_err err = awh_cli_take_plugins(&argc, argv, &diag);
    if (err != AW_OK)
        return report(err, &diag);
    if (argc < 2) {
        print_usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("awnas-hw " AWNAS_VERSION);
        return 0;
    }
    const struct awh_command *command = find_command(argv[1]);
    if (command == NULL)
        return unknown_command(argv[1]);

    err = awh_cli_load_plugins(&diag);
    if (err == AW_OK)
        err = command->run(command, argc - 1, argv + 1, &diag);
    /* A full disk or a closed pipe shows only here. */
    if (err == AW_OK && (fflush(stdout) != 0 || ferror(stdout)))
        err = awh_fail(&diag, AW_ERR_IO, "cannot write the standard output");
    return report(err, &diag);
}
