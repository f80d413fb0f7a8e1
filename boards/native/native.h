/* Between main.c, which opens the port, and board.c, which speaks over it. */
#ifndef AWB_NATIVE_H
#define AWB_NATIVE_H

/* Sets the listening socket and the command line with which awb_reset() starts the program again.
 */
void awb_native_serve(int listen_fd, char **argv);

/* Environment variable that hands the listening socket over a reset, so that the port stays. */
#define AWB_NATIVE_LISTEN_ENV "AWNAS_NATIVE_LISTEN_FD"

#endif
