#include "awt/session.h"

#include "aw/mem.h"

#include "aw/crc.h"
#include "aw/size.h"
#include "awt/crash.h"
#include "awt/guard.h"

void awt_session_init(struct awt_session *session, const struct awb_info *info,
                      const struct awb_memory *memory, enum aw_err selftest, struct awt_costs costs)
{
    memset(session, 0, sizeof *session);
    session->info = info;
    session->memory = *memory;
    session->selftest = selftest;
    session->costs = costs;
    session->state = AWP_STATE_EMPTY;
    awt_guard_set(memory);
    awt_crash_read(&session->last_fault);
    awt_net_init(&session->net, memory);
    struct awt_records *records = &session->records;
    records->ticks = (void *)(memory->tables + AWT_MAX_LAYERS * AWT_SLOT_BYTES);
    records->crcs = (void *)records->ticks;
    records->instructions = records->crcs + AWT_MAX_LAYERS;
}

#define COPY_TEXT(to, from) copy_text((to), sizeof(to), (from))

static void copy_text(char *to, uint32_t capacity, const char *from)
{
    uint32_t n = 0;
    for (; from[n] && n + 1 < capacity; n++)
        to[n] = from[n];
    memset(to + n, 0, capacity - n);
}

/* From here to end_work() the board computes and answers nothing. */
static void begin_work(enum awp_activity activity, uint32_t limit_ms)
{
    awt_progress.activity = activity;
#ifdef AWB_WATCHDOG
    awb_watchdog_arm(limit_ms);
#else
    (void)limit_ms;
#endif
}

/* Kernels have run: what they wrote outside of their tensors would make every number doubtful. */
static enum aw_err end_work(const struct awt_session *session, struct awt_fault *fault)
{
#ifdef AWB_WATCHDOG
    awb_watchdog_disarm();
#endif
    awt_progress.activity = AWP_IDLE;
    if (awt_guard_check(&session->memory))
        return AW_OK;
    return awt_fault_set(fault, AW_ERR_INTERNAL, AWT_NO_LAYER,
                         "a kernel wrote behind the arena or the weights; its results are void");
}

static void handle_hello(struct awt_session *session, const struct awp_request *request,
                         struct awp_reply *reply)
{
    session->host_newest = request->hello.protocol_version;
    session->refused = awp_version_common(session->host_newest, request->hello.oldest_version,
                                          AWP_PROTOCOL_VERSION, AWP_BOARD_OLDEST) == 0;
    const struct awb_info *info = session->info;
    struct awp_hello_reply *hello = &reply->hello;
    reply->kind = AWP_HELLO_REPLY;
    hello->protocol_version = AWP_PROTOCOL_VERSION;
    COPY_TEXT(hello->board, info->board);
    COPY_TEXT(hello->cpu, info->cpu);
    COPY_TEXT(hello->firmware, AWT_FIRMWARE_ID);
    COPY_TEXT(hello->kernel_set, awt_kernel_set);
    COPY_TEXT(hello->clock_name, info->clock_name);
    COPY_TEXT(hello->clock_unit, info->clock_unit);
    hello->clock_hz = info->clock_hz;
    hello->timestamp_cost_ticks = session->costs.ticks;
    hello->emulated = info->emulated;
    hello->counts_instructions = info->counts_instructions;
    hello->arena_bytes = session->memory.arena_bytes;
    hello->weight_bytes = session->memory.weight_bytes;
    hello->program_bytes = session->memory.program_bytes;
    hello->max_layers = AWT_MAX_LAYERS;
    hello->max_records = AWT_MAX_RECORDS;
    hello->window_bytes = AWT_WINDOW_BYTES;
    hello->chunk_bytes = AWP_CHUNK_BYTES;
    hello->exception_level = info->exception_level;
    hello->selftest = session->selftest;
    hello->oldest_version = AWP_BOARD_OLDEST;
    hello->last_fault = session->last_fault;
#ifdef AWB_WATCHDOG
    hello->watchdog = true;
#else
    hello->watchdog = false;
#endif
}

static void set_ack(const struct awt_session *session, struct awp_reply *reply)
{
    reply->kind = AWP_LOAD_ACK;
    reply->load_ack.received_bytes = session->received_bytes;
}

static void clear_records(struct awt_session *session)
{
    session->records.of = AWT_RECORDS_NONE;
    session->records.count = 0;
}

