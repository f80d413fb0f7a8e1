#include "fakes/sim_board.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "aw/rng.h"
#include "awt/crash.h"
#include "awt/guard.h"
#include "awt/link.h"

#define ARENA_BYTES   65536u
#define WEIGHT_BYTES  65536u
#define PROGRAM_BYTES 32768u
#define ZONE_BYTES    4096u /* around each: far more than the tail that the runtime checks itself */
#define ZONE_VALUE    0xc3u
#define SEGMENTS      512u
#define SEGMENT_BYTES (AW_FRAME_MAX_WIRE + 2048u)
#define INPUT_BYTES   65536u /* of the board's receive buffer: what does not fit is lost */
#define BYTES_A_MS    100u
#define REORDER_MS    30u

const char *const sim_fault_names[SIM_FAULTS] = {"flip", "loss",  "duplicate", "reorder",
                                                 "cut",  "stall", "garbage"};

struct segment {
    uint64_t due_ms;
    uint32_t size, at;
    uint8_t bytes[SEGMENT_BYTES];
};

/* First in, first out. */
struct direction {
    struct segment queue[SEGMENTS];
    uint32_t first, count;
    uint64_t last_due_ms;
    struct segment held; /* to come after the next; size 0: none */
};

static struct {
    struct sim_options options;
    uint64_t now_ms, busy_until_ms, dead_until_ms;
    uint32_t draws, frames, faults;
    struct direction to_board, to_host;

    struct awt_link link;
    struct awt_session session;
    uint8_t input[INPUT_BYTES];
    uint32_t input_at, input_bytes;
    uint64_t reply_due_ms;
    bool working; /* Started was sent */
    bool feeding;
    const char *fed_wrong;
    uint64_t ticks;
    uint64_t noinit[AWT_NOINIT_BYTES / 8];
    struct awb_memory memory;
} sim;

/* Zone, memory, tail, zone. */
static _Alignas(64) uint8_t arena[ZONE_BYTES + ARENA_BYTES + AWB_TAIL_BYTES + ZONE_BYTES];
static _Alignas(64) uint8_t weights[ZONE_BYTES + WEIGHT_BYTES + AWB_TAIL_BYTES + ZONE_BYTES];
static _Alignas(64) uint8_t program[ZONE_BYTES + PROGRAM_BYTES + ZONE_BYTES];
static _Alignas(64) uint8_t tables[ZONE_BYTES + AWT_TABLE_BYTES + ZONE_BYTES];

/* -- the board's hal ---------------------------------------------------------------------- */

const struct awb_info *awb_init(void)
{
    static const struct awb_info info = {.board = "sim",
                                         .cpu = "none",
                                         .clock_name = "script",
                                         .clock_unit = "ticks",
                                         .emulated = true,
                                         .counts_instructions = true};
    return &info;
}

uint64_t awb_ticks(void)
{
    return sim.ticks += 1000u + aw_rng_word(11, (uint32_t)sim.ticks) % 100000u;
}

uint64_t awb_ticks_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint64_t awb_instructions(void)
{
    return awb_ticks();
}

uint64_t awb_instructions_between(uint64_t from, uint64_t to)
{
    return to - from;
}

uint32_t awb_millis(void)
{
    return (uint32_t)sim.now_ms;
}

uint32_t awb_link_read(uint8_t *bytes, uint32_t capacity)
{
    uint32_t n = sim.input_bytes - sim.input_at;
    n = n < capacity ? n : capacity;
    memcpy(bytes, sim.input + sim.input_at, n);
    sim.input_at += n;
    if (sim.input_at == sim.input_bytes)
        sim.input_at = sim.input_bytes = 0;
    return n;
}

void awb_wait(void)
{
}

void awb_timed_begin(void)
{
}

void awb_timed_end(void)
{
}

void awb_watchdog_arm(uint32_t limit_ms)
{
    (void)limit_ms;
}

void awb_watchdog_disarm(void)
{
}

void *awb_noinit(void)
{
    return sim.noinit;
}

_Noreturn void awb_reset(void)
{
    abort(); /* sim_board restarts the session itself */
}

void awb_memory(struct awb_memory *out)
{
    *out = sim.memory;
}

/* -- the line ----------------------------------------------------------------------------- */

static uint32_t draw(uint32_t below)
{
    return aw_rng_word(sim.options.seed, sim.draws++) % below;
}

