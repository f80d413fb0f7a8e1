#include "test_board.h"
#include "test_program.h"

#include "aw/crc.h"
#include "aw/rng.h"
#include "awt/selftest.h"
#include "awt/session.h"

static struct awt_session session;
static struct awp_reply sent[4]; /* replies to the last request */
static uint32_t sent_count, next_seq;
static uint8_t program[TEST_PROGRAM_BYTES];
static uint32_t program_bytes;

static void emit(void *context, const struct awp_reply *reply)
{
    (void)context;
    assert_false(board.timed);
    assert_true(sent_count < 4);
    sent[sent_count++] = *reply;
}

static const struct awt_emitter emitter = {.send = emit};

/* Hands the request over as it is, and returns the last reply to it. */
static const struct awp_reply *repeat(const struct awp_request *request)
{
    sent_count = 0;
    awt_session_handle(&session, request, &emitter);
    assert_true(sent_count >= 1);
    for (uint32_t i = 0; i < sent_count; i++)
        assert_int_equal(sent[i].seq, request->seq);
    return &sent[sent_count - 1];
}

static const struct awp_reply *ask(struct awp_request *request)
{
    request->seq = next_seq++;
    return repeat(request);
}

#define ASK(...) ask(&(struct awp_request){__VA_ARGS__})

static void expect_error(const struct awp_reply *reply, enum aw_err code, const char *text)
{
    assert_int_equal(reply->kind, AWP_ERROR);
    assert_int_equal(sent_count, 1); /* no Started before a refusal */
    assert_true(strlen(reply->error.text) < sizeof reply->error.text);
    if (reply->error.code != code || !strstr(reply->error.text, text))
        fail_msg("expected %d '%s', got %d '%s'", code, text, reply->error.code, reply->error.text);
}

