/* bench wire without results: throughput of the line to a board. */
#include "flow/bench.h"

#include "aw/size.h"
#include "devices/session.h"
#include "flow/measure.h"

#define MOST_BYTES (1u << 20)

static void print_rate(const struct awh_session *session, const struct awh_line_rate *rate,
                       FILE *out)
{
    double kb = rate->bytes / 1e3;
    double raw = kb / (rate->raw_ms / 1e3), upload = kb / (rate->upload_ms / 1e3);
    double framing = (double)rate->upload_wire_bytes / rate->bytes - 1;
    fprintf(out, "board               %s (%s), protocol %u\n", session->hello.board,
            session->link->where, session->version);
    fprintf(out, "window, chunk       %u, %u bytes\n", session->hello.window_bytes,
            session->hello.chunk_bytes);
    fprintf(out, "line, raw           %10.1f kB/s  (%u bytes taken and dropped in %.0f ms)\n", raw,
            rate->bytes, rate->raw_ms);
    if (session->link->baud)
        fprintf(out, "line, by its rate   %10.1f kB/s  (%u baud, 10 bits a byte)\n",
                session->link->baud / 10e3, session->link->baud);
    fprintf(out, "upload, payload     %10.1f kB/s  (%u bytes in %.0f ms, %llu chunks repeated)\n",
            upload, rate->bytes, rate->upload_ms, (unsigned long long)rate->retries);
    fprintf(out, "upload, on the line %10.1f kB/s  (framing %.2f %%)\n", upload * (1 + framing),
            100 * framing);
    fprintf(out, "payload / raw line  %10.1f %%\n", 100 * upload / raw);
}

enum aw_err awh_bench_line(const struct awh_measure_options *options, uint32_t bytes, FILE *out,
                           struct awh_diag *diag)
{
    struct awh_link link = {0};
    struct awh_session session = {0};
    struct awh_line_rate rate;
    enum aw_err err = awh_measure_check_options(options, diag);
    if (!err)
        err = awh_measure_open(options, &link, &session, diag);
    if (err)
        return err;
    uint32_t most = aw_min_u32(session.hello.program_bytes, MOST_BYTES);
    if (bytes > session.hello.program_bytes)
        err = awh_fail(diag, AW_ERR_RANGE, "--bytes: %s takes at most %u", link.where,
                       session.hello.program_bytes);
    if (!err)
        err = awh_session_line_rate(&session, bytes ? bytes : most, &rate, diag);
    if (!err)
        print_rate(&session, &rate, out);
    awh_session_close(&session);
    awh_link_close(&link);
    return err;
}
