/* Between main.c, which opens the port, and board.c, which speaks over it. */
#ifndef AWB_NATIVE_H
#define AWB_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

/* Sets the listening socket, and the line that a restart after a fault kept (-1: none). */
void awb_native_serve(int listen_fd, int line_fd);

/* Environment variable that hands what a restart keeps over it, as file descriptors: the listening
 * socket, so that the port stays; the memory of awb_noinit(); and after a fault the line, which
 * breaks no more than a cable would (-1: none). "3,4,-1". */
#define AWB_NATIVE_KEEP_ENV "AWNAS_NATIVE_KEEP_FDS"

/* Takes over what the run before left, or starts afresh; then sets up the handlers of faults. */
void awb_native_keep(int listen_fd, int noinit_fd, int line_fd, char **argv);
/* The line is another one now, or none (-1). */
void awb_native_keep_line(int line_fd);
/* Runs the program anew. `with_line`: keeps the line open. Async-signal-safe; returns only when
 * that fails. */
void awb_native_restart(bool with_line);

/* The key that hosts must have, AW_SIPHASH_KEY_BYTES, copied; without it everybody may connect. */
void awb_native_set_key(const uint8_t *key);

#endif
