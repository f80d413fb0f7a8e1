/* What nanopb includes instead of a C library's headers, which bare-metal compilers come without.
 */
#ifndef AWB_PB_SYSTEM_H
#define AWB_PB_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aw/mem.h"

#ifndef CHAR_BIT
#define CHAR_BIT __CHAR_BIT__
#endif

#endif
