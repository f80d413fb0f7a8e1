#include "awt/auth.h"

#include "aw/mem.h"
#include "awt/fault.h"
#include "awt/hal.h"

/* No board has a source of randomness that all boards have: what makes a challenge new is the
 * clock, which counts nanoseconds or so, at the moment of a packet's arrival, and a counter. The
 * key makes it unpredictable. */
static void make_challenge(struct awt_auth *auth)
{
    const uint64_t seed[] = {awb_ticks(), awb_millis(), ++auth->counter};
    uint8_t labelled[1 + sizeof seed];
    memcpy(labelled + 1, seed, sizeof seed);
    for (uint32_t half = 0; half < 2; half++) {
        labelled[0] = (uint8_t)half;
        uint64_t mac = aw_siphash(auth->key, labelled, sizeof labelled);
        memcpy(auth->challenge + 8u * half, &mac, sizeof mac);
    }
}

void awt_auth_init(struct awt_auth *auth, const uint8_t *key)
{
    memset(auth, 0, sizeof *auth);
    auth->key = key;
    awt_auth_forget(auth);
}

void awt_auth_forget(struct awt_auth *auth)
{
    auth->admitted = false;
    if (auth->key)
        make_challenge(auth);
}

static bool refuse(const struct awp_request *request, enum aw_err code, const char *text,
                   struct awp_reply *reply)
{
    struct awt_fault fault;
    awt_fault_set(&fault, code, AWT_NO_LAYER, text);
    reply->seq = request->seq;
    reply->kind = AWP_ERROR;
    reply->error.code = fault.code;
    reply->error.layer = fault.layer;
    memcpy(reply->error.text, fault.text, sizeof reply->error.text);
    return false;
}

/* A copy of the Auth that was accepted is answered alike. */
static bool check(struct awt_auth *auth, const struct awp_request *request, struct awp_reply *reply)
{
    bool repeated =
        auth->admitted && memcmp(auth->nonce, request->auth.nonce, sizeof auth->nonce) == 0;
    bool good = request->auth.mac ==
                awp_auth_mac(auth->key, AWP_FROM_HOST, auth->challenge, request->auth.nonce);
    if (!good) {
        if (!auth->admitted)
            make_challenge(auth);
        return refuse(request, AW_ERR_STATE, "the key is not this board's", reply);
    }
    if (!repeated) {
        memcpy(auth->nonce, request->auth.nonce, sizeof auth->nonce);
        auth->admitted = true;
    }
    reply->seq = request->seq;
    reply->kind = AWP_AUTH_DONE;
    reply->auth_done.mac = awp_auth_mac(auth->key, AWP_FROM_BOARD, auth->challenge, auth->nonce);
    return false;
}

bool awt_auth_admit(struct awt_auth *auth, const struct awp_request *request,
                    struct awp_reply *reply_out)
{
    if (request->kind == AWP_AUTH && auth->key)
        return check(auth, request, reply_out);
    if (request->kind == AWP_AUTH)
        return refuse(request, AW_ERR_UNSUPPORTED, "this board has no key here", reply_out);
    if (auth->key && !auth->admitted && request->kind != AWP_HELLO)
        return refuse(request, AW_ERR_STATE, "this board wants its key first (--key-file)",
                      reply_out);
    return true;
}

void awt_auth_tell(const struct awt_auth *auth, struct awp_hello_reply *hello)
{
    hello->key_wanted = auth->key != NULL;
    if (auth->key)
        memcpy(hello->challenge, auth->challenge, sizeof hello->challenge);
}
