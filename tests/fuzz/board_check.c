#include "fuzz/board_fuzz.h"

#include <string.h>

#include "aw/frame.h"
#include "fakes/sim_board.h"
#include "program/reference.h"

#define MOST_WORK 4000000u /* of a program that is also run; the others are only loaded */

static struct awp_reply last;
static uint32_t replies;

static void emit(void *context, const struct awp_reply *reply)
{
    (void)context;
    last = *reply;
    replies++;
}

static const struct awp_reply *ask(const struct awp_request *request)
{
    static const struct awt_emitter emitter = {.send = emit};
    static uint32_t seq;
    struct awp_request numbered = *request;
    numbered.seq = seq = seq % 0x7fffffffu + 1u;
    uint32_t before = replies;
    awt_session_handle(sim_board_session_inout(), &numbered, &emitter);
    return replies > before && last.seq == numbered.seq ? &last : NULL;
}

bool board_fuzz_is_cheap(const struct aw_program *program)
{
    uint64_t work = 0;
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(program, i, &plan);
        /* Windows of pools have no MACs, but take their time as well. */
        work += plan.macs +
                (uint64_t)plan.out_bytes * (1u + plan.layer.kernel_h) * (1u + plan.layer.kernel_w);
        if (work > MOST_WORK)
            return false;
    }
    return true;
}

/* NULL, or what is wrong with the outputs that a Verify kept. */
static const char *check_outputs(const struct aw_program *program)
{
    static uint32_t expected[AW_PROGRAM_MAX_LAYERS];
    struct awh_diag diag = {0};
    const struct awt_records *records = &sim_board_session()->records;
    if (awh_reference_run(program, expected, &diag))
        return "the reference failed";
    if (records->of != AWT_RECORDS_VERIFY || records->count != program->layer_count)
        return "Verify kept other records";
    return memcmp(expected, records->crcs, program->layer_count * sizeof(expected[0])) != 0
               ? "a valid program gave other outputs than the reference's"
               : NULL;
}

static const char *run_loaded(struct board_fuzz_totals *totals)
{
    const struct aw_program *program = &sim_board_session()->net.program;
    if (!board_fuzz_is_cheap(program))
        return NULL;
    totals->ran++;
    const struct awp_reply *reply = ask(&(struct awp_request){.kind = AWP_VERIFY});
    if (!reply || reply->kind != AWP_VERIFY_DONE)
        return "a loaded program is not verified";
    const char *wrong = check_outputs(program);
    if (wrong)
        return wrong;
    reply = ask(&(struct awp_request){.kind = AWP_RUN, .run = {0, 1, AWP_MODE_WHOLE}});
    return reply && reply->kind == AWP_RUN_DONE ? NULL : "a loaded program does not run";
}

static const char *load(const struct fuzz_program *program, struct board_fuzz_totals *totals)
{
    struct awp_request begin = {.kind = AWP_LOAD_BEGIN,
                                .load_begin = {program->announced_bytes, program->announced_crc}};
    const struct awp_reply *reply = ask(&begin);
    if (!reply)
        return "LoadBegin has no answer";
    for (uint32_t at = 0; at < program->size; at += AWP_CHUNK_BYTES) {
        struct awp_request chunk = {.kind = AWP_LOAD_CHUNK};
        uint32_t left = program->size - at;
        chunk.load_chunk.offset = at;
        chunk.load_chunk.size = (uint16_t)(left < AWP_CHUNK_BYTES ? left : AWP_CHUNK_BYTES);
        memcpy(chunk.load_chunk.data, program->bytes + at, chunk.load_chunk.size);
        if (!ask(&chunk))
            return "LoadChunk has no answer";
    }
    sim_board_hide_program_after(program->size);
    reply = ask(&(struct awp_request){.kind = AWP_LOAD_END});
    if (!reply)
        return "LoadEnd has no answer";
    if (reply->kind == AWP_LOAD_DONE) {
        totals->loaded++;
        return run_loaded(totals);
    }
    if (reply->kind != AWP_ERROR || !reply->error.text[0])
        return "refused without a reason";
    return reply->error.code == AW_ERR_INTERNAL ? reply->error.text : NULL;
}

const char *board_fuzz_program(const struct fuzz_program *program, struct board_fuzz_totals *totals)
{
    static const struct sim_options quiet = {.work_ms = 0};
    struct board_fuzz_totals ignored = {0};
    sim_board_start(&quiet);
    const char *wrong = load(program, totals ? totals : &ignored);
    sim_board_hide_program_after(UINT32_MAX);
    if (!sim_board_guards_whole())
        wrong = "something outside of the board's memory was written";
    return wrong;
}

const char *board_fuzz_frames(const uint8_t *bytes, uint32_t size)
{
    static const struct sim_options quiet = {.work_ms = 0};
    sim_board_start(&quiet);
    const char *wrong = sim_board_feed(bytes, size);
    if (!sim_board_guards_whole())
        wrong = "something outside of the board's memory was written";
    if (wrong)
        return wrong;
    /* It still answers, after a delimiter that ends what was cut. */
    uint8_t hello[128];
    uint32_t n = 1, payload_bytes;
    const struct awp_request request = {
        .seq = 0x40000000, .kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}};
    uint8_t payload[64];
    hello[0] = 0;
    if (awp_request_encode(&request, payload, sizeof(payload), &payload_bytes) != AW_OK ||
        aw_frame_encode(payload, payload_bytes, hello + 1, sizeof(hello) - 1, &n) != AW_OK)
        return "cannot make a Hello";
    uint32_t before = sim_board_frames();
    wrong = sim_board_feed(hello, n + 1);
    return wrong ? wrong : sim_board_frames() > before ? NULL : "Hello has no answer any more";
}
