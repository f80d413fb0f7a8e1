/* What lwIP asks of compiler and platform. */
#ifndef AWT_LWIP_CC_H
#define AWT_LWIP_CC_H

#include <stdint.h>

#define LWIP_NO_CTYPE_H    1
#define LWIP_NO_UNISTD_H   1
#define LWIP_NO_INTTYPES_H 1
#define BYTE_ORDER         LITTLE_ENDIAN

#define X8_F  "x"
#define U16_F "u"
#define S16_F "d"
#define X16_F "x"
#define U32_F "u"
#define S32_F "d"
#define X32_F "x"
#define SZT_F "u"

uint32_t awt_net_random(void);
#define LWIP_RAND() awt_net_random()

#define LWIP_PLATFORM_DIAG(message) ((void)0)
/* A broken invariant is a fault like any other: reported by the board, which restarts. */
#define LWIP_PLATFORM_ASSERT(message) __builtin_trap()

#endif
