/* What became of a board that does not answer as it should: it may have restarted, and then its
 * Hello tells why. */
#include <stdio.h>

#include "devices/session_state.h"

/* A board that has restarted answers at once; one that is dead has been waited for already. */
#define ASK_MS 2000u

static const char *activity_name(uint32_t activity)
{
    switch (activity) {
    case AWP_IDLE:
        return "idle";
    case AWP_LOADING:
        return "loading the program";
    case AWP_VERIFYING:
        return "verifying";
    case AWP_WARMING_UP:
        return "warming up";
    case AWP_TIMING_LAYERS:
        return "timing layers";
    case AWP_TIMING_WHOLE:
        return "timing the whole net";
    }
    return "doing something unknown";
}

void awh_session_fault_text(const struct awp_last_fault *fault, char *text, size_t capacity)
{
    snprintf(text, capacity,
             "%s while %s (pc 0x%llx, lr 0x%llx, sp 0x%llx, cause 0x%llx, address 0x%llx)",
             fault->kind == AWP_FAULT_WATCHDOG    ? "the board's watchdog ended it"
             : fault->kind == AWP_FAULT_EXCEPTION ? "the CPU faulted"
                                                  : "the board restarted",
             activity_name(fault->activity), (unsigned long long)fault->pc,
             (unsigned long long)fault->lr, (unsigned long long)fault->sp,
             (unsigned long long)fault->cause, (unsigned long long)fault->address);
}

static void place_of(const struct awh_session *session, int32_t layer, char *text, size_t capacity)
{
    if (session->describe)
        session->describe(session->describe_context, layer, text, capacity);
    else if (layer >= 0)
        snprintf(text, capacity, "layer %d", (int)layer);
    else
        snprintf(text, capacity, "no layer");
}

enum aw_err awh_session_explain(struct awh_session *session, enum aw_err err,
                                const struct awh_diag *failed, struct awh_diag *diag)
{
    struct awh_diag ignored = {0};
    char what[256], where[256];
    bool maybe = err == AW_ERR_STATE || err == AW_ERR_TIMEOUT || err == AW_ERR_CRC;
    const uint32_t before = session->hello.last_fault.count;
    const struct awp_last_fault *fault = &session->hello.last_fault;
    if (maybe && session->version >= 2 && awh_session_greet(session, ASK_MS, &ignored))
        maybe = false;
    if (!maybe || fault->count == before || fault->count == 0)
        return awh_fail(diag, err, "%s", failed->text);
    awh_session_fault_text(fault, what, sizeof(what));
    place_of(session, fault->layer, where, sizeof(where));
    return awh_fail(diag, fault->kind == AWP_FAULT_WATCHDOG ? AW_ERR_TIMEOUT : AW_ERR_INTERNAL,
                    "%s: %s: %s; the board has restarted", session->link->where, where, what);
}
