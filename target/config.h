/* Every static knob of the runtime: unit, default, what it costs, why it is that. A board overrides
 * any of them in boards/<board>/board_config.h, and the build passes AWT_FAULT_KERNEL,
 * AWT_FAULT_KIND and AWT_FIRMWARE_ID. */
#ifndef AWT_CONFIG_H
#define AWT_CONFIG_H

#include "aw/frame.h"
#include "aw/program.h"
#include "msg.h"

#include "board_config.h"
#include "net_config.h"

/* Memory is the board's: board_config.h defines these four, board.c allocates them, awb_memory()
 * tells.
 *
 * AWB_ARENA_BYTES: activations. A 300 px OFA net needs about 2.2 MB; a program that needs more is
 * refused. Behind the net's tensors it holds the kernels' scratch and, while a program loads, the
 * canonical weights of one layer. */
_Static_assert(AWB_ARENA_BYTES >= 4096u && AWB_ARENA_BYTES % 64u == 0, "the self-test needs 4 KiB");
/* AWB_WEIGHT_BYTES: packed weights, biases and activation tables. OFA's largest subnet has about
 * 8 M weights. */
_Static_assert(AWB_WEIGHT_BYTES >= 4096u && AWB_WEIGHT_BYTES % 64u == 0,
               "the self-test needs 4 KiB");
/* AWB_PROGRAM_BYTES: the largest program. A seeded one of 256 layers has about 17 KB; embedded
 * weights need more. */
_Static_assert(AWB_PROGRAM_BYTES >= AW_PROGRAM_HEADER_BYTES + 4u, "a header and its CRC");
/* AWB_TAIL_BYTES: behind arena and weights, owned by no layer. Vector kernels load up to 16 bytes
 * past the end of a tensor; a cache line keeps what lies behind out of it. */
_Static_assert(AWB_TAIL_BYTES >= 16u, "kernels load 16 bytes at a time");

/* Layers of a program. Costs AWT_SLOT_BYTES each: what a layer needs is looked up once, at load, so
 * that nothing but kernels runs between two time stamps. */
#ifndef AWT_MAX_LAYERS
#define AWT_MAX_LAYERS 256u
#endif
_Static_assert(AWT_MAX_LAYERS >= 32u && AWT_MAX_LAYERS <= AW_PROGRAM_MAX_LAYERS, "program format");

/* Samples of one Run that are kept until the host fetches them; 8 bytes each. 8192 are 50 repeats
 * of 160 layers; the host splits longer runs. Verify keeps its two words a layer in the same place.
 */
#ifndef AWT_MAX_RECORDS
#define AWT_MAX_RECORDS 8192u
#endif
_Static_assert(AWT_MAX_RECORDS >= AWT_MAX_LAYERS && AWT_MAX_RECORDS <= 1u << 20,
               "one repeat of the longest program must fit");

/* What the board sets aside for both, 64-byte aligned (awb_memory's tables): no static memory of
 * the runtime's, because small fast memories are for code and stack. */
#define AWT_SLOT_BYTES  (sizeof(void *) > 4u ? 192u : 160u)
#define AWT_TABLE_BYTES (AWT_MAX_LAYERS * AWT_SLOT_BYTES + AWT_MAX_RECORDS * 8u)
_Static_assert(AWT_MAX_LAYERS *AWT_SLOT_BYTES >= sizeof(struct aw_program_work),
               "a program is checked in the place of its layers");

/* Untimed passes before a run. Costs time only: the board answers nothing meanwhile, so a request
 * must not be able to keep it busy for hours. */
#ifndef AWT_MAX_WARMUP
#define AWT_MAX_WARMUP 1000u
#endif
_Static_assert(AWT_MAX_WARMUP <= 100000u, "a board that is busy for hours looks dead");

/* Chunk bytes that the host may have under way. One chunk, a chunk an acknowledgement, is right for
 * a board that receives into a FIFO; with a buffer of this size behind the line, more is faster. */
#ifndef AWT_WINDOW_BYTES
#define AWT_WINDOW_BYTES AWP_CHUNK_BYTES
#endif
_Static_assert(AWT_WINDOW_BYTES >= AWP_CHUNK_BYTES, "one chunk must be allowed");

/* Chunks that follow one another and are answered with one acknowledgement: a quarter of a window,
 * so that the host is never kept waiting for one. It costs more to make than a chunk to take. */
#define AWT_ACK_CHUNKS (AWT_WINDOW_BYTES / AWP_CHUNK_BYTES / 4u)

/* Back-to-back pairs of time stamps read at boot; their minimum is the cost of one. Enough that
 * caches and branch predictors have settled. */
#ifndef AWT_TIMESTAMP_PAIRS
#define AWT_TIMESTAMP_PAIRS 64u
#endif
_Static_assert(AWT_TIMESTAMP_PAIRS >= 2u && AWT_TIMESTAMP_PAIRS <= 65536u,
               "the first pair fills the caches");

/* Bytes taken from the line at a time, on the runtime's side of the board's buffer. */
#ifndef AWT_LINK_READ_BYTES
#define AWT_LINK_READ_BYTES 256u
#endif
_Static_assert(AWT_LINK_READ_BYTES >= 1u && AWT_LINK_READ_BYTES <= 65536u, "a bite, not a buffer");

/* Time after which a pass that still runs is taken for a runaway, by the board's watchdog: a fixed
 * part, for loading and small nets, and what the slowest kernel that is believable needs for the
 * net's multiply-accumulates. Costs nothing but the wait for a net that hangs; the host waits 10
 * minutes. */
#ifndef AWT_WATCHDOG_MS
#define AWT_WATCHDOG_MS 20000u
#endif
#ifndef AWT_WATCHDOG_MACS_PER_MS
#define AWT_WATCHDOG_MACS_PER_MS 2000u
#endif
_Static_assert(AWT_WATCHDOG_MS >= 10u && AWT_WATCHDOG_MS <= 600000u, "the host waits 10 minutes");
_Static_assert(AWT_WATCHDOG_MACS_PER_MS >= 1u, "a divisor");

/* For tests only: the op whose kernel shall be wrong, such as AW_OP_DWCONV2D; 0: none. Layers of
 * that op get the lowest bit of their first output byte flipped, and a verified run must find them.
 */
#ifndef AWT_FAULT_KERNEL
#define AWT_FAULT_KERNEL 0
#endif
_Static_assert(AWT_FAULT_KERNEL >= 0 && AWT_FAULT_KERNEL <= 255, "enum aw_op_id, or 0");

/* And what is wrong with it: the bit, or it never ends, or it writes where nothing is. */
#define AWT_FAULT_WRONG 0
#define AWT_FAULT_HANG  1
#define AWT_FAULT_CRASH 2
#ifndef AWT_FAULT_ADDRESS
#define AWT_FAULT_ADDRESS 16u /* the page of the null pointer; boards that map it say another */
#endif
#ifndef AWT_FAULT_KIND
#define AWT_FAULT_KIND AWT_FAULT_WRONG
#endif
_Static_assert(AWT_FAULT_KIND >= 0 && AWT_FAULT_KIND <= 2, "one of the three");

/* Build id told in Hello, at most 47 characters; the build passes it. */
#ifndef AWT_FIRMWARE_ID
#define AWT_FIRMWARE_ID "unversioned"
#endif
_Static_assert(sizeof(AWT_FIRMWARE_ID) <= sizeof(((struct awp_hello_reply *)0)->firmware),
               "Hello has no room for more");

#endif
