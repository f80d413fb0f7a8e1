/* Byte streams over sockets: waits with a deadline that signals do not shorten. */
#ifndef AWH_FD_H
#define AWH_FD_H

#include <stddef.h>
#include <stdint.h>

#include "aw/err.h"

/* A line that takes nothing for this long is reported as stuck. */
#define AWH_WRITE_TIMEOUT_MS 10000u

uint64_t awh_clock_ms(void);

/* Waits for `events` (poll.h): AW_OK ready, hung up or failed (the next call on the socket tells),
 * AW_ERR_TIMEOUT, AW_ERR_IO with *errno_out. */
AW_MUST_USE enum aw_err awh_fd_wait(int fd, short events, unsigned timeout_ms, int *errno_out);

/* On non-blocking sockets. AW_ERR_IO sets *errno_out, to 0 when the peer closed the stream. A read
 * that times out is AW_OK with *size_out 0; a write that does is AW_ERR_TIMEOUT. */
AW_MUST_USE enum aw_err awh_fd_recv(int fd, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                                    size_t *size_out, int *errno_out);
AW_MUST_USE enum aw_err awh_fd_send(int fd, const uint8_t *bytes, size_t size, unsigned timeout_ms,
                                    int *errno_out);

#endif
