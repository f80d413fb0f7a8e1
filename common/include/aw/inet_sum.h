/* The checksum of IP, TCP and UDP (RFC 1071). */
#ifndef AW_INET_SUM_H
#define AW_INET_SUM_H

#include <stdint.h>

/* Ones' complement sum of the 16-bit words that begin at `bytes`, as they lie in memory, not
 * inverted; an odd byte at the end is the first of its word. */
uint16_t aw_inet_sum(const void *bytes, uint32_t n);

#endif
