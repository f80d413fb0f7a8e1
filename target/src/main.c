#include "awt/hal.h"
#include "awt/link.h"
#include "awt/runner.h"
#include "awt/selftest.h"
#include "awt/session.h"

static struct awt_link link;
static struct awt_session session;

static void send_reply(void *context, const struct awp_reply *reply)
{
    awt_link_send(context, reply);
}

_Noreturn void awt_main(void)
{
    const struct awb_info *info = awb_init();
    struct awb_memory memory;
    awb_memory(&memory);
    enum aw_err selftest = awt_selftest(&memory);
    awt_session_init(&session, info, &memory, selftest, awt_runner_calibrate());
    awt_link_init(&link);

    const struct awt_emitter emitter = {.send = send_reply, .context = &link};
    static struct awp_request request;
    for (;;) {
        while (awt_link_receive(&link, &request)) {
            session.bad_frames = link.bad_frames;
            awt_session_handle(&session, &request, &emitter);
            if (session.reset_wanted)
                awb_reset();
        }
        awb_wait();
    }
}
