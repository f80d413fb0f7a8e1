/* A link between two others that loses, doubles and garbles frames, by a seed. */
#ifndef FAULTY_LINK_H
#define FAULTY_LINK_H

#include <stdint.h>

#include "devices/link.h"

enum fault_kind {
    FAULT_DROP,      /* a frame is lost */
    FAULT_DUPLICATE, /* arrives twice */
    FAULT_FLIP,      /* one bit differs */
    FAULT_CUT,       /* the end is missing */
    FAULT_GARBAGE,   /* noise before or inside */
    FAULT_STALL,     /* comes late: only when something else moves */
    FAULT_REORDER,   /* comes after the next one */
    FAULT_KINDS
};
extern const char *const fault_kind_names[FAULT_KINDS];

struct faulty_link_options {
    uint32_t seed;
    unsigned kinds;     /* bit 1 << enum fault_kind each */
    unsigned per_mille; /* of the frames in each direction */
};

/* Takes the inner link: closing the outer one closes it. *injected_out (borrowed, may be NULL)
 * counts the faults. */
AW_MUST_USE enum aw_err faulty_link_open(struct awh_link *inner,
                                         const struct faulty_link_options *options,
                                         unsigned *injected_out, struct awh_link *link_out,
                                         struct awh_diag *diag);

#endif
