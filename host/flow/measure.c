/* measure: runs the compiled nets on a board, first verified against the host's reference, then
 * timed. */
#include <inttypes.h>
#include <unistd.h>

#include "aw/op.h"
#include "flow/measure.h"
#include "program/reference.h"
#include "program/upload.h"

#define MAX_REPEATS     10000u
#define DEFAULT_WAIT_MS 10000u
#define CONNECT_MS      5000u

/* -- one net ----------------------------------------------------------------------------- */

/* Work of so many passes of a net, for the progress. */
static uint64_t work_of(const struct awh_measure_net *net, uint64_t passes)
{
    return (net->layers.macs / 1000 + 1) * passes;
}

static uint64_t work_of_net(const struct awh_measure *measure, const struct awh_measure_net *net)
{
    const struct awh_measure_options *options = measure->options;
    return work_of(net, 2 * ((uint64_t)options->warmup + options->repeats) + !options->no_verify);
}

static void advance(struct awh_measure *measure, const struct awh_measure_net *net, uint64_t passes)
{
    char detail[96];
    measure->done += work_of(net, passes);
    snprintf(detail, sizeof(detail), "net %s, %zu of %zu", net->name,
             (size_t)(net - measure->nets) + 1, measure->net_count);
    awh_progress_update(&measure->progress, measure->done, detail);
}

/* The host computes what the board must give, while the board computes it. */
struct reference {
    const struct aw_program *program;
    uint32_t *crcs;
    enum aw_err err;
    struct awh_diag *diag;
};

static void run_reference(void *context)
{
    struct reference *reference = context;
    reference->err = awh_reference_run(reference->program, reference->crcs, reference->diag);
}

static enum aw_err mismatch(const struct awh_measure *measure, const struct awh_measure_net *net,
                            size_t layer, uint32_t expected, uint32_t found, struct awh_diag *diag)
{
    const struct awh_layer_info *info = &net->layers.items[layer];
    const struct aw_op *op = aw_op_find(info->op);
    return awh_fail(
        diag, AW_ERR_MISMATCH,
        "%s: net %s, layer %zu (%s, %s): the output of kernel set %s has CRC 0x%08x, the "
        "reference 0x%08x; the %s kernel is wrong, and nothing was written for this net",
        measure->where, net->name, layer, info->name, info->key, measure->session->hello.kernel_set,
        found, expected, op ? op->name : "layer's");
}

static enum aw_err verify(const struct awh_measure *measure, struct awh_measure_net *net,
                          struct awh_arena *arena, struct awh_measure_runs *runs,
                          struct awh_diag *diag)
{
    size_t layers = net->layers.count;
    uint32_t *expected = awh_arena_array(arena, layers, sizeof(*expected));
    uint32_t *found = awh_arena_array(arena, layers, sizeof(*found));
    uint32_t *instructions = awh_arena_array(arena, layers, sizeof(*instructions));
    if (!expected || !found || !instructions)
        return awh_fail_mem(diag);
    struct reference reference = {.program = &net->program, .crcs = expected, .diag = diag};
    enum aw_err err = awh_session_verify(measure->session, (uint32_t)layers, run_reference,
                                         &reference, found, instructions, diag);
    if (!err)
        err = reference.err;
    /* The first wrong layer is the cause; those after it read its output. */
    for (size_t i = 0; !err && i < layers; i++)
        if (expected[i] != found[i])
            err = mismatch(measure, net, i, expected[i], found[i], diag);
    if (err)
        return err;
    net->verified = true;
    if (measure->session->hello.counts_instructions)
        runs->instructions = instructions;
    return AW_OK;
}

/* An emulated board counts instructions, so every run must count the same. */
static void check_repeats(struct awh_measure *measure, const struct awh_measure_net *net,
                          const struct awh_measure_runs *runs, struct awh_diag *diag)
{
    size_t layers = net->layers.count;
    for (uint32_t run = 1; run < measure->options->repeats; run++) {
        const uint64_t *ticks = runs->layer_ticks + run * layers;
        const char *what = NULL;
        uint64_t first = runs->whole_ticks[0], other = runs->whole_ticks[run];
        if (first != other)
            what = "the whole net";
        for (size_t i = layers; i-- > 0;) {
            if (ticks[i] != runs->layer_ticks[i]) {
                what = net->layers.items[i].name;
                first = runs->layer_ticks[i];
                other = ticks[i];
            }
        }
        if (!what)
            continue;
        awh_progress_clear(&measure->progress);
        awh_warn(diag,
                 "net %s: %s took %" PRIu64 " %s in run 0 and %" PRIu64
                 " in run %u; an emulated board should repeat exactly",
                 net->name, what, first, measure->session->hello.clock_unit, other, run);
        return;
    }
}

