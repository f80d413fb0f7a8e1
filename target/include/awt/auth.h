/* Who may use the board: on a stream that anybody can reach, a host must prove that it has the
 * board's key before anything but Hello is answered (docs/protocol.md, "The key").
 *
 * It keeps strangers and stray scripts of a shared network out. It does not encrypt, and does not
 * stop who can change the packets of a connection under way. */
#ifndef AWT_AUTH_H
#define AWT_AUTH_H

#include <stdbool.h>
#include <stdint.h>

#include "msg.h"

struct awt_auth {
    const uint8_t *key; /* AW_SIPHASH_KEY_BYTES, borrowed; NULL: everybody may */
    bool admitted;
    uint8_t challenge[AWP_NONCE_BYTES];
    uint8_t nonce[AWP_NONCE_BYTES]; /* of the host that was admitted */
    uint64_t counter;               /* of challenges, so that none comes twice */
};

void awt_auth_init(struct awt_auth *auth, const uint8_t *key);
/* Another peer is on the stream. */
void awt_auth_forget(struct awt_auth *auth);
/* True when the session may handle the request; else *reply_out is the answer. */
bool awt_auth_admit(struct awt_auth *auth, const struct awp_request *request,
                    struct awp_reply *reply_out);
/* Adds to a Hello's reply what the host needs to prove itself. */
void awt_auth_tell(const struct awt_auth *auth, struct awp_hello_reply *hello);

#endif
