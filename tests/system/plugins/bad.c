/* Plug-ins that must not be loaded: -DCASE=<one of those below>. */
#include <awnashw/plugin.h>

#include <stdlib.h>
#include <unistd.h>

enum bad_case {
    WRONG_ABI,
    WRONG_LAYOUT,
    WRONG_SIZE,
    NEWER_HOST,
    NO_SYMBOL,
    UNDEFINED,
    NO_NAME,
    DUPLICATE,  /* of a built-in */
    EXCLUDED,   /* of one that is left out on purpose */
    TWICE,      /* of its own */
    NO_LOWER,   /* an incomplete member */
    UNSORTED,   /* parameters */
    FAILS,      /* init says why */
    FAILS_MUTE, /* init does not */
    IGNORES,    /* init looks at no result */
    CRASHES,
    EXITS,
    HANGS,
};

static enum aw_err lower(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag)
{
    (void)graph, (void)prim, (void)diag;
    *out_tensor = in;
    return AW_OK;
}

static const struct awh_param_spec none[] = {{.name = NULL}};
static const struct awh_param_spec unsorted[] = {{.name = "b"}, {.name = "a"}, {.name = NULL}};
static const struct awh_prim_type good = {.name = "stowaway", .params = none, .lower = lower};
static const struct awh_prim_type duplicate = {.name = "conv_3x3", .params = none, .lower = lower};
static const struct awh_prim_type excluded = {.name = "xnor_nin", .params = none, .lower = lower};
static const struct awh_prim_type no_lower = {.name = "no_lower", .params = none};
static const struct awh_prim_type disorder = {
    .name = "disorder", .params = unsorted, .lower = lower};

#if CASE_UNDEFINED
extern int awnashw_there_is_no_such_function(void);
#endif

static enum aw_err init(const struct awh_host *host, struct awh_registrar *registrar,
                        struct awh_diag *diag)
{
    /* What is registered before the failure must be gone after it. */
    enum aw_err err = host->register_prim(registrar, &good, diag);
    if (err)
        return err;
#if CASE_UNDEFINED
    awnashw_there_is_no_such_function();
#endif
    switch (BAD_CASE) {
    case DUPLICATE:
        return host->register_prim(registrar, &duplicate, diag);
    case EXCLUDED:
        return host->register_prim(registrar, &excluded, diag);
    case TWICE:
        return host->register_prim(registrar, &good, diag);
    case NO_LOWER:
        return host->register_prim(registrar, &no_lower, diag);
    case UNSORTED:
        return host->register_prim(registrar, &disorder, diag);
    case FAILS:
        return host->fail(diag, AW_ERR_UNSUPPORTED, "needs a licence\nand a dongle");
    case FAILS_MUTE:
        return AW_ERR_STATE;
    case IGNORES:
        (void)host->register_prim(registrar, &duplicate, diag);
        return AW_OK;
    case CRASHES:
        abort();
    case EXITS:
        exit(0);
    case HANGS:
        for (;;)
            pause();
    default:
        return AW_OK;
    }
}

#if !CASE_NO_SYMBOL
extern struct awh_plugin awnashw_plugin;
struct awh_plugin awnashw_plugin = {
    .abi_version = AWH_PLUGIN_ABI + (BAD_CASE == WRONG_ABI),
    .struct_size = sizeof(struct awh_plugin) + (BAD_CASE == WRONG_SIZE),
    .host_size = sizeof(struct awh_host) + (BAD_CASE == NEWER_HOST ? 8 : 0),
    .layout = AWH_PLUGIN_LAYOUT,
    .name = BAD_CASE == NO_NAME ? "two words" : "bad",
    .version = "1",
    .init = init,
};

__attribute__((constructor)) static void spoil(void)
{
    awnashw_plugin.layout[0] += BAD_CASE == WRONG_LAYOUT;
}
#endif
