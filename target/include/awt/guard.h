/* Guard zones: the bytes behind arena and weight memory that belong to no layer. Kernels may read
 * them; whoever writes them has written outside of its tensor. */
#ifndef AWT_GUARD_H
#define AWT_GUARD_H

#include <stdbool.h>

#include "awt/hal.h"

/* At boot: fills AWB_TAIL_BYTES behind both with a pattern. */
void awt_guard_set(const struct awb_memory *memory);
/* After everything that ran a kernel: false when the pattern was written to; it is then restored.
 */
bool awt_guard_check(const struct awb_memory *memory);

#endif