static int setup(void **state)
{
    (void)state;
    test_board_init();
    struct awb_memory memory;
    awb_memory(&memory);
    awt_session_init(&session, awb_init(), &memory, awt_selftest(&memory), awt_runner_calibrate());
    next_seq = 1;
    program_bytes = test_program_write(1, program, sizeof program);
    assert_true(program_bytes > 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_board_check_tails();
    assert_int_equal(board.timed_begun, board.timed_ended);
    return 0;
}

static const struct awp_reply *send_chunk(uint32_t offset, uint32_t size)
{
    struct awp_request chunk = {.kind = AWP_LOAD_CHUNK};
    chunk.load_chunk.offset = offset;
    chunk.load_chunk.size = (uint16_t)size;
    memcpy(chunk.load_chunk.data, program + offset, size);
    return ask(&chunk);
}

static void begin(void)
{
    const struct awp_reply *reply =
        ASK(.kind = AWP_LOAD_BEGIN,
            .load_begin = {program_bytes, awp_program_crc(program, program_bytes)});
    assert_int_equal(reply->kind, AWP_LOAD_ACK);
    assert_int_equal(reply->load_ack.received_bytes, 0);
}

static const struct awp_reply *upload(uint32_t chunk)
{
    begin();
    for (uint32_t at = 0; at < program_bytes; at += chunk) {
        uint32_t n = program_bytes - at < chunk ? program_bytes - at : chunk;
        const struct awp_reply *reply = send_chunk(at, n);
        assert_int_equal(reply->kind, AWP_LOAD_ACK);
        assert_int_equal(reply->load_ack.received_bytes, at + n);
    }
    return ASK(.kind = AWP_LOAD_END);
}

static void load(void)
{
    const struct awp_reply *reply = upload(100);
    assert_int_equal(reply->kind, AWP_LOAD_DONE);
    assert_int_equal(reply->load_done.layer_count, TEST_LAYERS);
}

/* The CRC of every layer's output by the references alone, and of the net's. */
static uint32_t by_hand(uint32_t crcs[TEST_LAYERS])
{
    static int8_t arena[TEST_ARENA_BYTES];
    struct aw_program opened;
    assert_int_equal(
        aw_program_open(program, program_bytes, &(struct aw_program_limits){0}, &opened, NULL),
        AW_OK);
    aw_rng_input(opened.input_seed, 8 * 8 * 3, arena);
    uint32_t crc = 0;
    for (uint16_t i = 0; i < TEST_LAYERS; i++) {
        struct aw_plan plan;
        aw_program_plan(&opened, i, &plan);
        const struct aw_layer *layer = &test_layers[i];
        int8_t weights[1024], table[256];
        int32_t bias[64];
        if (plan.weight_count)
            aw_program_weights(&opened, &plan, weights, bias);
        struct aw_buffers buffers = {
            .in0 = arena + test_tensors[layer->in0].offset,
            .in1 = layer->in1 == AW_NO_TENSOR ? NULL : arena + test_tensors[layer->in1].offset,
            .weights = plan.weight_count ? weights : NULL,
            .bias = plan.bias_count ? bias : NULL,
            .out = arena + test_tensors[layer->out].offset,
        };
        aw_op_find(layer->op)->run(&plan, &buffers);
        if (plan.table) {
            aw_program_table(&opened, &plan, table);
            aw_table_apply(table, buffers.out, plan.out_bytes);
        }
        crc = crcs[i] = aw_crc32(0, buffers.out, plan.out_bytes);
    }
    return crc;
}

static void test_hello(void **state)
{
    (void)state;
    const struct awp_reply *reply =
        ASK(.kind = AWP_HELLO, .hello = {.protocol_version = 99, .oldest_version = 1});
    assert_int_equal(reply->kind, AWP_HELLO_REPLY);
    const struct awp_hello_reply *hello = &reply->hello;
    assert_int_equal(hello->protocol_version, AWP_PROTOCOL_VERSION);
    assert_string_equal(hello->board, "test");
    assert_string_equal(hello->cpu, "none at all, and a name"); /* cut, terminated */
    assert_string_equal(hello->kernel_set, awt_kernel_set);
    assert_string_equal(hello->clock_unit, "ticks");
    assert_true(strlen(hello->firmware) > 0);
    assert_int_equal(hello->timestamp_cost_ticks, TEST_STAMP_COST);
    assert_true(hello->emulated && hello->counts_instructions);
    assert_int_equal(hello->arena_bytes, TEST_ARENA_BYTES);
    assert_int_equal(hello->program_bytes, TEST_PROGRAM_BYTES);
    assert_int_equal(hello->chunk_bytes, AWP_CHUNK_BYTES);
    assert_int_equal(hello->max_records, AWT_MAX_RECORDS);
    assert_int_equal(hello->exception_level, 3);
    assert_int_equal(hello->selftest, AW_OK);
}

/* Older, newer and overlapping hosts: Hello always has an answer, the rest only where there is a
 * version in common, and the refusal says which versions there are and what to do. */
static void test_versions(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t newest, oldest;
        const char *refusal; /* NULL: admitted */
    } rows[] = {
        {"ours", AWP_PROTOCOL_VERSION, AWP_HOST_OLDEST, NULL},
        {"exactly ours", AWP_PROTOCOL_VERSION, 0, NULL},
        {"version 1", 1, 0, "upgrade awnas-hw"},
        {"none", 0, 0, "upgrade awnas-hw"},
        {"newer, but knows ours", 9, AWP_PROTOCOL_VERSION, NULL},
        {"newer only", 9, AWP_PROTOCOL_VERSION + 1, "flash its firmware"},
        {"nonsense", AWP_PROTOCOL_VERSION, 7, "flash its firmware"},
        {"ours again", AWP_PROTOCOL_VERSION, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct awp_reply *reply =
            ASK(.kind = AWP_HELLO, .hello = {rows[i].newest, rows[i].oldest});
        assert_int_equal(reply->kind, AWP_HELLO_REPLY);
        assert_int_equal(reply->hello.protocol_version, AWP_PROTOCOL_VERSION);
        assert_int_equal(reply->hello.oldest_version, AWP_BOARD_OLDEST);
        for (enum awp_request_kind kind = AWP_LOAD_BEGIN; kind <= AWP_RESET; kind++) {
            reply = ASK(.kind = kind);
            if (rows[i].refusal) {
                expect_error(reply, AW_ERR_VERSION, rows[i].refusal);
                assert_non_null(strstr(reply->error.text, "protocol 2 to 2"));
            } else if (reply->kind == AWP_ERROR && reply->error.code == AW_ERR_VERSION) {
                fail_msg("%s: %s", rows[i].name, reply->error.text);
            }
        }
        assert_int_equal(session.reset_wanted, rows[i].refusal == NULL);
        session.reset_wanted = false;
    }
}

static void restart(void)
{
    struct awb_memory memory;
    awb_memory(&memory);
    awt_session_init(&session, awb_init(), &memory, AW_OK, awt_runner_calibrate());
}

static struct awp_last_fault told_fault(void)
{
    return ASK(.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0})->hello.last_fault;
}

