#include "devices/session.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "aw/crc.h"
#include "aw/size.h"
#include "devices/session_state.h"

const struct awh_session_timing awh_session_timing_default = {
    .first_ms = 250,
    .max_ms = 2000,
    .request_ms = 10000,
    .load_end_ms = 60000,
    .poke_first_ms = 5000,
    .poke_max_ms = 60000,
    .run_ms = 600000,
};

/* -- opening ----------------------------------------------------------------------------- */

static bool printable(const char *text)
{
    if (!text[0])
        return false;
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
            return false;
    return true;
}

/* Both say what they speak; the newest in common is taken. */
static enum aw_err agree_version(const struct awh_link *link, const struct awp_hello_reply *hello,
                                 uint32_t *version_out, struct awh_diag *diag)
{
    uint32_t newest = hello->protocol_version,
             oldest = hello->oldest_version ? hello->oldest_version : newest;
    *version_out = awp_version_common(newest, oldest, AWP_PROTOCOL_VERSION, AWP_HOST_OLDEST);
    if (*version_out)
        return AW_OK;
    return awh_fail(diag, AW_ERR_VERSION,
                    "%s: its firmware speaks protocol %u to %u, this awnas-hw %u to %u; %s",
                    link->where, oldest, newest, AWP_HOST_OLDEST, AWP_PROTOCOL_VERSION,
                    newest < AWP_HOST_OLDEST ? "flash the firmware of this version"
                                             : "upgrade awnas-hw, or flash the firmware of this "
                                               "version");
}

static enum aw_err check_hello(const struct awh_link *link, const struct awp_hello_reply *hello,
                               struct awh_diag *diag)
{
    const struct {
        const char *name, *text;
    } texts[] = {{"board", hello->board},           {"cpu", hello->cpu},
                 {"firmware", hello->firmware},     {"kernel_set", hello->kernel_set},
                 {"clock_name", hello->clock_name}, {"clock_unit", hello->clock_unit}};
    const struct {
        const char *name;
        uint32_t value;
    } limits[] = {{"arena_bytes", hello->arena_bytes},     {"weight_bytes", hello->weight_bytes},
                  {"program_bytes", hello->program_bytes}, {"max_layers", hello->max_layers},
                  {"max_records", hello->max_records},     {"window_bytes", hello->window_bytes},
                  {"chunk_bytes", hello->chunk_bytes}};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (!printable(texts[i].text))
            return awh_fail(diag, AW_ERR_IO,
                            "%s: its Hello has no printable %s; is this firmware of awnas-hw?",
                            link->where, texts[i].name);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        if (limits[i].value == 0)
            return awh_fail(diag, AW_ERR_IO,
                            "%s: its Hello says %s 0; is this firmware of awnas-hw?", link->where,
                            limits[i].name);
    if (hello->chunk_bytes > hello->window_bytes)
        return awh_fail(diag, AW_ERR_IO, "%s: its Hello says chunk_bytes %u, but window_bytes %u",
                        link->where, hello->chunk_bytes, hello->window_bytes);
    return AW_OK;
}

static enum aw_err say_hello(struct awh_session *session, unsigned hello_timeout_ms,
                             struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    uint64_t bad_frames = session->bad_frames;
    struct awp_request request = {
        .kind = AWP_HELLO,
        .hello = {.protocol_version = AWP_PROTOCOL_VERSION, .oldest_version = AWP_HOST_OLDEST}};
    enum aw_err err = awh_session_send(session, &request, diag);
    if (err)
        return err;
    bool got;
    unsigned line_ms = awh_session_line_ms(session, state->wire_bytes + AW_FRAME_MAX_WIRE / 4);
    unsigned pause = state->timing.first_ms + line_ms;
    err = awh_session_await(session, &request, AWP_HELLO_REPLY, AWP_HELLO_REPLY, pause, 2 * pause,
                            hello_timeout_ms, &got, diag);
    if (err)
        return err;
    if (!got && session->bad_frames > bad_frames)
        return awh_fail(diag, AW_ERR_TIMEOUT,
                        "%s: no Hello within %u ms, but %llu unreadable frames; is the line rate "
                        "right, and the firmware awnas-hw's?",
                        session->link->where, hello_timeout_ms,
                        (unsigned long long)(session->bad_frames - bad_frames));
    if (!got)
        return awh_fail(diag, AW_ERR_TIMEOUT,
                        "%s: no Hello within %u ms; is the firmware running? Reset the board, and "
                        "check the cable%s",
                        session->link->where, hello_timeout_ms,
                        session->link->baud ? " and the line rate" : "");
    err = agree_version(session->link, &state->reply.hello, &session->version, diag);
    if (!err)
        err = check_hello(session->link, &state->reply.hello, diag);
    if (!err)
        session->hello = state->reply.hello;
    return err;
}

