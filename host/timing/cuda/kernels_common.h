/* What the kernels of both element types share; included by those who include kernels_body.h.
 * AWK_DEVICE is the head of a function that runs where they run. */

AWK_DEVICE float awk_clamp(float x, float low, float high)
{
    return fminf(fmaxf(x, low), high);
}

AWK_DEVICE float awk_act(int act, float x)
{
    switch (act) {
    case AWH_K_RELU:
        return fmaxf(x, 0.0f);
    case AWH_K_RELU6:
        return awk_clamp(x, 0.0f, 6.0f);
    case AWH_K_H_SWISH:
        return x * awk_clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
    case AWH_K_H_SIGMOID:
        return awk_clamp(x + 3.0f, 0.0f, 6.0f) / 6.0f;
    case AWH_K_SIGMOID:
        return 1.0f / (1.0f + expf(-x));
    case AWH_K_TANH:
        return tanhf(x);
    case AWH_K_HARDTANH:
        return awk_clamp(x, -1.0f, 1.0f);
    default:
        return x;
    }
}

struct awk_place {
    int h, w, c;
};

/* Where element i of a tensor of height `h`, width `w` and `c` channels is, and back. */
AWK_DEVICE struct awk_place awk_place_of(int i, int nhwc, int h, int w, int c)
{
    struct awk_place place;
    if (nhwc) {
        place.c = i % c;
        place.w = i / c % w;
        place.h = i / c / w;
    } else {
        place.w = i % w;
        place.h = i / w % h;
        place.c = i / w / h;
    }
    return place;
}

AWK_DEVICE int awk_index(int nhwc, int h, int w, int c, int at_h, int at_w, int at_c)
{
    return nhwc ? (at_h * w + at_w) * c + at_c : (at_c * h + at_h) * w + at_w;
}
