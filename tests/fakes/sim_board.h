/* The real runtime of the target and the line to it, in this process and in a time of its own:
 * every fault of the line is drawn from a seed, and the same seed gives the same conversation. */
#ifndef SIM_BOARD_H
#define SIM_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "awt/session.h"
#include "devices/session.h"

enum sim_fault {
    SIM_FLIP,      /* one bit of a frame differs */
    SIM_LOSS,      /* a frame does not arrive */
    SIM_DUPLICATE, /* it arrives twice */
    SIM_REORDER,   /* after the next one, or 30 ms late when none follows */
    SIM_CUT,       /* its end is missing, and half the time the line is dead for up to 3 s */
    SIM_STALL,     /* it and all behind it come up to 8 s late */
    SIM_GARBAGE,   /* up to 2000 bytes of noise before it, in it or behind it */
    SIM_FAULTS
};
extern const char *const sim_fault_names[SIM_FAULTS];

struct sim_options {
    uint32_t seed;
    unsigned kinds;     /* bit 1 << enum sim_fault each; 0: a perfect line */
    uint32_t first;     /* the frame, of both directions together, that certainly has a fault */
    uint32_t per_mille; /* of the others */
    uint32_t work_ms;   /* that a Verify or Run takes */
    uint32_t most;      /* faults; then the line is perfect */
};

/* Switches the board on. There is one. */
void sim_board_start(const struct sim_options *options);
struct awh_link sim_board_link(void);
struct awh_session_timing sim_board_timing(void);
uint64_t sim_board_now_ms(void);

/* To be looked at. */
unsigned sim_board_faults(void); /* injected since the start */
unsigned sim_board_frames(void); /* sent in both directions */
const struct awt_session *sim_board_session(void);
struct awt_session *sim_board_session_inout(void); /* for tests that go around the line */
/* Hands bytes to the board at once and lets it answer them all; replies are dropped, after a look
 * at each. NULL, or what is wrong with one. */
const char *sim_board_feed(const uint8_t *bytes, uint32_t size);
/* Under AddressSanitizer an access to the board's program memory from `size` on is reported;
 * UINT32_MAX ends that. The guard zones are always hidden so. */
void sim_board_hide_program_after(uint32_t size);
/* False when a byte around arena, weights or program was written that is none of them. */
bool sim_board_guards_whole(void);

#endif