enum aw_err awh_session_greet(struct awh_session *session, unsigned hello_timeout_ms,
                              struct awh_diag *diag)
{
    enum aw_err err = say_hello(session, hello_timeout_ms, diag);
    return err ? err : awh_session_prove_key(session, diag);
}

enum aw_err awh_session_open_with(struct awh_link *link, unsigned hello_timeout_ms,
                                  const struct awh_session_timing *timing,
                                  struct awh_session *session_out, struct awh_diag *diag)
{
    struct awh_session session = {.link = link};
    session.state = calloc(1, sizeof(*session.state));
    if (!session.state)
        return awh_fail_mem(diag);
    session.state->timing = *timing;
    aw_frame_decoder_init(&session.state->decoder);
    /* A board answers a repeated number as it answered the first time, and it may remember those of
     * an earlier session: begin somewhere else each time, far from the wrap. */
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
        random = (uint32_t)awh_session_now(&session) * 2654435761u;
    session.state->last_seq = random >> 1;
    enum aw_err err = awh_session_greet(&session, hello_timeout_ms, diag);
    if (err) {
        free(session.state);
        return err;
    }
    session.retries = 0; /* a board that still boots is no fault of the line */
    *session_out = session;
    return AW_OK;
}

enum aw_err awh_session_open(struct awh_link *link, unsigned hello_timeout_ms,
                             struct awh_session *session_out, struct awh_diag *diag)
{
    return awh_session_open_with(link, hello_timeout_ms, &awh_session_timing_default, session_out,
                                 diag);
}

void awh_session_close(struct awh_session *session)
{
    free(session->state);
    *session = (struct awh_session){0};
}

/* -- long work --------------------------------------------------------------------------- */

static enum aw_err run_timeout(const struct awh_session *session, enum awp_request_kind kind,
                               struct awh_diag *diag)
{
    return awh_fail(
        diag, AW_ERR_TIMEOUT,
        "%s: %s did not finish within %u s; reset the board, or measure fewer repeats or "
        "smaller nets",
        session->link->where, awh_request_name(kind), session->state->timing.run_ms / 1000);
}

/* Verify and Run: the board answers Started at once and its Done when it has finished. A repeat of
 * the request while it works is answered by the Done, so that losing any of the frames costs only
 * time. */
static enum aw_err work(struct awh_session *session, struct awp_request *request,
                        enum awp_reply_kind done, void (*meanwhile)(void *context), void *context,
                        struct awh_diag *diag)
{
    struct awh_session_state *state = session->state;
    const struct awh_session_timing *timing = &state->timing;
    uint64_t bad_frames = session->bad_frames;
    uint64_t started_ms = awh_session_now(session);
    enum aw_err err = awh_session_send(session, request, diag);
    if (err)
        return err;
    unsigned line_ms = awh_session_line_ms(session, 4 * state->wire_bytes);
    unsigned start_ms = timing->load_end_ms < timing->run_ms ? timing->load_end_ms : timing->run_ms;
    bool got;
    err = awh_session_await(session, request, AWP_STARTED, done, timing->first_ms + line_ms,
                            timing->max_ms + line_ms, start_ms, &got, diag);
    if (err)
        return err;
    if (!got)
        return awh_session_silent(session, request->kind, start_ms, bad_frames, diag);
    bool finished = state->reply.kind == done;
    /* `meanwhile` may take longer than the board, and must not eat its Done. */
    struct awp_reply reply = state->reply;
    if (meanwhile)
        meanwhile(context);
    if (finished) {
        state->reply = reply;
        return AW_OK;
    }
    uint64_t passed = awh_session_now(session) - started_ms;
    unsigned left = passed < timing->run_ms ? (unsigned)(timing->run_ms - passed) : 0;
    uint64_t retries = session->retries;
    err = awh_session_await(session, request, done, done, timing->poke_first_ms + line_ms,
                            timing->poke_max_ms, left, &got, diag);
    session->retries = retries; /* asking whether it has finished is no fault of the line */
    if (err || got)
        return err;
    return run_timeout(session, request->kind, diag);
}

