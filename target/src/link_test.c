/* The whole runtime, awt_main() included, driven byte by byte. */
#include "test_board.h"
#include "test_program.h"

#include "aw/crc.h"
#include "aw/rng.h"
#include "awt/link.h"
#include "awt/selftest.h"
#include "awt/session.h"

static uint8_t wire[1u << 20];
static uint32_t wire_bytes;
static struct awp_reply replies[64];

static void put(struct awp_request request)
{
    put_request(wire, sizeof wire, &wire_bytes, &request);
}

static void put_byte(uint8_t byte)
{
    wire[wire_bytes++] = byte;
}

/* Boots the board, lets it take all that is on the wire and go to sleep; the number of its replies.
 */
static uint32_t boot_and_serve(void)
{
    board.input = wire;
    board.input_bytes = wire_bytes;
    board.input_at = 0;
    if (setjmp(board.idle) == 0)
        awt_main();
    assert_int_equal(board.input_at, wire_bytes);
    return take_replies(replies, sizeof replies / sizeof replies[0]);
}

static int setup(void **state)
{
    (void)state;
    test_board_init();
    wire_bytes = 0;
    return 0;
}

static const struct awp_request hello = {
    .seq = 1, .kind = AWP_HELLO, .hello = {AWP_PROTOCOL_VERSION, 0}};

static void test_boot_answers_hello(void **state)
{
    (void)state;
    for (uint32_t limit = 0; limit < 9; limit++) { /* 0: as many bytes as are taken */
        setup(NULL);
        board.read_limit = limit;
        put(hello);
        assert_int_equal(boot_and_serve(), 1);
        assert_int_equal(replies[0].kind, AWP_HELLO_REPLY);
        assert_int_equal(replies[0].hello.selftest, AW_OK);
        assert_int_equal(replies[0].hello.timestamp_cost_ticks, TEST_STAMP_COST);
    }
}

static void test_reset_answers_first(void **state)
{
    (void)state;
    put((struct awp_request){.seq = 1, .kind = AWP_RESET});
    put((struct awp_request){.seq = 2, .kind = AWP_STATUS});
    board.input = wire;
    board.input_bytes = wire_bytes;
    if (setjmp(board.reset) == 0) {
        if (setjmp(board.idle) == 0)
            awt_main();
        fail_msg("the board went on after Reset");
    }
    assert_int_equal(take_replies(replies, 64), 1);
    assert_int_equal(replies[0].kind, AWP_RESET_ACK);
}

static void put_frame(const uint8_t *payload, uint32_t size)
{
    uint32_t n;
    assert_int_equal(
        aw_frame_encode(payload, size, wire + wire_bytes, sizeof wire - wire_bytes, &n), AW_OK);
    wire_bytes += n;
}

/* Whatever is on the line, the next good frame is answered, and Status tells how many were bad. */
static void test_garbage_between_frames(void **state)
{
    (void)state;
    static const uint8_t no_message[] = {0xff, 0xff, 0xff, 0x00};
    uint8_t largest[AW_FRAME_MAX_PAYLOAD];
    memset(largest, 0x55, sizeof largest);
    struct awp_request status = {.seq = 2, .kind = AWP_STATUS};
    uint32_t bad = 0;

    put(hello);
    for (uint32_t i = 0; i < 100; i++) /* noise without a delimiter: one frame */
        put_byte((uint8_t)(1 + aw_rng_word(1, i) % 255));
    bad++;
    put(status);
    put_frame(no_message, sizeof no_message);
    put_frame(largest, sizeof largest);
    bad += 2;
    status.seq++;
    put(status);
    uint32_t start = wire_bytes;
    put(status);
    wire_bytes = start + 5; /* cut; the next frame's delimiter ends it */
    bad++;
    status.seq++;
    put(status);
    for (uint32_t i = 0; i < 5000; i++) /* too long for any frame */
        put_byte(0x11);
    bad++;
    status.seq++;
    put(status);
    for (uint32_t i = 0; i < 1000; i++) /* idle line */
        put_byte(0);
    status.seq++;
    put(status);

    assert_int_equal(boot_and_serve(), 6);
    for (uint32_t i = 1; i < 6; i++) {
        assert_int_equal(replies[i].kind, AWP_STATUS_REPLY);
        assert_int_equal(replies[i].seq, i + 1);
    }
    assert_int_equal(replies[1].status.bad_frames, 1);
    assert_int_equal(replies[5].status.bad_frames, bad);
}

static uint8_t program[TEST_PROGRAM_BYTES];

static void put_load(uint32_t *seq, uint32_t size)
{
    put((struct awp_request){.seq = (*seq)++,
                             .kind = AWP_LOAD_BEGIN,
                             .load_begin = {size, awp_program_crc(program, size)}});
    for (uint32_t at = 0; at < size; at += AWP_CHUNK_BYTES) {
        struct awp_request chunk = {.seq = (*seq)++, .kind = AWP_LOAD_CHUNK};
        chunk.load_chunk.offset = at;
        chunk.load_chunk.size =
            (uint16_t)(size - at < AWP_CHUNK_BYTES ? size - at : AWP_CHUNK_BYTES);
        memcpy(chunk.load_chunk.data, program + at, chunk.load_chunk.size);
        put(chunk);
    }
    put((struct awp_request){.seq = (*seq)++, .kind = AWP_LOAD_END});
}