static enum aw_err handle_load_begin(struct awt_session *session, const struct awp_request *request,
                                     struct awp_reply *reply, struct awt_fault *fault)
{
    uint32_t size = request->load_begin.size_bytes, crc = request->load_begin.crc;
    if (size == 0 || size > session->memory.program_bytes) {
        awt_fault_set(fault, size == 0 ? AW_ERR_RANGE : AW_ERR_NO_SPACE, AWT_NO_LAYER,
                      "a program of ");
        awt_fault_number(fault, size);
        awt_fault_text(fault, " bytes; the board takes 1 to ");
        awt_fault_number(fault, session->memory.program_bytes);
        return fault->code;
    }
    bool same = session->state == AWP_STATE_LOADED && size == session->upload_bytes &&
                crc == session->upload_crc;
    if (!same) {
        clear_records(session);
        session->state = AWP_STATE_LOADING;
        session->upload_bytes = size;
        session->upload_crc = crc;
        session->received_bytes = 0;
    }
    set_ack(session, reply);
    return AW_OK;
}

/* A chunk is its own repeat check: one that was taken already lies before received_bytes. */
static enum aw_err handle_load_chunk(struct awt_session *session, const struct awp_request *request,
                                     struct awp_reply *reply, struct awt_fault *fault)
{
    if (session->state == AWP_STATE_EMPTY)
        return awt_fault_set(fault, AW_ERR_STATE, AWT_NO_LAYER, "LoadChunk without LoadBegin");
    uint32_t end;
    if (!aw_add_u32(request->load_chunk.offset, request->load_chunk.size, &end) ||
        end > session->upload_bytes) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "a chunk at ");
        awt_fault_number(fault, request->load_chunk.offset);
        awt_fault_text(fault, " runs past the program's ");
        awt_fault_number(fault, session->upload_bytes);
        awt_fault_text(fault, " bytes");
        return fault->code;
    }
    if (request->load_chunk.offset == session->received_bytes) {
        memcpy(session->memory.program + request->load_chunk.offset, request->load_chunk.data,
               request->load_chunk.size);
        session->received_bytes = end;
    }
    set_ack(session, reply);
    return AW_OK;
}

static enum aw_err check_upload(const struct awt_session *session, struct awt_fault *fault)
{
    uint32_t crc = awp_program_crc(session->memory.program, session->upload_bytes);
    if (crc == session->upload_crc)
        return AW_OK;
    awt_fault_set(fault, AW_ERR_CRC, AWT_NO_LAYER, "the program arrived with CRC ");
    awt_fault_hex(fault, crc);
    awt_fault_text(fault, ", LoadBegin announced ");
    awt_fault_hex(fault, session->upload_crc);
    return fault->code;
}

/* What a pass may take at most: see AWT_WATCHDOG_MS. */
static uint32_t pass_limit_ms(const struct awt_net *net)
{
    uint64_t macs = 0;
    for (uint32_t i = 0; i < net->layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(&net->program, (uint16_t)i, &plan);
        uint64_t room = UINT64_MAX - macs;
        macs += plan.macs < room ? plan.macs : room;
    }
    uint64_t limit_ms = AWT_WATCHDOG_MS + macs / AWT_WATCHDOG_MACS_PER_MS;
    return limit_ms > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)limit_ms;
}

/* Not inlined: its plan and faults would be on the stack below every reply. */
__attribute__((noinline)) static enum aw_err load_net(struct awt_session *session,
                                                      struct awt_fault *fault)
{
    awt_progress.program_crc = session->upload_crc;
    begin_work(AWP_LOADING, AWT_WATCHDOG_MS);
    enum aw_err err = awt_net_load(&session->net, &session->memory, session->upload_bytes, fault);
    struct awt_fault outside;
    enum aw_err ended = end_work(session, &outside);
    if (err == AW_OK && ended != AW_OK) {
        *fault = outside;
        err = ended;
    }
    if (err == AW_OK)
        session->pass_limit_ms = pass_limit_ms(&session->net);
    return err;
}

