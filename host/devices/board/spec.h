/* boards/<board>/board.yaml: how the host starts and reaches an emulated board. */
#ifndef AWH_BOARD_SPEC_H
#define AWH_BOARD_SPEC_H

#include "base/mem.h"
#include "base/diag.h"

enum awh_board_link {
    AWH_BOARD_SERIAL_SOCKET, /* connects its serial line to our socket */
    AWH_BOARD_NETWORK,       /* {port} of 127.0.0.1 is forwarded to its Ethernet */
    AWH_BOARD_TCP,           /* told {port} 0, it listens on 127.0.0.1 and says where */
};

struct awh_board_spec {
    const char *name;
    const char *file; /* board.yaml, for messages */
    enum awh_board_link link;
    const char *firmware;       /* path of the image; NULL when the command has no {firmware} */
    const char *package;        /* Debian package of the program, or NULL */
    const char *const *command; /* NULL terminated, with {firmware}, {serial} and {port} */
};

/* Reads the spec of `board` ("BOARD", or "BOARD:tcp": over its Ethernet), and finds its image.
 * boards_dir and firmware may be NULL: the environment's AWNAS_BOARDS_DIR and AWNAS_FIRMWARE_DIR,
 * then beside this program as built, then as installed. */
AW_MUST_USE enum aw_err awh_board_spec_load(struct awh_arena *arena, const char *board,
                                            const char *boards_dir, const char *firmware,
                                            struct awh_board_spec *spec_out, struct awh_diag *diag);

/* The folder of boards; NULL: there is none, or memory is short. */
const char *awh_boards_dir(struct awh_arena *arena, const char *given);

#endif
