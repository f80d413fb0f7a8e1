/* The key of a board on a shared network: docs/protocol.md, "The key". */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/path.h"
#include "devices/session_state.h"

#define KEY_FILE_MAX_BYTES 4096u

enum aw_err awh_link_use_key(struct awh_link *link, const char *path, struct awh_diag *diag)
{
    if (!path)
        path = getenv("AWNAS_KEY_FILE");
    if (!path || !path[0])
        return AW_OK;
    struct awh_arena arena;
    awh_arena_init(&arena);
    char *text = NULL;
    size_t size = 0;
    enum aw_err err = awh_file_read(&arena, path, KEY_FILE_MAX_BYTES, &text, &size, diag);
    if (!err && !aw_siphash_key(text, (uint32_t)size, link->key))
        err = awh_fail(diag, AW_ERR_FORMAT, "%s: expected a key of 32 hexadecimal digits", path);
    link->has_key = !err;
    awh_arena_release(&arena);
    return err;
}

enum aw_err awh_session_prove_key(struct awh_session *session, struct awh_diag *diag)
{
    const struct awh_link *link = session->link;
    if (!session->hello.key_wanted)
        return AW_OK;
    if (!link->has_key)
        return awh_fail(diag, AW_ERR_STATE,
                        "%s: this board wants its key; give --key-file FILE or AWNAS_KEY_FILE",
                        link->where);
    struct awp_request request = {.kind = AWP_AUTH};
    uint8_t *nonce = request.auth.nonce;
    if (getrandom(nonce, AWP_NONCE_BYTES, 0) != (ssize_t)AWP_NONCE_BYTES)
        return awh_fail(diag, AW_ERR_IO, "the system gives no random bytes");
    request.auth.mac = awp_auth_mac(link->key, AWP_FROM_HOST, session->hello.challenge, nonce);
    enum aw_err err = awh_session_exchange(session, &request, AWP_AUTH_DONE, false, diag);
    if (err)
        return err;
    uint64_t expected = awp_auth_mac(link->key, AWP_FROM_BOARD, session->hello.challenge, nonce);
    if (session->state->reply.auth_done.mac != expected)
        return awh_fail(
            diag, AW_ERR_MISMATCH,
            "%s: what answers there does not have the board's key; is the address right?",
            link->where);
    return AW_OK;
}