/* Every Hello tells it until the next program is loaded; it survives restarts, but no power cycle
 * and no damage. */
static void test_last_fault(void **state)
{
    (void)state;
    const struct awt_crash_registers registers = {
        .pc = 0x1234, .lr = 0x5678, .sp = 0x9abc, .cause = 0x96000045, .address = 8};
    assert_int_equal(told_fault().count, 0);
    load();
    awt_progress.layer = 3;
    awt_progress.activity = AWP_TIMING_LAYERS;
    awt_crash_write(AWP_FAULT_EXCEPTION, &registers);
    for (int i = 0; i < 3; i++) {
        restart();
        struct awp_last_fault fault = told_fault();
        assert_int_equal(fault.count, 1);
        assert_int_equal(fault.kind, AWP_FAULT_EXCEPTION);
        assert_int_equal(fault.activity, AWP_TIMING_LAYERS);
        assert_int_equal(fault.layer, 3);
        assert_int_equal(fault.program_crc, awp_program_crc(program, program_bytes));
        assert_true(fault.pc == 0x1234 && fault.lr == 0x5678 && fault.sp == 0x9abc);
        assert_true(fault.cause == 0x96000045 && fault.address == 8);
    }
    awt_progress.layer = AWT_PROGRESS_NO_LAYER;
    awt_progress.activity = AWP_IDLE;
    load();
    assert_int_equal(told_fault().count, 0);
    restart();
    assert_int_equal(told_fault().count, 0);
    awt_crash_write(AWP_FAULT_WATCHDOG, &registers);
    restart();
    assert_int_equal(told_fault().count, 2); /* the count goes on */
    assert_int_equal(told_fault().layer, -1);
    /* Every bit of the record is under its CRC. */
    uint64_t whole[AWT_NOINIT_BYTES / 8];
    memcpy(whole, board.noinit, sizeof whole);
    for (uint32_t bit = 0; bit < 72u * 8u; bit++) {
        memcpy(board.noinit, whole, sizeof whole);
        ((uint8_t *)board.noinit)[bit / 8] ^= (uint8_t)(1u << bit % 8);
        restart();
        assert_int_equal(told_fault().count, 0);
    }
    for (uint32_t seed = 0; seed < 100; seed++) { /* what power-on leaves */
        aw_rng_input(seed, sizeof board.noinit, (int8_t *)board.noinit);
        restart();
        assert_int_equal(told_fault().count, 0);
        awt_crash_write(AWP_FAULT_WATCHDOG, &registers);
        restart();
        assert_int_equal(told_fault().count, 1);
    }
}

/* Armed before every pass, never within one, disarmed afterwards; every layer told. */
static void test_watchdog(void **state)
{
    (void)state;
    load();
    assert_int_equal(board.watchdog_armed, 1);
    assert_int_equal(board.watchdog_ms, 0);
    ASK(.kind = AWP_VERIFY);
    assert_int_equal(board.watchdog_armed, 2);
    ASK(.kind = AWP_RUN, .run = {.warmup = 2, .repeats = 5, .mode = AWP_MODE_LAYERS});
    assert_int_equal(board.watchdog_armed, 9);
    assert_int_equal(board.watchdog_ms, 0);
    assert_int_equal(awt_progress.layer, AWT_PROGRESS_NO_LAYER);
    assert_int_equal(awt_progress.activity, AWP_IDLE);
    assert_true(session.pass_limit_ms >= AWT_WATCHDOG_MS);
}