static enum aw_err handle_load_end(struct awt_session *session, struct awp_reply *reply,
                                   struct awt_fault *fault)
{
    if (session->state == AWP_STATE_EMPTY)
        return awt_fault_set(fault, AW_ERR_STATE, AWT_NO_LAYER, "LoadEnd without LoadBegin");
    if (session->received_bytes != session->upload_bytes) {
        awt_fault_set(fault, AW_ERR_STATE, AWT_NO_LAYER, "LoadEnd after ");
        awt_fault_number(fault, session->received_bytes);
        awt_fault_text(fault, " of ");
        awt_fault_number(fault, session->upload_bytes);
        awt_fault_text(fault, " bytes");
        return fault->code;
    }
    if (session->state == AWP_STATE_LOADING) {
        enum aw_err err = check_upload(session, fault);
        if (err == AW_OK)
            err = load_net(session, fault);
        session->state = err == AW_OK ? AWP_STATE_LOADED : AWP_STATE_EMPTY;
        if (err != AW_OK)
            return err;
        /* Whoever loads a program has had its Hello. */
        awt_crash_forget();
        session->last_fault.count = 0;
    }
    reply->kind = AWP_LOAD_DONE;
    reply->load_done.layer_count = session->net.layer_count;
    reply->load_done.packed_weight_bytes = session->net.weight_bytes;
    return AW_OK;
}

/* A board that fails its own test must not produce a number. */
static enum aw_err check_runnable(const struct awt_session *session, struct awt_fault *fault)
{
    if (session->state != AWP_STATE_LOADED)
        return awt_fault_set(fault, AW_ERR_STATE, AWT_NO_LAYER, "no program is loaded");
    if (session->selftest != AW_OK) {
        awt_fault_set(fault, session->selftest, AWT_NO_LAYER, "the board failed its self-test: ");
        awt_fault_text(fault, aw_err_str(session->selftest));
        return fault->code;
    }
    return AW_OK;
}

/* In the place of the reply that comes later. */
static void emit_started(struct awp_reply *reply, const struct awt_emitter *emitter)
{
    reply->kind = AWP_STARTED;
    emitter->send(emitter->context, reply);
}

static void keep_records(struct awt_session *session, int of, uint32_t count, uint32_t run_seq)
{
    session->records.of = of;
    session->records.count = count;
    session->records.run_seq = run_seq;
}

/* Over the words' little-endian bytes, on any machine. */
static uint32_t crc_of_words(uint32_t crc, const uint32_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t bytes[4];
        for (uint32_t k = 0; k < 4; k++)
            bytes[k] = (uint8_t)(words[i] >> (8 * k));
        crc = aw_crc32(crc, bytes, sizeof bytes);
    }
    return crc;
}

static enum aw_err handle_verify(struct awt_session *session, const struct awp_request *request,
                                 const struct awt_emitter *emitter, struct awp_reply *reply,
                                 struct awt_fault *fault)
{
    enum aw_err err = check_runnable(session, fault);
    if (err != AW_OK)
        return err;
    clear_records(session);
    emit_started(reply, emitter);
    struct awt_records *records = &session->records;
    begin_work(AWP_VERIFYING, session->pass_limit_ms);
    uint32_t crc =
        awt_runner_verify(&session->net, &session->costs, records->crcs, records->instructions);
    err = end_work(session, fault);
    if (err != AW_OK)
        return err;
    if (!session->info->counts_instructions)
        memset(records->instructions, 0, session->net.layer_count * sizeof(uint32_t));
    keep_records(session, AWT_RECORDS_VERIFY, session->net.layer_count, request->seq);
    reply->kind = AWP_VERIFY_DONE;
    reply->verify_done.record_count = records->count;
    reply->verify_done.output_crc = crc;
    reply->verify_done.records_crc = crc_of_words(crc_of_words(0, records->crcs, records->count),
                                                  records->instructions, records->count);
    return AW_OK;
}

static enum aw_err check_run(const struct awt_session *session, const struct awp_request *request,
                             uint32_t *count_out, struct awt_fault *fault)
{
    uint32_t a_repeat = request->run.mode == AWP_MODE_LAYERS ? session->net.layer_count : 1;
    if (request->run.mode != AWP_MODE_LAYERS && request->run.mode != AWP_MODE_WHOLE) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "run mode ");
        awt_fault_number(fault, request->run.mode);
        awt_fault_text(fault, "; expected 0 (layers) or 1 (whole)");
    } else if (request->run.warmup > AWT_MAX_WARMUP) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "a warm-up of ");
        awt_fault_number(fault, request->run.warmup);
        awt_fault_text(fault, " passes; the board takes at most ");
        awt_fault_number(fault, AWT_MAX_WARMUP);
    } else if (request->run.repeats == 0 ||
               !aw_mul_u32(request->run.repeats, a_repeat, count_out) ||
               *count_out > AWT_MAX_RECORDS) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "");
        awt_fault_number(fault, request->run.repeats);
        awt_fault_text(fault, " repeats of ");
        awt_fault_number(fault, a_repeat);
        awt_fault_text(fault, " records; the board keeps 1 to ");
        awt_fault_number(fault, AWT_MAX_RECORDS);
    } else {
        return AW_OK;
    }
    return fault->code;
}

