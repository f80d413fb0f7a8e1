/* The string functions that lwIP calls; boards/common/string.c has them. */
#ifndef AWT_LWIP_STRING_H
#define AWT_LWIP_STRING_H

#include "aw/mem.h"

void *memmove(void *to, const void *from, size_t n);

#endif