static void put(struct direction *direction, const uint8_t *bytes, uint32_t size, uint64_t due_ms)
{
    if (direction->count == SEGMENTS || size == 0)
        return; /* a line that is full loses */
    struct segment *segment = &direction->queue[(direction->first + direction->count++) % SEGMENTS];
    due_ms += size / BYTES_A_MS;
    if (due_ms < direction->last_due_ms)
        due_ms = direction->last_due_ms;
    direction->last_due_ms = segment->due_ms = due_ms;
    segment->size = size;
    segment->at = 0;
    memcpy(segment->bytes, bytes, size);
}

static void release_held(struct direction *direction, uint64_t due_ms)
{
    if (direction->held.size)
        put(direction, direction->held.bytes, direction->held.size, due_ms);
    direction->held.size = 0;
}

static int pick_fault(void)
{
    uint32_t frame = sim.frames++;
    if (!sim.options.kinds || sim.faults >= sim.options.most)
        return -1;
    if (frame != sim.options.first && draw(1000) >= sim.options.per_mille)
        return -1;
    int kind;
    do
        kind = (int)draw(SIM_FAULTS);
    while (!(sim.options.kinds & 1u << kind));
    sim.faults++;
    return kind;
}

static void put_garbage(struct direction *direction, uint64_t due_ms)
{
    uint8_t garbage[2000];
    uint32_t size = 1 + draw(sizeof(garbage));
    for (uint32_t i = 0; i < size; i++)
        garbage[i] = (uint8_t)draw(256);
    put(direction, garbage, size, due_ms);
}

static void cut_line(void)
{
    sim.dead_until_ms = sim.now_ms + 1 + draw(3000);
    sim.to_board.count = sim.to_host.count = 0;
    sim.to_board.held.size = sim.to_host.held.size = 0;
}

/* One frame, as its sender wrote it. */
static void send_frame(struct direction *direction, const uint8_t *frame, uint32_t size,
                       uint64_t due_ms)
{
    assert(size <= AW_FRAME_MAX_WIRE);
    if (sim.now_ms < sim.dead_until_ms)
        return;
    int fault = pick_fault();
    uint8_t bytes[AW_FRAME_MAX_WIRE];
    memcpy(bytes, frame, size);
    uint32_t at = draw(size);
    bool reordered = direction->held.size > 0;
    switch (fault) {
    case SIM_FLIP:
        bytes[at] ^= (uint8_t)(1u << draw(8));
        break;
    case SIM_LOSS:
        size = 0;
        break;
    case SIM_DUPLICATE:
        put(direction, bytes, size, due_ms);
        break;
    case SIM_REORDER:
        release_held(direction, due_ms);
        memcpy(direction->held.bytes, bytes, size);
        direction->held.size = size;
        direction->held.due_ms = due_ms + REORDER_MS;
        return;
    case SIM_CUT:
        put(direction, bytes, at, due_ms);
        if (draw(2))
            cut_line();
        return;
    case SIM_STALL:
        due_ms += 1 + draw(8000);
        break;
    case SIM_GARBAGE: {
        uint32_t before = draw(3) == 0 ? 0 : draw(2) ? size : at;
        put(direction, bytes, before, due_ms);
        put_garbage(direction, due_ms);
        put(direction, bytes + before, size - before, due_ms);
        size = 0;
        break;
    }
    default:
        break;
    }
    put(direction, bytes, size, due_ms);
    if (reordered)
        release_held(direction, due_ms);
}

/* -- the board runs ----------------------------------------------------------------------- */

static void switch_on(void)
{
    static const struct awt_stream line = {.read = awb_link_read, .write = awb_link_write};
    awt_link_init(&sim.link, &line);
    awt_session_init(&sim.session, awb_init(), &sim.memory, AW_OK, (struct awt_costs){1000, 0});
}

/* What a reply must be, whatever was asked. */
static void check_reply(const uint8_t *bytes, uint32_t n)
{
    static struct aw_frame_decoder decoder;
    static struct awp_reply reply;
    aw_frame_decoder_init(&decoder);
    for (uint32_t i = 0; i < n; i++) {
        enum aw_frame_event event = aw_frame_push(&decoder, bytes[i]);
        if (event != AW_FRAME_NONE &&
            (event != AW_FRAME_READY ||
             awp_reply_decode(decoder.payload, decoder.payload_bytes, &reply) != AW_OK))
            sim.fed_wrong = "a reply that is none";
        else if (event == AW_FRAME_READY && reply.kind == AWP_ERROR &&
                 (reply.error.code == AW_ERR_INTERNAL || !reply.error.text[0]))
            sim.fed_wrong = "an internal error, or one without a reason";
    }
}