static void test_whole_conversation(void **state)
{
    (void)state;
    uint32_t seq = 2, size = test_program_write(1, program, sizeof program);
    put(hello);
    put_load(&seq, size);
    put((struct awp_request){.seq = seq++, .kind = AWP_VERIFY});
    put((struct awp_request){.seq = seq++, .kind = AWP_FETCH, .fetch = {.kind = AWP_CRCS}});
    put((struct awp_request){.seq = seq++, .kind = AWP_RUN, .run = {1, 20, AWP_MODE_LAYERS}});
    put((struct awp_request){.seq = seq++, .kind = AWP_FETCH});
    put((struct awp_request){.seq = seq++, .kind = AWP_FETCH, .fetch = {.first = 112}});
    static const enum awp_reply_kind expected[] = {
        AWP_HELLO_REPLY, AWP_LOAD_ACK, AWP_LOAD_ACK, AWP_LOAD_DONE, AWP_STARTED, AWP_VERIFY_DONE,
        AWP_RECORDS,     AWP_STARTED,  AWP_RUN_DONE, AWP_RECORDS,   AWP_RECORDS};
    uint32_t count = boot_and_serve();
    assert_int_equal(size <= AWP_CHUNK_BYTES, 1);
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(replies[i].kind, expected[i]);
    assert_int_equal(replies[10].records.count, 20 * TEST_LAYERS - 112);
    test_board_check_tails();
}

/* Many chunks, and of them those from `lost` on but one; the bytes that each reply acknowledges. */
static uint32_t acknowledged(uint32_t chunks, uint32_t lost, uint32_t *bytes_out)
{
    enum { SIZE = 16 };
    wire_bytes = 0;
    put(hello);
    put((struct awp_request){.seq = 2, .kind = AWP_LOAD_BEGIN, .load_begin = {chunks * SIZE, 1}});
    for (uint32_t i = 0; i < chunks; i++) {
        struct awp_request chunk = {.seq = 3 + i, .kind = AWP_LOAD_CHUNK};
        chunk.load_chunk.offset = i * SIZE;
        chunk.load_chunk.size = SIZE;
        if (i != lost)
            put(chunk);
    }
    uint32_t count = boot_and_serve(), seq = 0;
    for (uint32_t i = 1; i < count; i++) {
        assert_int_equal(replies[i].kind, AWP_LOAD_ACK);
        assert_true(replies[i].seq > seq);
        seq = replies[i].seq;
        bytes_out[i - 1] = replies[i].load_ack.received_bytes / SIZE;
    }
    assert_int_equal(seq, lost == chunks - 1 ? 1 + chunks : 2 + chunks);
    return count - 1;
}

static void test_acknowledgements_leave_together(void **state)
{
    (void)state;
    uint32_t bytes[64];
    _Static_assert(AWT_ACK_CHUNKS == 16, "what follows is for 16");
    for (uint32_t limit = 0; limit < 40; limit++) { /* however the bytes arrive */
        setup(NULL);
        board.read_limit = limit;
        assert_int_equal(acknowledged(40, 40, bytes), 4);
        assert_int_equal(bytes[0], 0); /* LoadBegin's tells no progress, and is not held */
        assert_int_equal(bytes[1], 16);
        assert_int_equal(bytes[2], 32);
        assert_int_equal(bytes[3], 40);
    }
    /* A gap is told with every chunk behind it. */
    setup(NULL);
    assert_int_equal(acknowledged(20, 5, bytes), 14 + 1);
    for (uint32_t i = 1; i < 15; i++)
        assert_int_equal(bytes[i], 5);
    /* Of the last chunk of all, too. */
    setup(NULL);
    assert_int_equal(acknowledged(3, 2, bytes), 2);
    assert_int_equal(bytes[1], 2);
}

/* ---- hostile frames ---- */

static struct awt_link fuzz_link;
static struct awt_session fuzz_session;
static uint64_t fuzz_replies;

static void fuzz_emit(void *context, const struct awp_reply *reply)
{
    awt_link_send(context, reply);
    fuzz_replies += take_replies(replies, 64); /* each a good frame that decodes */
}