/* The watchdog is armed between passes, so that the limit is that of one. */
static void run_passes(struct awt_session *session, const struct awp_request *request,
                       uint32_t count)
{
    for (uint32_t i = 0; i < request->run.warmup; i++) {
        begin_work(AWP_WARMING_UP, session->pass_limit_ms);
        awt_runner_warm_up(&session->net);
    }
    uint64_t *ticks = session->records.ticks;
    for (uint32_t at = 0; at < count;) {
        if (request->run.mode == AWP_MODE_LAYERS) {
            begin_work(AWP_TIMING_LAYERS, session->pass_limit_ms);
            awt_runner_time_layers(&session->net, &session->costs, ticks + at);
            at += session->net.layer_count;
        } else {
            begin_work(AWP_TIMING_WHOLE, session->pass_limit_ms);
            ticks[at++] = awt_runner_time_whole(&session->net, &session->costs);
        }
    }
}

static void sum_ticks(const uint64_t *ticks, uint32_t count, struct awp_reply *reply)
{
    reply->run_done.total_ticks = 0;
    reply->run_done.records_crc = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t halves[2] = {(uint32_t)ticks[i], (uint32_t)(ticks[i] >> 32)};
        reply->run_done.records_crc = crc_of_words(reply->run_done.records_crc, halves, 2);
        reply->run_done.total_ticks += ticks[i];
    }
}

static enum aw_err handle_run(struct awt_session *session, const struct awp_request *request,
                              const struct awt_emitter *emitter, struct awp_reply *reply,
                              struct awt_fault *fault)
{
    uint32_t count = 0;
    enum aw_err err = check_runnable(session, fault);
    if (err == AW_OK)
        err = check_run(session, request, &count, fault);
    if (err != AW_OK)
        return err;
    clear_records(session);
    emit_started(reply, emitter);
    run_passes(session, request, count);
    err = end_work(session, fault);
    if (err != AW_OK)
        return err;
    keep_records(session, AWT_RECORDS_RUN, count, request->seq);
    reply->kind = AWP_RUN_DONE;
    reply->run_done.record_count = count;
    sum_ticks(session->records.ticks, count, reply);
    return AW_OK;
}

static enum aw_err handle_fetch(const struct awt_session *session,
                                const struct awp_request *request, struct awp_reply *reply,
                                struct awt_fault *fault)
{
    const struct awt_records *records = &session->records;
    uint32_t first = request->fetch.first, kind = request->fetch.kind;
    if (kind > AWP_INSTRUCTIONS) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "record kind ");
        awt_fault_number(fault, kind);
        awt_fault_text(fault, "; expected 0 (ticks), 1 (CRCs) or 2 (instructions)");
        return fault->code;
    }
    bool ticks = kind == AWP_TICKS;
    if (records->of != (ticks ? AWT_RECORDS_RUN : AWT_RECORDS_VERIFY))
        return awt_fault_set(fault, AW_ERR_STATE, AWT_NO_LAYER,
                             ticks ? "no ticks: the last measurement was no Run"
                                   : "no CRCs and instructions: the last one was no Verify");
    if (first >= records->count) {
        awt_fault_set(fault, AW_ERR_RANGE, AWT_NO_LAYER, "record ");
        awt_fault_number(fault, first);
        awt_fault_text(fault, " of ");
        awt_fault_number(fault, records->count);
        return fault->code;
    }
    uint32_t n = aw_min_u32(records->count - first, AWP_RECORDS_MAX);
    reply->kind = AWP_RECORDS;
    reply->records.first = first;
    reply->records.kind = kind;
    reply->records.run_seq = records->run_seq;
    reply->records.count = (uint16_t)n;
    if (ticks)
        memcpy(reply->records.ticks, records->ticks + first, n * sizeof(uint64_t));
    else
        memcpy(reply->records.words,
               (kind == AWP_CRCS ? records->crcs : records->instructions) + first,
               n * sizeof(uint32_t));
    return AW_OK;
}

