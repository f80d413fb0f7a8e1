/* SipHash-2-4: a keyed 64-bit MAC of short messages (Aumasson, Bernstein: SipHash, a fast
 * short-input PRF, 2012). Check value: appendix A of the paper, key 00..0f, message 00..0e:
 * a129ca6149be45e5. */
#ifndef AW_SIPHASH_H
#define AW_SIPHASH_H

#include <stdint.h>

#define AW_SIPHASH_KEY_BYTES 16u

uint64_t aw_siphash(const uint8_t key[AW_SIPHASH_KEY_BYTES], const void *bytes, uint32_t n);

#endif
