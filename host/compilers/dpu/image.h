/* Reads PNG and JPEG files, through libpng and libjpeg; a build without one of them refuses its
 * files. */
#ifndef AWH_IMAGE_H
#define AWH_IMAGE_H

#include "base/diag.h"
#include "base/mem.h"

/* 8 bits a channel, in the arena: rgb[(y * w + x) * 3 + channel]. */
struct awh_image {
    size_t w, h;
    unsigned char *rgb;
};

/* By content, not by name. Files up to 64 MiB, images up to 2^26 pixels. */
AW_MUST_USE enum aw_err awh_image_load(struct awh_arena *arena, const char *path,
                                       struct awh_image *out, struct awh_diag *diag);

#endif
