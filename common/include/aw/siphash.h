/* SipHash-2-4: a keyed 64-bit MAC of short messages (Aumasson, Bernstein: SipHash, a fast
 * short-input PRF, 2012). Check value: appendix A of the paper, key 00..0f, message 00..0e:
 * a129ca6149be45e5. */
#ifndef AW_SIPHASH_H
#define AW_SIPHASH_H

#include <stdbool.h>
#include <stdint.h>

#include "aw/err.h"

#define AW_SIPHASH_KEY_BYTES 16u

/* The text of a key file: 32 hexadecimal digits, perhaps with white space around them; key_out is
 * untouched when it is something else. */
AW_MUST_USE bool aw_siphash_key(const char *text, uint32_t size,
                                uint8_t key_out[AW_SIPHASH_KEY_BYTES]);

uint64_t aw_siphash(const uint8_t key[AW_SIPHASH_KEY_BYTES], const void *bytes, uint32_t n);

#endif