static void test_guard_zones(void **state)
{
    (void)state;
    load();
    for (int i = 0; i < 2; i++) {
        uint8_t *zone = i ? board.weights + TEST_WEIGHT_BYTES : board.arena + TEST_ARENA_BYTES;
        zone[63] ^= 1; /* as if a kernel had written there */
        const struct awp_reply *reply = ASK(.kind = AWP_VERIFY);
        assert_int_equal(reply->kind, AWP_ERROR);
        assert_int_equal(reply->error.code, AW_ERR_INTERNAL);
        expect_error(ASK(.kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS}), AW_ERR_STATE, "no CRCs");
        assert_int_equal(ASK(.kind = AWP_VERIFY)->kind, AWP_VERIFY_DONE);
    }
}

static void test_verify_equals_the_references(void **state)
{
    (void)state;
    uint32_t crcs[TEST_LAYERS], output = by_hand(crcs);
    load();
    for (int pass = 0; pass < 2; pass++) { /* work in place destroys the input; it is made anew */
        const struct awp_reply *reply = ASK(.kind = AWP_VERIFY);
        assert_int_equal(sent_count, 2);
        assert_int_equal(sent[0].kind, AWP_STARTED);
        assert_int_equal(reply->kind, AWP_VERIFY_DONE);
        assert_int_equal(reply->verify_done.record_count, TEST_LAYERS);
        assert_int_equal(reply->verify_done.output_crc, output);
        reply = ASK(.kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS});
        assert_int_equal(reply->kind, AWP_RECORDS);
        assert_int_equal(reply->records.count, TEST_LAYERS);
        assert_memory_equal(reply->records.words, crcs, sizeof crcs);
        reply = ASK(.kind = AWP_FETCH, .fetch = {.first = 2, .kind = AWP_INSTRUCTIONS});
        assert_int_equal(reply->records.first, 2);
        assert_int_equal(reply->records.count, TEST_LAYERS - 2);
        for (uint32_t i = 0; i < reply->records.count; i++)
            assert_int_equal(reply->records.words[i], 0); /* only the counter's own, taken off */
    }
    assert_int_equal(board.timed_begun, 1 + 2 * TEST_LAYERS);
}

static void test_layers_are_timed(void **state)
{
    (void)state;
    load();
    board.reads = 0;
    board.step_ticks = 1000;
    const struct awp_reply *reply =
        ASK(.kind = AWP_RUN, .run = {.warmup = 2, .repeats = 30, .mode = AWP_MODE_LAYERS});
    assert_int_equal(sent_count, 2);
    assert_int_equal(sent[0].kind, AWP_STARTED);
    assert_int_equal(reply->kind, AWP_RUN_DONE);
    assert_int_equal(reply->run_done.record_count, 30 * TEST_LAYERS);
    assert_true(reply->run_done.total_ticks == 240u * 239u / 2u * 1000u);
    assert_int_equal(board.reads, 2 * 240); /* the warm-up is not timed */
    uint32_t first = 0;
    while (first < 240) {
        reply = ASK(.kind = AWP_FETCH, .fetch = {.first = first});
        assert_int_equal(reply->kind, AWP_RECORDS);
        assert_int_equal(reply->records.kind, AWP_TICKS);
        assert_int_equal(reply->records.first, first);
        assert_int_equal(reply->records.count,
                         240 - first < AWP_RECORDS_MAX ? 240 - first : AWP_RECORDS_MAX);
        for (uint32_t i = 0; i < reply->records.count; i++)
            assert_true(reply->records.ticks[i] == (first + i) * 1000u);
        first += reply->records.count;
    }
    expect_error(ASK(.kind = AWP_FETCH, .fetch = {.first = 240}), AW_ERR_RANGE,
                 "record 240 of 240");
}

static void test_whole_net_is_timed(void **state)
{
    (void)state;
    load();
    board.reads = 0;
    board.step_ticks = 7;
    const struct awp_reply *reply =
        ASK(.kind = AWP_RUN, .run = {.repeats = 5, .mode = AWP_MODE_WHOLE});
    assert_int_equal(reply->kind, AWP_RUN_DONE);
    assert_int_equal(reply->run_done.record_count, 5);
    assert_true(reply->run_done.total_ticks == 70);
    reply = ASK(.kind = AWP_FETCH, .fetch = {.first = 3});
    assert_int_equal(reply->records.count, 2);
    assert_true(reply->records.ticks[0] == 21 && reply->records.ticks[1] == 28);
}

