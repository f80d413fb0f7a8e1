#include "aw/crc.h"

#if defined(__ARM_FEATURE_CRC32) && defined(__AARCH64EL__)

#include <arm_acle.h>

uint32_t aw_crc32(uint32_t crc, const void *bytes, uint32_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n > 0 && (uintptr_t)p % 8u; n--)
        crc = __crc32b(crc, *p++);
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t word; /* one load, where nothing else is allowed, too */
        __builtin_memcpy(&word, __builtin_assume_aligned(p, 8), sizeof word);
        crc = __crc32d(crc, word);
    }
    while (n-- > 0)
        crc = __crc32b(crc, *p++);
    return ~crc;
}

#elif defined(__OPTIMIZE_SIZE__)

/* Half a byte at a time: entry i is the CRC of the four bits i. */
static const uint32_t nibbles[16] = {
    0x00000000u, 0x1DB71064u, 0x3B6E20C8u, 0x26D930ACu, 0x76DC4190u, 0x6B6B51F4u,
    0x4DB26158u, 0x5005713Cu, 0xEDB88320u, 0xF00F9344u, 0xD6D6A3E8u, 0xCB61B38Cu,
    0x9B64C2B0u, 0x86D3D2D4u, 0xA00AE278u, 0xBDBDF21Cu,
};

uint32_t aw_crc32(uint32_t crc, const void *bytes, uint32_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    while (n-- > 0) {
        crc ^= *p++;
        crc = crc >> 4 ^ nibbles[crc & 15u];
        crc = crc >> 4 ^ nibbles[crc & 15u];
    }
    return ~crc;
}

#else

/* The CRC is linear: the entry of i is the exclusive or of the entries of i's bits, which are given
 * here for the four tables of "slicing by 4" (table k: a byte followed by k zero bytes). */
#define BIT(i, b, entry) ((i) >> (b)&1u ? (entry) : 0u)
#define ENTRY(i, e0, e1, e2, e3, e4, e5, e6, e7)                                                   \
    (BIT(i, 0, e0) ^ BIT(i, 1, e1) ^ BIT(i, 2, e2) ^ BIT(i, 3, e3) ^ BIT(i, 4, e4) ^               \
     BIT(i, 5, e5) ^ BIT(i, 6, e6) ^ BIT(i, 7, e7))
#define T0(i)                                                                                      \
    ENTRY(i, 0x77073096u, 0xEE0E612Cu, 0x076DC419u, 0x0EDB8832u, 0x1DB71064u, 0x3B6E20C8u,         \
          0x76DC4190u, 0xEDB88320u)
#define T1(i)                                                                                      \
    ENTRY(i, 0x191B3141u, 0x32366282u, 0x646CC504u, 0xC8D98A08u, 0x4AC21251u, 0x958424A2u,         \
          0xF0794F05u, 0x3B83984Bu)
#define T2(i)                                                                                      \
    ENTRY(i, 0x01C26A37u, 0x0384D46Eu, 0x0709A8DCu, 0x0E1351B8u, 0x1C26A370u, 0x384D46E0u,         \
          0x709A8DC0u, 0xE1351B80u)
#define T3(i)                                                                                      \
    ENTRY(i, 0xB8BC6765u, 0xAA09C88Bu, 0x8F629757u, 0xC5B428EFu, 0x5019579Fu, 0xA032AF3Eu,         \
          0x9B14583Du, 0xED59B63Bu)
#define ROW4(t, i)  t(i), t((i) + 1u), t((i) + 2u), t((i) + 3u)
#define ROW16(t, i) ROW4(t, i), ROW4(t, (i) + 4u), ROW4(t, (i) + 8u), ROW4(t, (i) + 12u)
#define ROW64(t, i) ROW16(t, i), ROW16(t, (i) + 16u), ROW16(t, (i) + 32u), ROW16(t, (i) + 48u)
#define ROW256(t)                                                                                  \
    {                                                                                              \
        ROW64(t, 0u), ROW64(t, 64u), ROW64(t, 128u), ROW64(t, 192u)                                \
    }

static const uint32_t tables[4][256] = {ROW256(T0), ROW256(T1), ROW256(T2), ROW256(T3)};

uint32_t aw_crc32(uint32_t crc, const void *bytes, uint32_t n)
{
    const uint8_t *p = bytes;
    crc = ~crc;
    for (; n > 0 && (uintptr_t)p % 4u; n--)
        crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 0xFFu];
    for (; n >= 4; n -= 4, p += 4) {
        const uint8_t *w = __builtin_assume_aligned(p, 4);
        crc ^= (uint32_t)w[0] | (uint32_t)w[1] << 8 | (uint32_t)w[2] << 16 | (uint32_t)w[3] << 24;
        crc = tables[3][crc & 0xFFu] ^ tables[2][crc >> 8 & 0xFFu] ^ tables[1][crc >> 16 & 0xFFu] ^
              tables[0][crc >> 24];
    }
    while (n-- > 0)
        crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 0xFFu];
    return ~crc;
}

#endif
