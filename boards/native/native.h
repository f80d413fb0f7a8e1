/* Between main.c, which opens the port, and board.c, which speaks over it. */
#ifndef AWB_NATIVE_H
#define AWB_NATIVE_H

#include <stdint.h>

/* Sets the listening socket and the command line with which awb_reset() starts the program again.
 */
void awb_native_serve(int listen_fd, char **argv);

/* The key that hosts must have, AW_SIPHASH_KEY_BYTES, copied; without it everybody may connect. */
void awb_native_set_key(const uint8_t *key);

/* Environment variable that hands the listening socket over a reset, so that the port stays. */
#define AWB_NATIVE_LISTEN_ENV "AWNAS_NATIVE_LISTEN_FD"

#endif
