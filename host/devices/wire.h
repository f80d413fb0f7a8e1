/* What messages cost on the line, computed by encoding them. */
#ifndef AWH_WIRE_H
#define AWH_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

/* Wire bytes of the frames that carry `count` ticks from the board to the host, framing included.
 */
AW_MUST_USE enum aw_err awh_wire_ticks_bytes(const uint64_t *ticks, size_t count, size_t *bytes_out,
                                             struct awh_diag *diag);

#endif
