/* Inputs that the fixed point positions are found with: seeded noise, or images of a folder. */
#ifndef AWH_CALIB_H
#define AWH_CALIB_H

#include "base/path.h"
#include "compilers/dpu/caffe.h"

struct awh_calib {
    uint32_t seed;
    const char *folder; /* NULL: noise */
    char **files;       /* names of its images, sorted */
    size_t file_count;
};

/* `folder` NULL: noise. A folder without images is AW_ERR_NOT_FOUND. Everything is in the arena. */
AW_MUST_USE enum aw_err awh_calib_open(struct awh_arena *arena, const char *folder, uint32_t seed,
                                       struct awh_calib *out, struct awh_diag *diag);

/* Input number `index`, [c][h][w] of the blob: noise uniform in [-2, 2), or the image of that
 * number (they come round), scaled to cover h x w, cut at its centre and normalised as ImageNet's
 * RGB images are. Images need c == 3. */
AW_MUST_USE enum aw_err awh_calib_input(const struct awh_calib *calib, size_t index,
                                        const struct awh_caffe_blob *shape, float *values,
                                        struct awh_diag *diag);

#endif
