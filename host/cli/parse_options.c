#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cli/cli.h"

static void print_help(const struct awh_command *command, const struct awh_option *options)
{
    printf("usage: awnas-hw %s %s%s[OPTIONS]\n\n%s\n\noptions:\n", command->name,
           command->arguments, command->arguments[0] == '\0' ? "" : " ", command->summary);
    for (const struct awh_option *option = options; option->name != NULL; option++) {
        char left[64];
        snprintf(left, sizeof(left), "%s%c%s--%s%s%s", option->letter ? "-" : " ",
                 option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
        printf("  %-30s %s\n", left, option->help);
    }
    printf("      --help                     this text\n\nexample:\n  %s\n", command->example);
}

/* --result_file and --result-file are the same: aw_nas spells both. */
static bool same_name(const char *name, const char *given, size_t n)
{
    if (strlen(name) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (name[i] != (given[i] == '_' ? '-' : given[i]))
            return false;
    return true;
}

static const struct awh_option *find_long(const struct awh_option *options, const char *given,
                                          size_t n)
{
    for (; options->name != NULL; options++)
        if (same_name(options->name, given, n))
            return options;
    return NULL;
}

static const struct awh_option *find_letter(const struct awh_option *options, char letter)
{
    for (; options->name != NULL; options++)
        if (options->letter == letter)
            return options;
    return NULL;
}

static enum aw_err unknown_option(const struct awh_command *command,
                                  const struct awh_option *options, const char *given,
                                  struct awh_diag *diag)
{
    const char *nearest = NULL;
    unsigned best = 4; /* further away is no spelling mistake */
    for (; options->name != NULL; options++) {
        unsigned distance = awh_str_distance(options->name, given + strspn(given, "-"));
        if (distance < best) {
            best = distance;
            nearest = options->name;
        }
    }
    return awh_fail(diag, AW_ERR_ARG, "%s: unknown option '%s'%s%s; see awnas-hw %s --help",
                    command->name, given, nearest ? "; did you mean --" : "",
                    nearest ? nearest : "", command->name);
}

static enum aw_err set_number(const struct awh_option *option, const char *text,
                              struct awh_diag *diag)
{
    uint64_t max = option->kind == AWH_OPTION_U32 ? UINT32_MAX : UINT64_MAX;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max)
        return awh_fail(diag, AW_ERR_ARG,
                        "--%s: expected a whole number from 0 to %llu, found '%s'", option->name,
                        (unsigned long long)max, text);
    if (option->kind == AWH_OPTION_U32)
        *(uint32_t *)option->out = (uint32_t)value;
    else
        *(uint64_t *)option->out = value;
    return AW_OK;
}

static enum aw_err set_option(const struct awh_option *option, const char *text,
                              struct awh_diag *diag)
{
    switch (option->kind) {
    case AWH_OPTION_FLAG:
        *(bool *)option->out = true;
        return AW_OK;
    case AWH_OPTION_TEXT:
        *(const char **)option->out = text;
        return AW_OK;
    case AWH_OPTION_LIST: {
        const char **list = option->out;
        for (size_t i = 0; i < 7; i++)
            if (list[i] == NULL) {
                list[i] = text;
                return AW_OK;
            }
        return awh_fail(diag, AW_ERR_ARG, "--%s: given more than 7 times", option->name);
    }
    case AWH_OPTION_U32:
    case AWH_OPTION_U64:
        return set_number(option, text, diag);
    }
    return AW_ERR_INTERNAL;
}

/* One option at argv[*at]; moves *at over a separate value. */
static enum aw_err take_option(const struct awh_command *command, const struct awh_option *options,
                               int argc, char **argv, int *at, struct awh_diag *diag)
{
    const char *given = argv[*at], *value = NULL;
    const struct awh_option *option;
    if (given[1] == '-') {
        const char *equals = strchr(given, '=');
        option = find_long(options, given + 2,
                           equals ? (size_t)(equals - given - 2) : strlen(given + 2));
        value = equals ? equals + 1 : NULL;
    } else {
        option = find_letter(options, given[1]);
        value = given[2] != '\0' ? given + 2 : NULL;
    }
    if (option == NULL)
        return unknown_option(command, options, given, diag);
    if (option->kind == AWH_OPTION_FLAG) {
        if (value != NULL)
            return awh_fail(diag, AW_ERR_ARG, "--%s takes no value, found '%s'", option->name,
                            value);
    } else if (value == NULL) {
        if (*at + 1 >= argc)
            return awh_fail(diag, AW_ERR_ARG, "--%s: expected %s behind it", option->name,
                            option->argument);
        value = argv[++*at];
    }
    return set_option(option, value, diag);
}

int awh_cli_parse(const struct awh_command *command, const struct awh_option *options, int argc,
                  char **argv, const char **positionals, size_t min_count, size_t max_count,
                  struct awh_diag *diag)
{
    size_t count = 0;
    bool only_positionals = false;
    for (size_t i = 0; i < max_count; i++)
        positionals[i] = NULL;
    for (int at = 1; at < argc; at++) {
        const char *given = argv[at];
        if (!only_positionals && strcmp(given, "--") == 0) {
            only_positionals = true;
        } else if (!only_positionals &&
                   (strcmp(given, "--help") == 0 || strcmp(given, "-h") == 0)) {
            print_help(command, options);
            return AWH_CLI_HELP;
        } else if (!only_positionals && given[0] == '-' && given[1] != '\0') {
            enum aw_err err = take_option(command, options, argc, argv, &at, diag);
            if (err != AW_OK)
                return err;
        } else if (count < max_count) {
            positionals[count++] = given;
        } else {
            return awh_fail(diag, AW_ERR_ARG, "%s: unexpected argument '%s'; usage: awnas-hw %s %s",
                            command->name, given, command->name, command->arguments);
        }
    }
    if (count < min_count)
        return awh_fail(diag, AW_ERR_ARG,
                        "%s: expected %zu arguments, found %zu; usage: awnas-hw %s %s",
                        command->name, min_count, count, command->name, command->arguments);
    return AW_OK;
}
