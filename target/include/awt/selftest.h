/* What must hold before a board may measure anything. */
#ifndef AWT_SELFTEST_H
#define AWT_SELFTEST_H

#include "aw/err.h"
#include "awt/hal.h"

/* AW_ERR_CRC: the CRC-32 is wrong; AW_ERR_NUMERIC: the generator; AW_ERR_MISMATCH: a kernel;
 * AW_ERR_NO_SPACE: the board's memory is too small to try. Uses arena and weight memory. */
AW_MUST_USE enum aw_err awt_selftest(const struct awb_memory *memory);

#endif