/* Times that the same records are asked for when others come, and all of them when their CRC is
 * another than the board's. */
#define FETCHES 3u

/* Whether these are the records from `first` on of that run: a gap or a repetition shows here. */
static bool follows(const struct awh_session *session, const struct awp_records *records,
                    uint32_t first, uint32_t left, enum awp_record_kind kind, uint32_t run_seq)
{
    return records->first == first && records->kind == (uint32_t)kind && records->count > 0 &&
           records->count <= AWP_RECORDS_MAX && records->count <= left &&
           (session->version < 2 || records->run_seq == run_seq);
}

/* Reads `count` records of a kind through `take`. */
static enum aw_err fetch(struct awh_session *session, enum awp_record_kind kind, uint32_t count,
                         uint32_t run_seq,
                         void (*take)(const struct awp_records *records, void *out), void *out,
                         struct awh_diag *diag)
{
    unsigned fetches = 0;
    for (uint32_t first = 0; first < count;) {
        struct awp_request request = {.kind = AWP_FETCH, .fetch = {.first = first, .kind = kind}};
        enum aw_err err = awh_session_exchange(session, &request, AWP_RECORDS, false, diag);
        if (err)
            return err;
        const struct awp_records *records = &session->state->reply.records;
        if (follows(session, records, first, count - first, kind, run_seq)) {
            take(records, out);
            first += records->count;
            fetches = 0;
            continue;
        }
        session->gaps++;
        if (++fetches == FETCHES)
            return awh_fail(
                diag, AW_ERR_IO,
                "%s: asked %u times for records from %u of %u of run %u, the board sent %u from %u "
                "of run %u; its firmware is broken",
                session->link->where, fetches, first, count, run_seq, records->count,
                records->first, records->run_seq);
    }
    return AW_OK;
}

/* The board's CRC of all records of a run or a Verify; 0 from a board of version 1, which has none.
 */
static bool crc_agrees(const struct awh_session *session, uint32_t told, uint32_t found)
{
    return session->version < 2 || told == found;
}

static enum aw_err crc_differs(const struct awh_session *session, uint32_t told, uint32_t found,
                               struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_CRC,
                    "%s: the records of a run have CRC 0x%08x, the board says 0x%08x, also after "
                    "fetching them %u times; measure again with --resume",
                    session->link->where, found, told, FETCHES);
}

/* CRC-32 over little-endian words of `bytes` bytes each. */
static uint32_t crc_of(uint32_t crc, const void *words, uint32_t count, uint32_t bytes)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t word = bytes == 8 ? ((const uint64_t *)words)[i] : ((const uint32_t *)words)[i];
        uint8_t little[8];
        for (uint32_t k = 0; k < bytes; k++)
            little[k] = (uint8_t)(word >> (8 * k));
        crc = aw_crc32(crc, little, bytes);
    }
    return crc;
}

static void take_ticks(const struct awp_records *records, void *out)
{
    memcpy((uint64_t *)out + records->first, records->ticks, records->count * sizeof(uint64_t));
}

static void take_words(const struct awp_records *records, void *out)
{
    memcpy((uint32_t *)out + records->first, records->words, records->count * sizeof(uint32_t));
}

static enum aw_err check_count(const struct awh_session *session, enum awp_request_kind kind,
                               uint32_t expected, uint32_t found, struct awh_diag *diag)
{
    if (expected == found)
        return AW_OK;
    return awh_fail(diag, AW_ERR_IO,
                    "%s: %s made %u records where %u were expected; the board runs another program",
                    session->link->where, awh_request_name(kind), found, expected);
}

