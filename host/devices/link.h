/* A byte stream to a board, and how it is opened. */
#ifndef AWH_LINK_H
#define AWH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aw/siphash.h"
#include "base/diag.h"

struct awh_link_ops {
    /* Waits at most timeout_ms for at least one byte; AW_OK with *size_out 0 on time-out; AW_ERR_IO
     * when the line is gone (diag says how). */
    enum aw_err (*read)(void *self, uint8_t *bytes, size_t capacity, unsigned timeout_ms,
                        size_t *size_out, struct awh_diag *diag);
    /* Sends all bytes or fails; AW_ERR_TIMEOUT when the line does not take them within 10 s. */
    enum aw_err (*write)(void *self, const uint8_t *bytes, size_t size, struct awh_diag *diag);
    void (*close)(void *self); /* frees self; stops an emulator that was started for it */
};

struct awh_link {
    const struct awh_link_ops *ops;
    void *self;
    char where[128];       /* for messages: "127.0.0.1:5000", "/dev/ttyUSB0", "zcu102 (QEMU)" */
    const char *transport; /* "qemu", "serial", "tcp" */
    uint32_t baud;         /* line rate of a serial link, 0 otherwise */
    /* The board's key, for boards that want one before they do anything (--key-file). */
    uint8_t key[AW_SIPHASH_KEY_BYTES];
    bool has_key;
};

/* HOST:PORT. */
AW_MUST_USE enum aw_err awh_link_tcp(const char *address, unsigned timeout_ms,
                                     struct awh_link *link_out, struct awh_diag *diag);
/* DEV or DEV@BAUD (default 115200), through libserialport. */
AW_MUST_USE enum aw_err awh_link_serial(const char *device, struct awh_link *link_out,
                                        struct awh_diag *diag);
/* Starts the emulator of boards/<board>/board.yaml and connects to its serial port, or, when
 * `board` is "BOARD:tcp", to its Ethernet through a port of 127.0.0.1. `boards_dir` holds the board
 * folders, `firmware` the image (NULL: where the build puts it). The process is killed when the
 * link is closed and, whatever happens, when this process ends. */
AW_MUST_USE enum aw_err awh_link_board(const char *board, const char *boards_dir,
                                       const char *firmware, struct awh_link *link_out,
                                       struct awh_diag *diag);
void awh_link_close(struct awh_link *link);

/* Reads the key of the board from a file of 32 hexadecimal digits; `path` NULL: from the one that
 * the environment's AWNAS_KEY_FILE names, if it does. */
AW_MUST_USE enum aw_err awh_link_use_key(struct awh_link *link, const char *path,
                                         struct awh_diag *diag);

/* SIGINT, SIGTERM and SIGHUP (where they still have their default action) kill the emulators that
 * were started and remove their temporary files before this process dies of the signal. Call it
 * once, early. A normal exit cleans up without it. */
void awh_link_cleanup_on_signal(void);

#endif