static void handle_status(const struct awt_session *session, struct awp_reply *reply)
{
    reply->kind = AWP_STATUS_REPLY;
    reply->status.state = session->state;
    reply->status.program_crc = session->state == AWP_STATE_LOADED ? session->net.program.crc : 0;
    reply->status.bad_frames = session->bad_frames;
    reply->status.record_count = session->records.count;
}

/* What must hold before anything but Hello is executed. */
static enum aw_err admit(const struct awt_session *session, const struct awp_request *request,
                         struct awt_fault *fault)
{
    if (request->kind == AWP_HELLO || !session->refused)
        return AW_OK;
    awt_fault_set(fault, AW_ERR_VERSION, AWT_NO_LAYER, "this board speaks protocol ");
    awt_fault_number(fault, AWP_BOARD_OLDEST);
    awt_fault_text(fault, " to ");
    awt_fault_number(fault, AWP_PROTOCOL_VERSION);
    awt_fault_text(fault, session->host_newest < AWP_BOARD_OLDEST
                              ? ", the host only older; upgrade awnas-hw"
                              : ", the host only newer; flash its firmware");
    return fault->code;
}

static enum aw_err execute(struct awt_session *session, const struct awp_request *request,
                           const struct awt_emitter *emitter, struct awp_reply *reply,
                           struct awt_fault *fault)
{
    enum aw_err err = admit(session, request, fault);
    if (err != AW_OK)
        return err;
    switch (request->kind) {
    case AWP_HELLO:
        handle_hello(session, request, reply);
        return AW_OK;
    case AWP_LOAD_BEGIN:
        return handle_load_begin(session, request, reply, fault);
    case AWP_LOAD_CHUNK:
        return handle_load_chunk(session, request, reply, fault);
    case AWP_LOAD_END:
        return handle_load_end(session, reply, fault);
    case AWP_VERIFY:
        return handle_verify(session, request, emitter, reply, fault);
    case AWP_RUN:
        return handle_run(session, request, emitter, reply, fault);
    case AWP_FETCH:
        return handle_fetch(session, request, reply, fault);
    case AWP_STATUS:
        handle_status(session, reply);
        return AW_OK;
    case AWP_RESET:
        reply->kind = AWP_RESET_ACK;
        session->reset_wanted = true;
        return AW_OK;
    case AWP_AUTH:
        break; /* awt_auth_admit() has answered it */
    }
    return awt_fault_set(fault, AW_ERR_UNSUPPORTED, AWT_NO_LAYER, "unknown request");
}

static void set_error(struct awp_reply *reply, const struct awt_fault *fault)
{
    reply->kind = AWP_ERROR;
    reply->error.code = fault->code;
    reply->error.layer = fault->layer;
    COPY_TEXT(reply->error.text, fault->text);
}

/* An older request than the newest is a copy that the line delivered late; the host waits for its
 * reply no more. The difference is taken modulo 2^32, as sequence numbers wrap. */
static bool is_late(const struct awt_session *session, uint32_t seq)
{
    return session->last_seq != 0 && (int32_t)(seq - session->last_seq) < 0;
}

void awt_session_handle(struct awt_session *session, const struct awp_request *request,
                        const struct awt_emitter *emitter)
{
    /* Hello starts the sequence numbers of a new host anew, and a chunk checks itself. */
    bool is_chunk = request->kind == AWP_LOAD_CHUNK;
    bool ordered = request->kind != AWP_HELLO && !is_chunk;
    bool same_seq = ordered && request->seq == session->last_seq;
    if (same_seq && request->kind == session->last_kind) {
        emitter->send(emitter->context, &session->last_reply);
        return;
    }
    struct awt_fault fault;
    struct awp_reply *other = &session->other;
    if (same_seq || (ordered && is_late(session, request->seq))) {
        awt_fault_set(&fault, AW_ERR_STATE, AWT_NO_LAYER, "sequence number ");
        awt_fault_number(&fault, request->seq);
        awt_fault_text(&fault, same_seq ? " was another request"
                                        : " is older than the last one; Hello starts anew");
        other->seq = request->seq;
        set_error(other, &fault);
        emitter->send(emitter->context, other);
        return;
    }
    struct awp_reply *reply = is_chunk ? other : &session->last_reply;
    reply->seq = request->seq;
    if (execute(session, request, emitter, reply, &fault) != AW_OK)
        set_error(reply, &fault);
    if (!is_chunk) {
        session->last_seq = request->seq;
        session->last_kind = request->kind;
    }
    emitter->send(emitter->context, reply);
}