static enum aw_err sum_layers(const struct awh_measure *measure, const struct awh_measure_net *net,
                              struct awh_measure_runs *runs, struct awh_diag *diag)
{
    size_t layers = net->layers.count;
    for (uint32_t run = 0; run < measure->options->repeats; run++) {
        uint64_t sum = 0;
        bool bad = runs->whole_ticks[run] == 0 || runs->whole_ticks[run] > INT64_MAX;
        for (size_t i = 0; i < layers; i++) {
            uint64_t ticks = runs->layer_ticks[run * layers + i];
            bad = bad || ticks > INT64_MAX || sum > INT64_MAX - ticks;
            sum += ticks;
        }
        if (bad || sum == 0)
            return awh_fail(diag, AW_ERR_IO,
                            "%s: net %s took %" PRIu64 " ticks, its layers %" PRIu64
                            "; the clock %s "
                            "does not work",
                            measure->where, net->name, runs->whole_ticks[run], sum,
                            measure->session->hello.clock_name);
        runs->block_ticks[run] = sum;
    }
    return AW_OK;
}

/* Names a layer for messages of the session. */
static void describe_layer(void *context, int32_t layer, char *text, size_t capacity)
{
    const struct awh_measure_net *net = context;
    if (layer < 0 || (size_t)layer >= net->layers.count) {
        snprintf(text, capacity, "net %s", net->name);
        return;
    }
    const struct awh_layer_info *info = &net->layers.items[layer];
    snprintf(text, capacity, "net %s, layer %d (%s, %s)", net->name, (int)layer, info->name,
             info->key);
}

enum aw_err awh_measure_run_net(struct awh_measure *measure, struct awh_measure_net *net,
                                struct awh_arena *arena, struct awh_measure_runs *runs,
                                struct awh_diag *diag)
{
    const struct awh_measure_options *options = measure->options;
    struct awh_session *session = measure->session;
    uint32_t layers = net->program.layer_count;
    uint64_t passes = (uint64_t)options->warmup + options->repeats;
    advance(measure, net, 0);
    session->describe = describe_layer;
    session->describe_context = net;
    const uint8_t *bytes;
    uint32_t size;
    enum aw_err err = awh_upload_bytes(arena, &net->program, session->hello.kernel_set,
                                       net->program_path, &bytes, &size, diag);
    if (!err)
        err = awh_session_load(session, bytes, size, diag);
    if (!err && !options->no_verify) {
        err = verify(measure, net, arena, runs, diag);
        advance(measure, net, 1);
    }
    if (!err)
        err = awh_session_run(session, AWP_MODE_LAYERS, options->warmup, options->repeats, layers,
                              runs->layer_ticks, diag);
    if (!err)
        advance(measure, net, passes);
    if (!err)
        err = awh_session_run(session, AWP_MODE_WHOLE, options->warmup, options->repeats, layers,
                              runs->whole_ticks, diag);
    if (!err)
        advance(measure, net, passes);
    return err ? err : sum_layers(measure, net, runs, diag);
}

enum aw_err awh_measure_runs_init(const struct awh_measure *measure,
                                  const struct awh_measure_net *net, struct awh_arena *arena,
                                  struct awh_measure_runs *runs_out, struct awh_diag *diag)
{
    uint32_t repeats = measure->options->repeats;
    *runs_out = (struct awh_measure_runs){
        .layer_ticks =
            awh_arena_array(arena, (size_t)repeats * net->layers.count, sizeof(uint64_t)),
        .block_ticks = awh_arena_array(arena, repeats, sizeof(uint64_t)),
        .whole_ticks = awh_arena_array(arena, repeats, sizeof(uint64_t)),
    };
    bool ok = runs_out->layer_ticks && runs_out->block_ticks && runs_out->whole_ticks;
    return ok ? AW_OK : awh_fail_mem(diag);
}

static enum aw_err keep_net(struct awh_measure *measure, struct awh_measure_net *net,
                            struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_measure_runs runs;
    enum aw_err err = awh_measure_runs_init(measure, net, &arena, &runs, diag);
    if (!err && awh_measure_is_complete(measure, net, &runs)) {
        net->resumed = true;
        net->summary = awh_measure_summarise(&runs, measure->options->repeats);
    }
    awh_arena_release(&arena);
    return err;
}

static enum aw_err measure_net(struct awh_measure *measure, struct awh_measure_net *net,
                               struct awh_diag *diag)
{
    struct awh_arena arena;
    awh_arena_init(&arena);
    struct awh_measure_runs runs;
    net->verified = false;
    enum aw_err err = awh_measure_runs_init(measure, net, &arena, &runs, diag);
    if (!err)
        err = awh_measure_run_net(measure, net, &arena, &runs, diag);
    if (!err && measure->session->hello.emulated)
        check_repeats(measure, net, &runs, diag);
    if (!err)
        err = awh_measure_write(measure, net, &runs, diag);
    if (!err)
        net->summary = awh_measure_summarise(&runs, measure->options->repeats);
    awh_arena_release(&arena);
    return err;
}

/* -- all of them ------------------------------------------------------------------------- */

