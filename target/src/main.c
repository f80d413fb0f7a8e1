#include "aw/mem.h"
#include "awt/auth.h"
#include "awt/hal.h"
#include "awt/link.h"
#include "awt/runner.h"
#include "awt/selftest.h"
#include "awt/session.h"

#ifdef AWT_NET
#include "awt/net.h"
#endif

/* Some way in is a network. Boards with nothing but a cable save the memory. */
#if defined AWT_NET || defined AWB_LINE_IS_SHARED
#define ON_A_NETWORK 1
#endif

/* A way in: bytes, frames, and who is at the other end. */
struct port {
    struct awt_link link;
#ifdef ON_A_NETWORK
    struct awt_auth auth;
    uint32_t connection;
#endif
};

/* The board's own line. */
static const struct awt_stream line = {
    .read = awb_link_read,
    .write = awb_link_write,
#ifdef AWB_LINE_IS_SHARED
    .connection = awb_link_connection,
    .shared = true,
#endif
};

static const struct awt_stream *const streams[] = {
    &line,
#ifdef AWT_NET
    &awt_net_stream,
#endif
};
#define PORTS (sizeof streams / sizeof streams[0])

static struct port ports[PORTS];
static struct awt_session session;

#ifdef ON_A_NETWORK
static const uint8_t *shared_key(void)
{
#if defined AWT_KEY
    static const uint8_t key[] = {AWT_KEY};
    _Static_assert(sizeof key == AW_SIPHASH_KEY_BYTES, "a key has 16 bytes");
    return key;
#elif defined AWB_LINE_IS_SHARED
    return awb_key();
#else
    return NULL;
#endif
}

/* True when the session may handle the request; else it is answered. */
static bool admit(struct port *port, const struct awp_request *request)
{
    static struct awp_reply refusal;
    if (port->link.connection != port->connection) {
        port->connection = port->link.connection;
        awt_auth_forget(&port->auth);
    }
    if (awt_auth_admit(&port->auth, request, &refusal))
        return true;
    awt_link_send(&port->link, &refusal);
    return false;
}

static void send_hello(struct port *port, const struct awp_reply *reply)
{
    static struct awp_reply hello;
    hello = *reply;
    awt_auth_tell(&port->auth, &hello.hello);
#ifdef AWT_NET
    const char *address = awt_net_address();
    memcpy(hello.hello.network, address, strlen(address) + 1);
#endif
    awt_link_send(&port->link, &hello);
}
#endif

/* The acknowledgements of chunks that arrived together leave together; all else leaves at once, as
 * the board may be busy for a while afterwards. */
static void send_reply(void *context, const struct awp_reply *reply)
{
    struct port *port = context;
#ifdef ON_A_NETWORK
    if (reply->kind == AWP_HELLO_REPLY) {
        send_hello(port, reply);
        awt_link_flush(&port->link);
        return;
    }
#endif
    awt_link_send(&port->link, reply);
    if (reply->kind != AWP_LOAD_ACK)
        awt_link_flush(&port->link);
}

static void serve(struct port *port)
{
    static struct awp_request request;
    const struct awt_emitter emitter = {.send = send_reply, .context = port};
    while (awt_link_receive(&port->link, &request)) {
#ifdef ON_A_NETWORK
        if (!admit(port, &request))
            continue;
#endif
        session.bad_frames = port->link.bad_frames;
        awt_session_handle(&session, &request, &emitter);
        if (!session.reset_wanted)
            continue;
#ifdef AWT_NET
        awt_net_stop();
#endif
        awb_reset();
    }
    awt_link_flush(&port->link);
}

/* Not inlined: what it needs of the stack is free again when the board serves. */
__attribute__((noinline)) static void start(void)
{
    const struct awb_info *info = awb_init();
    struct awb_memory memory;
    awb_memory(&memory);
    enum aw_err selftest = awt_selftest(&memory);
    awt_session_init(&session, info, &memory, selftest, awt_runner_calibrate());
#ifdef AWT_NET
    awt_net_start(info->emulated);
#endif
    for (uint32_t i = 0; i < PORTS; i++) {
        awt_link_init(&ports[i].link, streams[i]);
#ifdef ON_A_NETWORK
        awt_auth_init(&ports[i].auth, streams[i]->shared ? shared_key() : NULL);
#endif
    }
}

_Noreturn void awt_main(void)
{
    start();
    for (;;) {
#ifdef AWT_NET
        awt_net_poll();
#endif
        for (uint32_t i = 0; i < PORTS; i++)
            serve(&ports[i]);
        awb_wait();
    }
}
