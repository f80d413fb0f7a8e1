#include "compilers/dpu/image.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#ifdef AWNAS_WITH_PNG
#include <png.h>
#endif
#ifdef AWNAS_WITH_JPEG
#include <jpeglib.h>
#endif

#include "base/path.h"

#define FILE_BYTES_MAX (64u << 20)
#define PIXELS_MAX     (1u << 26)

struct source {
    struct awh_arena *arena;
    const char *path;
    const unsigned char *bytes;
    size_t size;
};

static enum aw_err broken(const struct source *source, const char *why, struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_FORMAT, "%s: cannot be read as an image: %s", source->path, why);
}

#if !defined(AWNAS_WITH_PNG) || !defined(AWNAS_WITH_JPEG)
static enum aw_err not_built(const struct source *source, const char *kind, const char *package,
                             struct awh_diag *diag)
{
    return awh_fail(diag, AW_ERR_UNSUPPORTED,
                    "%s: this awnas-hw was built without %s images; install %s and build again, or "
                    "leave calib_dir out and calibrate with noise",
                    source->path, kind, package);
}
#endif

#if defined(AWNAS_WITH_PNG) || defined(AWNAS_WITH_JPEG)
static enum aw_err make(const struct source *source, size_t w, size_t h, struct awh_image *out,
                        struct awh_diag *diag)
{
    if (w == 0 || h == 0 || w > PIXELS_MAX || h > PIXELS_MAX / w)
        return broken(source, "no pixels, or more than 2^26", diag);
    out->w = w;
    out->h = h;
    out->rgb = awh_arena_array(source->arena, w * h, 3);
    return out->rgb ? AW_OK : awh_fail_mem(diag);
}
#endif

#ifdef AWNAS_WITH_PNG
static enum aw_err load_png(const struct source *source, struct awh_image *out,
                            struct awh_diag *diag)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    static const png_color black = {0, 0, 0};
    struct awh_image image;
    if (!png_image_begin_read_from_memory(&png, source->bytes, source->size))
        return broken(source, png.message, diag);
    png.format = PNG_FORMAT_RGB;
    enum aw_err err = make(source, png.width, png.height, &image, diag);
    if (!err && !png_image_finish_read(&png, &black, image.rgb, 0, NULL))
        err = broken(source, png.message, diag);
    png_image_free(&png);
    if (!err)
        *out = image;
    return err;
}
#else
static enum aw_err load_png(const struct source *source, struct awh_image *out,
                            struct awh_diag *diag)
{
    (void)out;
    return not_built(source, "PNG", "libpng-dev", diag);
}
#endif

#ifdef AWNAS_WITH_JPEG
/* libjpeg ends a failed call by a jump. */
struct jpeg_failure {
    struct jpeg_error_mgr manager;
    jmp_buf place;
    char why[JMSG_LENGTH_MAX];
};

static void on_jpeg_error(j_common_ptr common)
{
    struct jpeg_failure *failure = (struct jpeg_failure *)common->err;
    common->err->format_message(common, failure->why);
    longjmp(failure->place, 1);
}

/* Warnings of damaged data count: such a file is no calibration data. */
static void on_jpeg_message(j_common_ptr common, int level)
{
    if (level < 0)
        on_jpeg_error(common);
}

static enum aw_err decode_jpeg(struct jpeg_decompress_struct *jpeg, const struct source *source,
                               struct awh_image *image, struct awh_diag *diag)
{
    jpeg_mem_src(jpeg, source->bytes, source->size);
    jpeg_read_header(jpeg, TRUE);
    jpeg->out_color_space = JCS_RGB;
    enum aw_err err = make(source, jpeg->image_width, jpeg->image_height, image, diag);
    if (err)
        return err;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = image->rgb + (size_t)jpeg->output_scanline * image->w * 3;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
    return AW_OK;
}

static enum aw_err load_jpeg(const struct source *source, struct awh_image *out,
                             struct awh_diag *diag)
{
    struct jpeg_decompress_struct jpeg = {.err = NULL};
    struct jpeg_failure failure;
    struct awh_image image;
    jpeg.err = jpeg_std_error(&failure.manager);
    failure.manager.error_exit = on_jpeg_error;
    failure.manager.emit_message = on_jpeg_message;
    if (setjmp(failure.place)) {
        jpeg_destroy_decompress(&jpeg);
        return broken(source, failure.why, diag);
    }
    jpeg_create_decompress(&jpeg);
    enum aw_err err = decode_jpeg(&jpeg, source, &image, diag);
    jpeg_destroy_decompress(&jpeg);
    if (!err)
        *out = image;
    return err;
}
#else
static enum aw_err load_jpeg(const struct source *source, struct awh_image *out,
                             struct awh_diag *diag)
{
    (void)out;
    return not_built(source, "JPEG", "libjpeg-dev", diag);
}
#endif

enum aw_err awh_image_load(struct awh_arena *arena, const char *path, struct awh_image *out,
                           struct awh_diag *diag)
{
    struct source source = {.arena = arena, .path = path};
    char *bytes;
    enum aw_err err = awh_file_read(arena, path, FILE_BYTES_MAX, &bytes, &source.size, diag);
    if (err)
        return err;
    source.bytes = (const unsigned char *)bytes;
    if (source.size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return load_png(&source, out, diag);
    if (source.size >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
        return load_jpeg(&source, out, diag);
    return broken(&source, "neither PNG nor JPEG", diag);
}
