/* Sizes of the native board: a process has memory to spare, and its socket buffers far more than a
 * window. */
#ifndef AWB_NATIVE_BOARD_CONFIG_H
#define AWB_NATIVE_BOARD_CONFIG_H

#ifndef AWB_ARENA_BYTES /* tests want a small board */
#define AWB_ARENA_BYTES (64u * 1024u * 1024u)
#endif
#define AWB_WEIGHT_BYTES  (64u * 1024u * 1024u)
#define AWB_PROGRAM_BYTES (16u * 1024u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWT_MAX_LAYERS    1024u
#define AWT_MAX_RECORDS   65536u
#define AWT_WINDOW_BYTES  (64u * 1024u)
#define AWB_WATCHDOG      1
#ifndef AWT_WATCHDOG_MS
#define AWT_WATCHDOG_MS 60000u /* under a sanitizer everything is slow */
#endif

/* The line is a TCP connection: awb_link_connection() and awb_key() are there. */
#define AWB_LINE_IS_SHARED 1

#endif
