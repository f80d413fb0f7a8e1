#include <string.h>

#include "cli/cli.h"
#include "plugins/plugins.h"

#define GIVEN_MAX 32

static const char option[] = "--plugin";
static const char *given[GIVEN_MAX];
static size_t given_count;

enum aw_err awh_cli_take_plugins(int *argc_inout, char **argv, struct awh_diag *diag)
{
    int kept = 0;
    size_t n = strlen(option);
    for (int at = 0; at < *argc_inout; at++) {
        if (strcmp(argv[at], "--") == 0) {
            while (at < *argc_inout)
                argv[kept++] = argv[at++];
            break;
        }
        if (at == 0 || strncmp(argv[at], option, n) != 0 ||
            (argv[at][n] != '=' && argv[at][n] != '\0')) {
            argv[kept++] = argv[at];
            continue;
        }
        const char *file = argv[at] + n + 1;
        if (argv[at][n] == '\0' && (file = ++at < *argc_inout ? argv[at] : "")[0] == '\0')
            return awh_fail(diag, AW_ERR_ARG, "--plugin: expected FILE behind it");
        if (given_count == GIVEN_MAX)
            return awh_fail(diag, AW_ERR_ARG, "--plugin: given more than %d times", GIVEN_MAX);
        given[given_count++] = file;
    }
    argv[kept] = NULL;
    *argc_inout = kept;
    return AW_OK;
}

enum aw_err awh_cli_load_plugins(struct awh_diag *diag)
{
    for (size_t i = 0; i < given_count; i++) {
        enum aw_err err = awh_plugins_load(given[i], diag);
        if (err != AW_OK)
            return err;
    }
    awh_plugins_load_home(diag);
    return AW_OK;
}
