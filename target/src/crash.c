#include "awt/crash.h"

#include "aw/crc.h"
#include "aw/mem.h"
#include "awt/hal.h"

#define MAGIC 0x41574352u /* "AWCR" */

/* In memory that nothing initialises: believed only with the magic and the CRC. */
struct record {
    uint32_t magic;
    uint32_t count; /* since the board was switched on */
    uint32_t kind;  /* enum awp_fault_kind; 0: nothing to be told */
    uint32_t activity, layer, program_crc;
    uint64_t pc, lr, sp, cause, address;
    uint32_t reserved; /* 0 */
    uint32_t crc;      /* of all before it */
};
_Static_assert(sizeof(struct record) <= AWT_NOINIT_BYTES && sizeof(struct record) % 8u == 0,
               "the boards reserve AWT_NOINIT_BYTES");

volatile struct awt_progress awt_progress = {.layer = AWT_PROGRESS_NO_LAYER};

static uint32_t crc_of(const struct record *record)
{
    return aw_crc32(0, (const uint8_t *)record, sizeof *record - sizeof record->crc);
}

static bool is_valid(const struct record *record)
{
    return record->magic == MAGIC && record->crc == crc_of(record);
}

void awt_crash_write(enum awp_fault_kind kind, const struct awt_crash_registers *registers)
{
    struct record *record = awb_noinit();
    uint32_t before = is_valid(record) ? record->count : 0;
    /* Field by field: a handler may run with memory that takes aligned words only. */
    record->magic = MAGIC;
    record->count = before + 1u;
    record->kind = kind;
    record->activity = awt_progress.activity;
    record->layer = awt_progress.layer;
    record->program_crc = awt_progress.program_crc;
    record->pc = registers->pc;
    record->lr = registers->lr;
    record->sp = registers->sp;
    record->cause = registers->cause;
    record->address = registers->address;
    record->reserved = 0;
    record->crc = crc_of(record);
}

void awt_crash_read(struct awp_last_fault *out)
{
    struct record *record = awb_noinit();
    memset(out, 0, sizeof *out);
    if (!is_valid(record)) {
        memset(record, 0, sizeof *record);
        record->magic = MAGIC;
        record->crc = crc_of(record);
    }
    if (record->kind == 0)
        return;
    *out = (struct awp_last_fault){
        .count = record->count,
        .kind = record->kind,
        .activity = record->activity,
        .layer = record->layer == AWT_PROGRESS_NO_LAYER ? -1 : (int32_t)record->layer,
        .program_crc = record->program_crc,
        .pc = record->pc,
        .lr = record->lr,
        .sp = record->sp,
        .cause = record->cause,
        .address = record->address,
    };
}

void awt_crash_forget(void)
{
    struct record *record = awb_noinit();
    if (!is_valid(record) || record->kind == 0)
        return;
    record->kind = 0;
    record->crc = crc_of(record);
}
