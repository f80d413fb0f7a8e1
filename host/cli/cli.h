/* The command line: one table of commands, one way to parse options. */
#ifndef AWH_CLI_H
#define AWH_CLI_H

#include <stddef.h>
#include <stdio.h>

#include "base/diag.h"

enum awh_option_kind {
    AWH_OPTION_FLAG, /* bool * */
    AWH_OPTION_TEXT, /* const char ** */
    AWH_OPTION_LIST, /* const char *[8], NULL terminated; may be given up to 7 times */
    AWH_OPTION_U32,  /* uint32_t * */
    AWH_OPTION_U64,  /* uint64_t * */
};

struct awh_option {
    const char *name; /* long name without "--"; dashes and underscores are the same */
    char letter;      /* short name, 0: none */
    enum awh_option_kind kind;
    void *out;
    const char *argument; /* name of the value in --help; NULL for flags */
    const char *help;
};

struct awh_command {
    const char *name;
    const char *arguments; /* "CFG HWOBJ", for --help */
    const char *summary;
    const char *example;
    enum aw_err (*run)(const struct awh_command *command, int argc, char **argv,
                       struct awh_diag *diag);
};

extern const struct awh_command awh_command_genprof, awh_command_measure, awh_command_parse,
    awh_command_net2primitive, awh_command_genmodel, awh_command_predict, awh_command_bench,
    awh_command_list, awh_command_describe, awh_command_sample, awh_command_genotype,
    awh_command_size, awh_command_latency, awh_command_doctor;

/* The global option --plugin FILE: takes it out of argv wherever it stands, before "--". */
AW_MUST_USE enum aw_err awh_cli_take_plugins(int *argc_inout, char **argv, struct awh_diag *diag);
/* Loads those, then the plug-ins of the user's folder. */
AW_MUST_USE enum aw_err awh_cli_load_plugins(struct awh_diag *diag);

/* Returned by awh_cli_parse when --help was printed: the command ends with AW_OK. */
#define AWH_CLI_HELP 1

/* Parses argv[1..): options anywhere, min_count to max_count other arguments into positionals
 * (those not given are NULL). Options end with name == NULL. AW_OK, AWH_CLI_HELP, or an error. */
int awh_cli_parse(const struct awh_command *command, const struct awh_option *options, int argc,
                  char **argv, const char **positionals, size_t min_count, size_t max_count,
                  struct awh_diag *diag);

#endif
