#include "compilers/dpu/calib.h"

#include <string.h>
#include <strings.h>

#include "aw/rng.h"
#include "compilers/dpu/image.h"
#include "program/float_reference.h"

/* Statistics of ImageNet, red, green, blue. */
static const double channel_mean[3] = {0.485, 0.456, 0.406};
static const double channel_deviation[3] = {0.229, 0.224, 0.225};

static bool is_image(const char *name)
{
    static const char *const suffixes[] = {".png", ".jpg", ".jpeg"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof suffixes / sizeof suffixes[0]; i++)
        if (strcasecmp(dot, suffixes[i]) == 0)
            return true;
    return false;
}

enum aw_err awh_calib_open(struct awh_arena *arena, const char *folder, uint32_t seed,
                           struct awh_calib *out, struct awh_diag *diag)
{
    struct awh_calib calib = {.seed = seed, .folder = folder};
    size_t count = 0;
    if (folder) {
        enum aw_err err = awh_dir_list(arena, folder, &calib.files, &count, diag);
        if (err)
            return err;
    }
    for (size_t i = 0; i < count; i++)
        if (is_image(calib.files[i]))
            calib.files[calib.file_count++] = calib.files[i];
    if (folder && calib.file_count == 0)
        return awh_fail(diag, AW_ERR_NOT_FOUND,
                        "%s: calibration needs images here, names ending in .png, .jpg or .jpeg",
                        folder);
    *out = calib;
    return AW_OK;
}

/* One channel at a place between pixels, weighted by distance. */
static double sample(const struct awh_image *image, double y, double x, int channel)
{
    double max_y = (double)image->h - 1, max_x = (double)image->w - 1;
    y = y < 0 ? 0 : y > max_y ? max_y : y;
    x = x < 0 ? 0 : x > max_x ? max_x : x;
    size_t top = (size_t)y, left = (size_t)x;
    size_t bottom = top + 1 < image->h ? top + 1 : top,
           right = left + 1 < image->w ? left + 1 : left;
    double down = y - (double)top, across = x - (double)left;
#define AT(row, column) (double)image->rgb[((row)*image->w + (column)) * 3 + (size_t)channel]
    return (AT(top, left) * (1 - across) + AT(top, right) * across) * (1 - down) +
           (AT(bottom, left) * (1 - across) + AT(bottom, right) * across) * down;
#undef AT
}

static void fill(const struct awh_image *image, const struct awh_caffe_blob *shape, float *values)
{
    double step_y = (double)image->h / shape->h, step_x = (double)image->w / shape->w;
    double step = step_y < step_x ? step_y : step_x;
    double first_y = ((double)image->h - step * (shape->h - 1) - 1) / 2;
    double first_x = ((double)image->w - step * (shape->w - 1) - 1) / 2;
    for (int channel = 0; channel < 3; channel++)
        for (int32_t y = 0; y < shape->h; y++)
            for (int32_t x = 0; x < shape->w; x++) {
                double value = sample(image, first_y + step * y, first_x + step * x, channel);
                *values++ =
                    (float)((value / 255 - channel_mean[channel]) / channel_deviation[channel]);
            }
}

enum aw_err awh_calib_input(const struct awh_calib *calib, size_t index,
                            const struct awh_caffe_blob *shape, float *values,
                            struct awh_diag *diag)
{
    size_t count = (size_t)shape->c * (size_t)shape->h * (size_t)shape->w;
    if (!calib->folder)
        return awh_float_input(aw_rng_word(calib->seed, (uint32_t)index), count, values, diag);
    if (shape->c != 3)
        return awh_fail(diag, AW_ERR_RANGE,
                        "%s: images have 3 channels, the net takes %d; leave calib_dir out and "
                        "calibrate with noise",
                        calib->folder, (int)shape->c);
    struct awh_arena arena;
    struct awh_image image;
    awh_arena_init(&arena);
    const char *path =
        awh_path_join(&arena, calib->folder, calib->files[index % calib->file_count]);
    enum aw_err err = path ? awh_image_load(&arena, path, &image, diag) : awh_fail_mem(diag);
    if (!err)
        fill(&image, shape, values);
    awh_arena_release(&arena);
    return err;
}