static uint32_t payload_of(uint32_t row, uint32_t seed, uint8_t *payload)
{
    uint32_t size = 0, program_size = test_program_write_tiny(program, sizeof program);
    struct awp_request request = {.seq = 1 + seed, .kind = (enum awp_request_kind)row};
    switch (request.kind) {
    case AWP_HELLO:
        request.hello.protocol_version = AWP_PROTOCOL_VERSION;
        break;
    case AWP_LOAD_BEGIN:
        request.load_begin.size_bytes = program_size;
        request.load_begin.crc = awp_program_crc(program, program_size);
        break;
    case AWP_LOAD_CHUNK:
        request.load_chunk.size = (uint16_t)program_size;
        memcpy(request.load_chunk.data, program, program_size);
        break;
    case AWP_RUN:
        request.run.warmup = seed % 3;
        request.run.repeats = 1 + seed % 5;
        request.run.mode = seed % 2;
        break;
    case AWP_FETCH:
        request.fetch.kind = seed % 3;
        break;
    default:
        break;
    }
    assert_int_equal(awp_request_encode(&request, payload, AW_FRAME_MAX_PAYLOAD, &size), AW_OK);
    return size;
}

/* Flips, overwrites, cuts or lengthens. */
static void mutate(uint8_t *bytes, uint32_t *size, uint32_t capacity, uint32_t seed)
{
    uint32_t times = aw_rng_word(seed, 0) % 4;
    for (uint32_t i = 1; i <= times && *size > 0; i++) {
        uint32_t r = aw_rng_word(seed, i), at = (r >> 8) % *size;
        switch (r % 5) {
        case 0:
            bytes[at] ^= (uint8_t)(1u << (r >> 4) % 8);
            break;
        case 1:
            bytes[at] = (uint8_t)(r >> 24);
            break;
        case 2:
            *size = at;
            break;
        case 3:
            memmove(bytes + at, bytes + at + 1, *size - at - 1);
            (*size)--;
            break;
        default:
            if (*size < capacity)
                bytes[(*size)++] = (uint8_t)(r >> 24);
            break;
        }
    }
}

static void fuzz_feed(const uint8_t *bytes, uint32_t size)
{
    const struct awt_emitter emitter = {.send = fuzz_emit, .context = &fuzz_link};
    static struct awp_request request;
    board.input = bytes;
    board.input_bytes = size;
    board.input_at = 0;
    while (awt_link_receive(&fuzz_link, &request)) {
        uint64_t before = fuzz_replies;
        awt_session_handle(&fuzz_session, &request, &emitter);
        awt_link_flush(&fuzz_link);
        fuzz_replies += take_replies(replies, 64);
        assert_true(fuzz_replies > before); /* every request has an answer */
        fuzz_session.reset_wanted = false;
    }
}

static void test_fuzz(void **state)
{
    (void)state;
    struct awb_memory memory;
    uint32_t loaded = 0, ran = 0;
    awb_memory(&memory);
    static const struct awt_stream stream = {.read = awb_link_read, .write = awb_link_write};
    awt_link_init(&fuzz_link, &stream);
    awt_session_init(&fuzz_session, awb_init(), &memory, awt_selftest(&memory),
                     awt_runner_calibrate());
    for (uint32_t seed = 0; seed < 20000; seed++) {
        /* Half of the frames in the order of a conversation, so that all states are reached. */
        uint32_t r = aw_rng_word(seed, 50);
        uint32_t row = r % 2 ? AWP_HELLO + seed % 8 : AWP_HELLO + (r >> 8) % 9;
        uint8_t payload[AW_FRAME_MAX_PAYLOAD], frame[AW_FRAME_MAX_WIRE + 8];
        uint32_t size = payload_of(row, seed, payload), n = 0;
        if (r & 0x10000)
            mutate(payload, &size, sizeof payload, seed); /* behind the CRC */
        if (size == 0)
            continue;
        assert_int_equal(aw_frame_encode(payload, size, frame, sizeof frame, &n), AW_OK);
        if ((r & 0x60000) == 0)
            mutate(frame, &n, sizeof frame, seed + 1); /* on the line */
        fuzz_feed(frame, n);
        loaded += fuzz_session.state == AWP_STATE_LOADED;
        ran += fuzz_session.records.of != AWT_RECORDS_NONE;
    }
    print_message("%llu replies, %u bad frames, loaded after %u frames, records after %u\n",
                  (unsigned long long)fuzz_replies, fuzz_link.bad_frames, loaded, ran);
    assert_true(loaded > 1000 && ran > 1000 && fuzz_link.bad_frames > 1000);
    test_board_check_tails();

    /* It still works. */
    wire_bytes = 0;
    uint32_t seq = 2, size = test_program_write(1, program, sizeof program);
    put(hello);
    put_load(&seq, size);
    put((struct awp_request){.seq = seq++, .kind = AWP_VERIFY});
    fuzz_feed(wire, wire_bytes);
    assert_int_equal(fuzz_session.records.of, AWT_RECORDS_VERIFY);
    assert_int_equal(fuzz_session.records.count, TEST_LAYERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_boot_answers_hello, setup),
        cmocka_unit_test_setup(test_reset_answers_first, setup),
        cmocka_unit_test_setup(test_garbage_between_frames, setup),
        cmocka_unit_test_setup(test_whole_conversation, setup),
        cmocka_unit_test_setup(test_acknowledgements_leave_together, setup),
        cmocka_unit_test_setup(test_fuzz, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