void awb_link_write(const uint8_t *bytes, uint32_t n)
{
    if (sim.feeding) {
        sim.frames++;
        check_reply(bytes, n);
        return;
    }
    send_frame(&sim.to_host, bytes, n, sim.reply_due_ms);
}

static void emit(void *context, const struct awp_reply *reply)
{
    (void)context;
    /* A Done without a Started is a repeated one: no work. */
    bool worked = sim.working && reply->kind != AWP_STARTED;
    sim.working = reply->kind == AWP_STARTED;
    if (worked) {
        sim.reply_due_ms = sim.now_ms + sim.options.work_ms;
        sim.busy_until_ms = sim.reply_due_ms;
    }
    awt_link_send(&sim.link, reply);
    sim.reply_due_ms = sim.now_ms;
}

/* What has arrived at the board, unless it works. */
static void run_board(void)
{
    static const struct awt_emitter emitter = {.send = emit};
    static struct awp_request request;
    sim.reply_due_ms = sim.now_ms;
    while (sim.now_ms >= sim.busy_until_ms && awt_link_receive(&sim.link, &request)) {
        sim.session.bad_frames = sim.link.bad_frames;
        awt_session_handle(&sim.session, &request, &emitter);
        if (sim.session.reset_wanted)
            switch_on();
    }
    awt_link_flush(&sim.link);
}

static uint64_t soonest(const struct direction *direction, uint64_t before)
{
    if (direction->count && direction->queue[direction->first].due_ms < before)
        before = direction->queue[direction->first].due_ms;
    if (direction->held.size && direction->held.due_ms < before)
        before = direction->held.due_ms;
    return before;
}

static struct segment *arrived(struct direction *direction)
{
    if (direction->held.size && direction->held.due_ms <= sim.now_ms)
        release_held(direction, direction->held.due_ms);
    struct segment *segment = &direction->queue[direction->first];
    return direction->count && segment->due_ms <= sim.now_ms ? segment : NULL;
}

static void remove_first(struct direction *direction)
{
    direction->first = (direction->first + 1) % SEGMENTS;
    direction->count--;
}

static void step(void)
{
    struct segment *segment;
    while ((segment = arrived(&sim.to_board)) != NULL) {
        uint32_t room = INPUT_BYTES - sim.input_bytes;
        uint32_t n = segment->size < room ? segment->size : room;
        memcpy(sim.input + sim.input_bytes, segment->bytes, n);
        sim.input_bytes += n;
        remove_first(&sim.to_board);
    }
    run_board();
}

static enum aw_err sim_read(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                            size_t *size_out, struct awh_diag *diag)
{
    (void)self;
    (void)diag;
    uint64_t deadline = sim.now_ms + timeout_ms;
    *size_out = 0;
    for (;;) {
        step();
        struct segment *segment = arrived(&sim.to_host);
        if (segment) {
            uint32_t n = segment->size - segment->at;
            if (n > capacity)
                n = (uint32_t)capacity;
            memcpy(bytes, segment->bytes + segment->at, n);
            segment->at += n;
            if (segment->at == segment->size)
                remove_first(&sim.to_host);
            *size_out = n;
            return AW_OK;
        }
        if (sim.now_ms >= deadline)
            return AW_OK;
        uint64_t next = soonest(&sim.to_host, soonest(&sim.to_board, deadline));
        bool waits = sim.input_bytes > 0 && sim.busy_until_ms > sim.now_ms;
        if (waits && sim.busy_until_ms < next)
            next = sim.busy_until_ms;
        sim.now_ms = next > sim.now_ms ? next : sim.now_ms + 1;
    }
}

static enum aw_err sim_write(void *self, const uint8_t *bytes, size_t size, struct awh_diag *diag)
{
    (void)self;
    (void)diag;
    send_frame(&sim.to_board, bytes, (uint32_t)size, sim.now_ms + 1);
    return AW_OK;
}

static void sim_close(void *self)
{
    (void)self;
}

/* Under AddressSanitizer, makes every access an error. */
static void hide_memory(const uint8_t *at, uint32_t bytes, bool hide)
{
#ifdef __SANITIZE_ADDRESS__
    if (hide)
        ASAN_POISON_MEMORY_REGION(at, bytes);
    else
        ASAN_UNPOISON_MEMORY_REGION(at, bytes);
#else
    (void)at;
    (void)bytes;
    (void)hide;
#endif
}

static void hide_zones(bool hide);

/* -- for tests ---------------------------------------------------------------------------- */