enum aw_err awh_measure_check_options(const struct awh_measure_options *options,
                                      struct awh_diag *diag)
{
    if ((options->board != NULL) + (options->serial != NULL) + (options->tcp != NULL) > 1)
        return awh_fail(diag, AW_ERR_ARG, "give only one of --board, --serial and --tcp");
    if ((options->serial || options->tcp) && options->firmware)
        return awh_fail(
            diag, AW_ERR_ARG,
            "--firmware is for boards that are started here; a board on --serial or --tcp "
            "has its own");
    if (options->repeats == 0 || options->repeats > MAX_REPEATS)
        return awh_fail(diag, AW_ERR_ARG, "--repeats: expected 1 to %u, found %u", MAX_REPEATS,
                        options->repeats);
    return AW_OK;
}

static enum aw_err open_link(const struct awh_measure_options *options, struct awh_link *link,
                             struct awh_diag *diag)
{
    if (options->serial)
        return awh_link_serial(options->serial, link, diag);
    if (options->tcp)
        return awh_link_tcp(options->tcp, CONNECT_MS, link, diag);
    awh_link_cleanup_on_signal();
    return awh_link_board(options->board ? options->board : "zcu102", options->boards_dir,
                          options->firmware, link, diag);
}

enum aw_err awh_measure_check_selftest(const struct awh_measure *measure, struct awh_diag *diag)
{
    int32_t result = measure->session->hello.selftest;
    if (result == AW_OK)
        return AW_OK;
    return awh_fail(diag, AW_ERR_STATE,
                    "%s: the board's self-test failed (%s); install firmware that was built for it",
                    measure->where, aw_err_str((enum aw_err)result));
}

/* What ended the board's work before this session: nobody may have been there to see it. */
static void tell_last_fault(const struct awh_measure *measure, struct awh_diag *diag)
{
    const struct awp_last_fault *fault = &measure->session->hello.last_fault;
    char text[256];
    if (fault->count == 0)
        return;
    awh_session_fault_text(fault, text, sizeof(text));
    awh_warn(diag,
             "%s: the board has restarted before this session: in layer %d of program 0x%08x, %s",
             measure->where, (int)fault->layer, fault->program_crc, text);
}

static enum aw_err measure_nets(struct awh_measure *measure, struct awh_diag *diag)
{
    tell_last_fault(measure, diag);
    enum aw_err err = awh_measure_check_selftest(measure, diag);
    if (!err)
        err = awh_measure_check_limits(measure, diag);
    if (!err)
        err = awh_measure_prepare(measure, diag);
    uint64_t total = 0;
    for (size_t i = 0; !err && i < measure->net_count; i++) {
        struct awh_measure_net *net = &measure->nets[i];
        if (measure->options->resume)
            err = keep_net(measure, net, diag);
        uint64_t work = work_of_net(measure, net);
        total += work;
        measure->done += net->resumed ? work : 0;
    }
    if (err)
        return err;
    awh_progress_begin(&measure->progress, STDERR_FILENO, measure->options->quiet, "measure",
                       measure->done, total);
    for (size_t i = 0; !err && i < measure->net_count; i++)
        if (!measure->nets[i].resumed)
            err = measure_net(measure, &measure->nets[i], diag);
    awh_progress_end(&measure->progress);
    return err ? err : awh_measure_report_stale(measure, diag);
}

enum aw_err awh_measure_open(const struct awh_measure_options *options, struct awh_link *link_out,
                             struct awh_session *session_out, struct awh_diag *diag)
{
    enum aw_err err = open_link(options, link_out, diag);
    if (err)
        return err;
    err = awh_link_use_key(link_out, options->key_path, diag);
    if (!err)
        err = awh_session_open(link_out, options->wait_ms ? options->wait_ms : DEFAULT_WAIT_MS,
                               session_out, diag);
    if (err)
        awh_link_close(link_out);
    return err;
}

static enum aw_err with_board(struct awh_measure *measure, FILE *out, struct awh_diag *diag)
{
    const struct awh_measure_options *options = measure->options;
    struct awh_link link = {0};
    struct awh_session session = {0};
    enum aw_err err = awh_measure_open(options, &link, &session, diag);
    if (err)
        return err;
    measure->session = &session;
    measure->transport = link.transport;
    measure->where = link.where;
    err = measure_nets(measure, diag);
    if (!err)
        awh_measure_report(measure, out);
    awh_session_close(&session);
    awh_link_close(&link);
    return err;
}

enum aw_err awh_measure(const struct awh_measure_options *options, FILE *out, struct awh_diag *diag)
{
    struct awh_measure measure = {.options = options};
    enum aw_err err = awh_measure_check_options(options, diag);
    if (err)
        return err;
    awh_arena_init(&measure.arena);
    err = awh_measure_read(&measure, diag);
    if (!err)
        err = with_board(&measure, out, diag);
    awh_arena_release(&measure.arena);
    return err;
}