/* `layers` CRCs and, into instructions (never NULL), what each layer retired. */
static enum aw_err verify(struct awh_session *session, uint32_t layers,
                          void (*meanwhile)(void *context), void *context, uint32_t *crcs,
                          uint32_t *instructions, struct awh_diag *diag)
{
    struct awp_request request = {.kind = AWP_VERIFY};
    enum aw_err err = work(session, &request, AWP_VERIFY_DONE, meanwhile, context, diag);
    uint32_t told = session->state->reply.verify_done.records_crc, found = 0;
    if (!err)
        err = check_count(session, AWP_VERIFY, layers,
                          session->state->reply.verify_done.record_count, diag);
    for (unsigned i = 0; !err && i < FETCHES; i++) {
        err = fetch(session, AWP_CRCS, layers, request.seq, take_words, crcs, diag);
        if (!err && session->hello.counts_instructions)
            err = fetch(session, AWP_INSTRUCTIONS, layers, request.seq, take_words, instructions,
                        diag);
        found = crc_of(crc_of(0, crcs, layers, 4), instructions, layers, 4);
        if (!err && crc_agrees(session, told, found))
            return AW_OK;
        session->gaps += !err;
    }
    return err ? err : crc_differs(session, told, found, diag);
}

enum aw_err awh_session_verify(struct awh_session *session, uint32_t layers,
                               void (*meanwhile)(void *context), void *context, uint32_t *crcs,
                               uint32_t *instructions, struct awh_diag *diag)
{
    struct awh_diag failed = {0};
    uint32_t *counts = calloc(layers ? layers : 1, sizeof(*counts));
    if (!counts)
        return awh_fail_mem(diag);
    enum aw_err err = verify(session, layers, meanwhile, context, crcs, counts, &failed);
    if (!err && instructions)
        memcpy(instructions, counts, layers * sizeof(*counts));
    free(counts);
    return err ? awh_session_explain(session, err, &failed, diag) : AW_OK;
}

/* One Run of `repeats` that the board can keep, and its records. */
static enum aw_err run_part(struct awh_session *session, const struct awp_request *run,
                            uint32_t per_repeat, uint64_t *ticks, struct awh_diag *diag)
{
    struct awp_request request = *run;
    uint32_t count = run->run.repeats * per_repeat;
    enum aw_err err = work(session, &request, AWP_RUN_DONE, NULL, NULL, diag);
    uint64_t total = session->state->reply.run_done.total_ticks, sum = 0;
    uint32_t told = session->state->reply.run_done.records_crc, found = 0;
    if (!err)
        err =
            check_count(session, AWP_RUN, count, session->state->reply.run_done.record_count, diag);
    for (unsigned i = 0; !err && i < FETCHES; i++) {
        err = fetch(session, AWP_TICKS, count, request.seq, take_ticks, ticks, diag);
        sum = 0;
        for (uint32_t k = 0; k < count; k++)
            sum += ticks[k];
        found = crc_of(0, ticks, count, 8);
        if (!err && sum == total && crc_agrees(session, told, found))
            return AW_OK;
        session->gaps += !err;
    }
    if (err)
        return err;
    if (sum != total) /* records of another run: a late repeat of an old request started one */
        return awh_fail(diag, AW_ERR_IO,
                        "%s: the samples of a run add up to %llu ticks, the board says %llu; "
                        "measure again with --resume",
                        session->link->where, (unsigned long long)sum, (unsigned long long)total);
    return crc_differs(session, told, found, diag);
}

enum aw_err awh_session_run(struct awh_session *session, enum awp_run_mode mode, uint32_t warmup,
                            uint32_t repeats, uint32_t layers, uint64_t *ticks,
                            struct awh_diag *diag)
{
    uint32_t per_repeat = mode == AWP_MODE_LAYERS ? layers : 1;
    uint32_t most = per_repeat ? session->hello.max_records / per_repeat : 0;
    if (most == 0)
        return awh_fail(
            diag, AW_ERR_NO_SPACE,
            "%s: the net has %u layers, the board keeps %u samples of a run; rebuild its "
            "firmware with more",
            session->link->where, layers, session->hello.max_records);
    for (uint32_t repeat = 0; repeat < repeats;) {
        struct awh_diag failed = {0};
        uint32_t part = aw_min_u32(most, repeats - repeat);
        const struct awp_request request = {
            .kind = AWP_RUN, .run = {.warmup = warmup, .repeats = part, .mode = mode}};
        enum aw_err err =
            run_part(session, &request, per_repeat, ticks + (uint64_t)repeat * per_repeat, &failed);
        if (err)
            return awh_session_explain(session, err, &failed, diag);
        repeat += part;
    }
    return AW_OK;
}
