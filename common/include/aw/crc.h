/* CRC-32 as in IEEE 802.3 and zlib: reflected polynomial 0xEDB88320, initial and final inversion.
 * Check value: CRC-32 of "123456789" is 0xCBF43926. */
#ifndef AW_CRC_H
#define AW_CRC_H

#include <stdint.h>

/* Continues a CRC; start with crc = 0. aw_crc32(aw_crc32(0, a), b) equals the CRC of a then b. */
uint32_t aw_crc32(uint32_t crc, const void *bytes, uint32_t n);

#endif