/* A stamp that was cheaper than the cheapest at boot must not make a huge number. */
static void test_time_is_clamped_at_zero(void **state)
{
    (void)state;
    load();
    session.costs.ticks = 1000;
    const struct awp_reply *reply =
        ASK(.kind = AWP_RUN, .run = {.repeats = 1, .mode = AWP_MODE_LAYERS});
    assert_true(reply->run_done.total_ticks == 0);
}

/* Every request twice: the same answer, and nothing is done again. */
static void test_repeats_are_answered_alike(void **state)
{
    (void)state;
    load();
    struct awp_request requests[] = {
        {.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}},
        {.kind = AWP_STATUS},
        {.kind = AWP_VERIFY},
        {.kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS}},
        {.kind = AWP_FETCH, .fetch = {.first = 9999}},
        {.kind = AWP_RUN, .run = {.repeats = 3}},
        {.kind = AWP_RUN, .run = {.repeats = 0}},
        {.kind = AWP_FETCH, .fetch = {.kind = AWP_TICKS}},
        {.kind = AWP_LOAD_BEGIN, .load_begin = {5, 5}},
        {.kind = AWP_LOAD_END},
        {.kind = AWP_RESET},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        struct awp_reply first = *ask(&requests[i]);
        uint32_t begun = board.timed_begun;
        for (int again = 0; again < 2; again++) {
            const struct awp_reply *reply = repeat(&requests[i]);
            assert_int_equal(sent_count, 1); /* no Started before a repeated Done */
            assert_int_equal(reply->kind, first.kind);
            assert_memory_equal(reply, &first, sizeof first);
        }
        assert_int_equal(board.timed_begun, begun);
    }
    assert_true(session.reset_wanted);
}

static void test_chunks_repeated_lost_and_out_of_order(void **state)
{
    (void)state;
    expect_error(send_chunk(0, 10), AW_ERR_STATE, "without LoadBegin");
    begin();
    assert_int_equal(send_chunk(100, 50)->load_ack.received_bytes, 0); /* the first was lost */
    assert_int_equal(send_chunk(0, 100)->load_ack.received_bytes, 100);
    assert_int_equal(send_chunk(0, 100)->load_ack.received_bytes, 100);  /* doubled */
    assert_int_equal(send_chunk(50, 100)->load_ack.received_bytes, 100); /* overlapping */
    assert_int_equal(send_chunk(100, 0)->load_ack.received_bytes, 100);  /* empty */
    expect_error(ASK(.kind = AWP_LOAD_END), AW_ERR_STATE, "100 of ");
    expect_error(ASK(.kind = AWP_VERIFY), AW_ERR_STATE, "no program");

    /* A chunk sent again with its own number is taken when it has become the next one. */
    struct awp_request third = {.kind = AWP_LOAD_CHUNK, .load_chunk = {.offset = 200, .size = 10}};
    memcpy(third.load_chunk.data, program + 200, 10);
    assert_int_equal(ask(&third)->load_ack.received_bytes, 100);
    assert_int_equal(send_chunk(100, 100)->load_ack.received_bytes, 200);
    assert_int_equal(repeat(&third)->load_ack.received_bytes, 210);
    assert_int_equal(repeat(&third)->load_ack.received_bytes, 210);

    struct awp_request beyond = {.kind = AWP_LOAD_CHUNK};
    beyond.load_chunk.offset = program_bytes - 1;
    beyond.load_chunk.size = 2;
    expect_error(ask(&beyond), AW_ERR_RANGE, "past the program");
    beyond.load_chunk.offset = UINT32_MAX;
    expect_error(ask(&beyond), AW_ERR_RANGE, "past the program");

    for (uint32_t at = 210; at < program_bytes; at++)
        assert_int_equal(send_chunk(at, 1)->load_ack.received_bytes, at + 1);
    assert_int_equal(ASK(.kind = AWP_LOAD_END)->kind, AWP_LOAD_DONE);
    assert_int_equal(send_chunk(0, 100)->load_ack.received_bytes, program_bytes); /* late copy */
    assert_int_equal(ASK(.kind = AWP_VERIFY)->kind, AWP_VERIFY_DONE);
}

