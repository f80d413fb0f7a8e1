/* Sizes of the native board: a process has memory to spare, and its socket buffers far more than a
 * window. */
#ifndef AWB_NATIVE_BOARD_CONFIG_H
#define AWB_NATIVE_BOARD_CONFIG_H

#define AWB_ARENA_BYTES   (64u * 1024u * 1024u)
#define AWB_WEIGHT_BYTES  (64u * 1024u * 1024u)
#define AWB_PROGRAM_BYTES (1024u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWT_MAX_LAYERS    1024u
#define AWT_MAX_RECORDS   65536u
#define AWT_WINDOW_BYTES  (64u * 1024u)
#ifndef AWT_WATCHDOG_MS
#define AWT_WATCHDOG_MS 60000u /* under a sanitizer everything is slow */
#endif

#endif
