/* Sizes for packed_program.c, which is a board to the firmware's loader. */
#ifndef AWB_KERNELS_BOARD_CONFIG_H
#define AWB_KERNELS_BOARD_CONFIG_H

#define AWB_ARENA_BYTES   (64u * 1024u)
#define AWB_WEIGHT_BYTES  (32u * 1024u)
#define AWB_PROGRAM_BYTES (32u * 1024u)
#define AWB_TAIL_BYTES    64u
#define AWT_MAX_LAYERS    64u
#define AWT_MAX_RECORDS   256u
#define AWT_WINDOW_BYTES  1024u

#endif