static void test_a_loaded_program_is_not_loaded_again(void **state)
{
    (void)state;
    load();
    uint32_t crc = awp_program_crc(program, program_bytes);
    const struct awp_reply *reply = ASK(.kind = AWP_LOAD_BEGIN, .load_begin = {program_bytes, crc});
    assert_int_equal(reply->load_ack.received_bytes, program_bytes);
    assert_int_equal(ASK(.kind = AWP_LOAD_END)->load_done.layer_count, TEST_LAYERS);
    assert_int_equal(ASK(.kind = AWP_STATUS)->status.program_crc, crc);

    /* The same size, but another program. */
    program_bytes = test_program_write(2, program, sizeof program);
    load();
    assert_int_not_equal(ASK(.kind = AWP_STATUS)->status.program_crc, crc);
    uint32_t crcs[TEST_LAYERS], output = by_hand(crcs);
    assert_int_equal(ASK(.kind = AWP_VERIFY)->verify_done.output_crc, output);
}

static void test_wrong_states_and_ranges(void **state)
{
    (void)state;
    expect_error(ASK(.kind = AWP_LOAD_END), AW_ERR_STATE, "without LoadBegin");
    expect_error(ASK(.kind = AWP_VERIFY), AW_ERR_STATE, "no program");
    expect_error(ASK(.kind = AWP_RUN, .run = {.repeats = 1}), AW_ERR_STATE, "no program");
    expect_error(ASK(.kind = AWP_FETCH), AW_ERR_STATE, "no ticks");
    expect_error(ASK(.kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS}), AW_ERR_STATE, "no CRCs");
    expect_error(ASK(.kind = AWP_FETCH, .fetch = {.kind = 3}), AW_ERR_RANGE, "record kind 3");
    expect_error(ASK(.kind = AWP_LOAD_BEGIN, .load_begin = {0, 0}), AW_ERR_RANGE, "0 bytes");
    expect_error(ASK(.kind = AWP_LOAD_BEGIN, .load_begin = {TEST_PROGRAM_BYTES + 1, 0}),
                 AW_ERR_NO_SPACE, "takes 1 to 4096");
    assert_int_equal(ASK(.kind = AWP_STATUS)->status.state, AWP_STATE_EMPTY);
    begin();
    assert_int_equal(ASK(.kind = AWP_STATUS)->status.state, AWP_STATE_LOADING);
    expect_error(ASK(.kind = AWP_RUN, .run = {.repeats = 1}), AW_ERR_STATE, "no program");
    load();
    assert_int_equal(ASK(.kind = AWP_STATUS)->status.state, AWP_STATE_LOADED);

    static const struct {
        uint32_t warmup, repeats, mode;
        const char *text;
    } runs[] = {
        {0, 0, AWP_MODE_LAYERS, "0 repeats"},
        {0, AWT_MAX_RECORDS / TEST_LAYERS + 1, AWP_MODE_LAYERS, "repeats of 8 records"},
        {0, UINT32_MAX, AWP_MODE_LAYERS, "repeats of 8 records"},
        {0, 0x20000001, AWP_MODE_LAYERS, "repeats of 8 records"}, /* times 8 wraps to 8 */
        {0, AWT_MAX_RECORDS + 1, AWP_MODE_WHOLE, "repeats of 1 records"},
        {AWT_MAX_WARMUP + 1, 1, AWP_MODE_WHOLE, "warm-up of 1001"},
        {0, 1, 2, "run mode 2"},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        expect_error(ASK(.kind = AWP_RUN, .run = {runs[i].warmup, runs[i].repeats, runs[i].mode}),
                     AW_ERR_RANGE, runs[i].text);
    assert_int_equal(
        ASK(.kind = AWP_RUN, .run = {AWT_MAX_WARMUP, 1, AWP_MODE_WHOLE})->run_done.record_count, 1);

    /* A Verify replaces the ticks of a Run, a Run the CRCs of a Verify. */
    assert_int_equal(ASK(.kind = AWP_FETCH)->kind, AWP_RECORDS);
    assert_int_equal(ASK(.kind = AWP_VERIFY)->kind, AWP_VERIFY_DONE);
    expect_error(ASK(.kind = AWP_FETCH), AW_ERR_STATE, "no ticks");
    assert_int_equal(ASK(.kind = AWP_RUN, .run = {.repeats = 1})->kind, AWP_RUN_DONE);
    expect_error(ASK(.kind = AWP_FETCH, .fetch = {.kind = 1}), AW_ERR_STATE, "no CRCs");
    expect_error(ASK(.kind = AWP_FETCH, .fetch = {.kind = 2}), AW_ERR_STATE, "no CRCs");
}