void sim_board_start(const struct sim_options *options)
{
    /* Queues that are empty, and the session, need not be cleared. */
    memset(&sim.link, 0, sizeof(sim.link));
    sim.to_board.first = sim.to_board.count = sim.to_board.held.size = 0;
    sim.to_host.first = sim.to_host.count = sim.to_host.held.size = 0;
    sim.to_board.last_due_ms = sim.to_host.last_due_ms = 0;
    sim.now_ms = sim.busy_until_ms = sim.dead_until_ms = sim.reply_due_ms = sim.ticks = 0;
    sim.draws = sim.frames = sim.faults = sim.input_at = sim.input_bytes = 0;
    sim.working = false;
    memset(sim.noinit, 0, sizeof(sim.noinit));
    sim.options = *options;
    hide_zones(false);
    sim_board_hide_program_after(UINT32_MAX);
    memset(arena, ZONE_VALUE, sizeof(arena));
    memset(weights, ZONE_VALUE, sizeof(weights));
    memset(program, ZONE_VALUE, sizeof(program));
    memset(tables, ZONE_VALUE, ZONE_BYTES); /* what is in it need not be set: it is large */
    memset(tables + sizeof(tables) - ZONE_BYTES, ZONE_VALUE, ZONE_BYTES);
    hide_zones(true);
    sim.memory = (struct awb_memory){.arena = arena + ZONE_BYTES,
                                     .arena_bytes = ARENA_BYTES,
                                     .weights = weights + ZONE_BYTES,
                                     .weight_bytes = WEIGHT_BYTES,
                                     .program = program + ZONE_BYTES,
                                     .program_bytes = PROGRAM_BYTES,
                                     .tables = tables + ZONE_BYTES};
    switch_on();
}

struct awh_link sim_board_link(void)
{
    static const struct awh_link_ops ops = {
        .read = sim_read, .write = sim_write, .close = sim_close};
    return (struct awh_link){.ops = &ops, .where = "sim", .transport = "tcp"};
}

static uint64_t sim_now(void *context)
{
    (void)context;
    return sim.now_ms;
}

struct awh_session_timing sim_board_timing(void)
{
    struct awh_session_timing timing = awh_session_timing_default;
    timing.now_ms = sim_now;
    return timing;
}

uint64_t sim_board_now_ms(void)
{
    return sim.now_ms;
}

unsigned sim_board_faults(void)
{
    return sim.faults;
}

unsigned sim_board_frames(void)
{
    return sim.frames;
}

const struct awt_session *sim_board_session(void)
{
    return &sim.session;
}

struct awt_session *sim_board_session_inout(void)
{
    return &sim.session;
}

const char *sim_board_feed(const uint8_t *bytes, uint32_t size)
{
    sim.feeding = true;
    sim.fed_wrong = NULL;
    while (size) {
        uint32_t n = size < INPUT_BYTES ? size : INPUT_BYTES;
        memcpy(sim.input, bytes, n);
        sim.input_at = 0;
        sim.input_bytes = n;
        run_board();
        bytes += n;
        size -= n;
    }
    sim.feeding = false;
    return sim.fed_wrong;
}

/* -- memory that nobody may touch --------------------------------------------------------- */

static uint8_t *const zones[] = {arena,   arena + sizeof(arena) - ZONE_BYTES,
                                 weights, weights + sizeof(weights) - ZONE_BYTES,
                                 program, program + sizeof(program) - ZONE_BYTES,
                                 tables,  tables + sizeof(tables) - ZONE_BYTES};

static void hide_zones(bool hide)
{
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        hide_memory(zones[i], ZONE_BYTES, hide);
}

void sim_board_hide_program_after(uint32_t size)
{
    /* Its granules are 8 bytes. */
    if (size < PROGRAM_BYTES)
        hide_memory(program + ZONE_BYTES + size, PROGRAM_BYTES - size, true);
    else
        hide_memory(program + ZONE_BYTES, PROGRAM_BYTES, false);
}

static bool zone_whole(const uint8_t *zone)
{
    static uint8_t whole[ZONE_BYTES];
    if (whole[0] != ZONE_VALUE)
        memset(whole, ZONE_VALUE, sizeof(whole));
    return memcmp(zone, whole, sizeof(whole)) == 0;
}

bool sim_board_guards_whole(void)
{
    bool whole = awt_guard_check(&sim.memory);
    hide_zones(false);
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++)
        whole = zone_whole(zones[i]) && whole;
    hide_zones(true);
    return whole;
}