static void test_late_and_reused_numbers(void **state)
{
    (void)state;
    load();
    struct awp_request run = {.kind = AWP_RUN, .run = {.repeats = 2}};
    ask(&run);
    const struct awp_reply *reply = ASK(.kind = AWP_FETCH);
    assert_int_equal(reply->records.count, 2 * TEST_LAYERS);
    uint32_t begun = board.timed_begun;
    expect_error(repeat(&run), AW_ERR_STATE, "older"); /* a copy that the line delivered late */
    run.seq = next_seq - 1;
    expect_error(repeat(&run), AW_ERR_STATE, "another request");
    assert_int_equal(board.timed_begun, begun);

    /* A host that starts anew says Hello and counts from there. */
    next_seq = 1;
    assert_int_equal(ASK(.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0})->kind,
                     AWP_HELLO_REPLY);
    assert_int_equal(ASK(.kind = AWP_STATUS)->kind, AWP_STATUS_REPLY);
    next_seq = UINT32_MAX;
    assert_int_equal(ASK(.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0})->kind,
                     AWP_HELLO_REPLY);
    next_seq = 1; /* wrapped */
    assert_int_equal(ASK(.kind = AWP_STATUS)->kind, AWP_STATUS_REPLY);
}

/* What is announced is what must arrive. */
static void test_announced_crc(void **state)
{
    (void)state;
    ASK(.kind = AWP_LOAD_BEGIN, .load_begin = {program_bytes, 0x12345678});
    for (uint32_t at = 0; at < program_bytes; at += 200)
        send_chunk(at, program_bytes - at < 200 ? program_bytes - at : 200);
    expect_error(ASK(.kind = AWP_LOAD_END), AW_ERR_CRC, "announced 0x12345678");
    assert_int_equal(ASK(.kind = AWP_STATUS)->status.state, AWP_STATE_EMPTY);
    load();
}

/* Every bit of the program flipped, its CRC left or set right: refused with a reason, or a program
 * that is valid and runs. */
static void test_flipped_programs(void **state)
{
    (void)state;
    uint32_t refused = 0, with_layer = 0;
    for (uint32_t bit = 0; bit < program_bytes * 8; bit++) {
        program[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ASK(.kind = AWP_LOAD_BEGIN, .load_begin = {1, 0}); /* nothing is loaded */
        const struct awp_reply *reply = upload(AWP_CHUNK_BYTES);
        assert_int_equal(reply->kind, AWP_ERROR); /* its own CRC */
        assert_true(reply->error.code < 0 && strlen(reply->error.text) > 0);

        uint32_t crc = aw_crc32(0, program, program_bytes - 4);
        for (uint32_t i = 0; i < 4; i++)
            program[program_bytes - 4 + i] = (uint8_t)(crc >> 8 * i);
        reply = upload(AWP_CHUNK_BYTES);
        if (reply->kind == AWP_ERROR) {
            assert_true(reply->error.code < 0 && strlen(reply->error.text) > 0);
            refused++;
            with_layer += reply->error.layer >= 0;
        } else {
            assert_int_equal(reply->kind, AWP_LOAD_DONE);
            assert_int_equal(ASK(.kind = AWP_VERIFY)->kind, AWP_VERIFY_DONE);
        }
        program_bytes = test_program_write(1, program, sizeof program);
    }
    assert_true(refused > 1000 && with_layer > 100);
    for (uint32_t size = 1; size < program_bytes; size++) { /* cut short */
        program_bytes = size;
        assert_int_equal(upload(AWP_CHUNK_BYTES)->kind, AWP_ERROR);
        program_bytes = test_program_write(1, program, sizeof program);
    }
}

static void test_memory_that_is_too_small(void **state)
{
    (void)state;
    session.memory.arena_bytes = 512;
    awt_guard_set(&session.memory);
    expect_error(upload(1000), AW_ERR_NO_SPACE, "");
    session.memory.arena_bytes = TEST_ARENA_BYTES;
    session.memory.weight_bytes = 64;
    awt_guard_set(&session.memory);
    expect_error(upload(1000), AW_ERR_NO_SPACE, "");
    /* Enough for the canonical weights, but the tables come on top. */
    struct aw_program opened;
    assert_int_equal(
        aw_program_open(program, program_bytes, &(struct aw_program_limits){0}, &opened, NULL),
        AW_OK);
    session.memory.weight_bytes = opened.weight_bytes;
    awt_guard_set(&session.memory);
    expect_error(upload(1000), AW_ERR_NO_SPACE, "weight memory is full");
    session.memory.weight_bytes = opened.weight_bytes + 3 * 256;
    awt_guard_set(&session.memory);
    load();
}

static void test_a_board_that_fails_its_test_measures_nothing(void **state)
{
    (void)state;
    load();
    session.selftest = AW_ERR_MISMATCH;
    expect_error(ASK(.kind = AWP_VERIFY), AW_ERR_MISMATCH, "self-test");
    expect_error(ASK(.kind = AWP_RUN, .run = {.repeats = 1}), AW_ERR_MISMATCH, "self-test");
    assert_int_equal(ASK(.kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0})->hello.selftest,
                     AW_ERR_MISMATCH);
}

static void test_selftest_wants_memory(void **state)
{
    (void)state;
    struct awb_memory memory;
    awb_memory(&memory);
    assert_int_equal(awt_selftest(&memory), AW_OK);
    memory.arena_bytes = 64;
    assert_int_equal(awt_selftest(&memory), AW_ERR_NO_SPACE);
}

static void test_fault_texts_are_cut(void **state)
{
    (void)state;
    struct awt_fault fault;
    assert_int_equal(awt_fault_set(&fault, AW_ERR_RANGE, 3, "x"), AW_ERR_RANGE);
    for (int i = 0; i < 30; i++) {
        awt_fault_number(&fault, UINT32_MAX);
        awt_fault_hex(&fault, 0xdeadbeef);
    }
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
    assert_memory_equal(fault.text, "x42949672950xdeadbeef4294967295", 31);
    awt_fault_set(&fault, AW_ERR_RANGE, 3, "");
    awt_fault_number(&fault, 0);
    assert_string_equal(fault.text, "0");
}

#define SESSION_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SESSION_TEST(test_hello),
        SESSION_TEST(test_versions),
        SESSION_TEST(test_last_fault),
        SESSION_TEST(test_watchdog),
        SESSION_TEST(test_guard_zones),
        SESSION_TEST(test_verify_equals_the_references),
        SESSION_TEST(test_layers_are_timed),
        SESSION_TEST(test_whole_net_is_timed),
        SESSION_TEST(test_time_is_clamped_at_zero),
        SESSION_TEST(test_repeats_are_answered_alike),
        SESSION_TEST(test_chunks_repeated_lost_and_out_of_order),
        SESSION_TEST(test_a_loaded_program_is_not_loaded_again),
        SESSION_TEST(test_wrong_states_and_ranges),
        SESSION_TEST(test_late_and_reused_numbers),
        SESSION_TEST(test_announced_crc),
        SESSION_TEST(test_flipped_programs),
        SESSION_TEST(test_memory_that_is_too_small),
        SESSION_TEST(test_a_board_that_fails_its_test_measures_nothing),
        SESSION_TEST(test_selftest_wants_memory),
        SESSION_TEST(test_fault_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
