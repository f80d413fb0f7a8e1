/* The kernels for one element type. kernels.cu includes this once for float and once for half, and
 * so does the fake of the tests, which runs them on the host: what is verified there is this text.
 *
 * They are C that CUDA takes too, with a few words defined by who includes this:
 *
 *   AWK_KERNEL(name)   head of a kernel, without its arguments; adds the type to the name
 *   AWK_EACH_THREAD    before a block that every thread of the thread block runs; no variable
 *                      outlives it but shared ones
 *   AWK_SYNC           between such blocks
 *   AWK_SHARED         storage of a shared variable
 *   AWK_THREAD, AWK_BLOCK_INDEX   numbers of thread and block
 *   AWK_LOAD(x, i), AWK_STORE(y, i, value)   elements as float */

#define AWK_INDEX (AWK_BLOCK_INDEX * AWH_K_BLOCK + AWK_THREAD)

AWK_KERNEL(affine)(const struct awh_k_affine k)
{
    AWK_EACH_THREAD
    {
        int i = AWK_INDEX;
        if (i < k.count) {
            int c = i / k.inner % k.channels;
            float value = AWK_LOAD(k.x, i);
            if (k.scale)
                value *= k.scale[c];
            if (k.shift)
                value += k.shift[c];
            if (k.residual)
                value += AWK_LOAD(k.residual, i);
            AWK_STORE(k.y, i, awk_act(k.act, value));
        }
    }
}

AWK_KERNEL(binary)(const struct awh_k_binary k)
{
    AWK_EACH_THREAD
    {
        int i = AWK_INDEX;
        if (i < k.count) {
            float a = AWK_LOAD(k.a, i);
            float value =
                k.mul ? a * AWK_LOAD(k.b, i / k.inner % k.channels) : a + AWK_LOAD(k.b, i);
            AWK_STORE(k.y, i, awk_act(k.act, value));
        }
    }
}

/* Thread t adds up pixels t / tile, t / tile + lanes, ... of channel t % tile; then the lanes of a
 * channel are added pairwise. */
AWK_KERNEL(gap)(const struct awh_k_gap k)
{
    AWK_SHARED float sums[AWH_K_BLOCK];
    int lanes = AWH_K_BLOCK / k.tile;
    AWK_EACH_THREAD
    {
        int t = AWK_THREAD, c = AWK_BLOCK_INDEX * k.tile + t % k.tile;
        float sum = 0.0f;
        if (c < k.channels)
            for (int p = t / k.tile; p < k.pixels; p += lanes)
                sum += AWK_LOAD(k.x, p * k.pixel_step + c * k.channel_step);
        sums[t] = sum;
    }
    AWK_SYNC
    for (int half = lanes / 2; half > 0; half /= 2) {
        AWK_EACH_THREAD
        {
            int t = AWK_THREAD;
            if (t / k.tile < half)
                sums[t] += sums[t + half * k.tile];
        }
        AWK_SYNC
    }
    AWK_EACH_THREAD
    {
        int t = AWK_THREAD, c = AWK_BLOCK_INDEX * k.tile + t;
        if (t < k.tile && c < k.channels)
            AWK_STORE(k.y, c, awk_act(k.act, sums[t] / (float)k.pixels));
    }
}

AWK_KERNEL(pool)(const struct awh_k_pool k)
{
    AWK_EACH_THREAD
    {
        int i = AWK_INDEX;
        if (i < k.count) {
            const struct awh_k_window *o = &k.window;
            struct awk_place at = awk_place_of(i, k.nhwc, o->out_h, o->out_w, k.channels);
            float sum = 0.0f, max = -INFINITY;
            int inside = 0;
            for (int kh = 0; kh < o->kernel_h; kh++)
                for (int kw = 0; kw < o->kernel_w; kw++) {
                    int h = at.h * o->stride_h - o->pad_h + kh;
                    int w = at.w * o->stride_w - o->pad_w + kw;
                    if (h < 0 || h >= o->in_h || w < 0 || w >= o->in_w)
                        continue;
                    float value =
                        AWK_LOAD(k.x, awk_index(k.nhwc, o->in_h, o->in_w, k.channels, h, w, at.c));
                    sum += value;
                    max = fmaxf(max, value);
                    inside++;
                }
            int divisor = k.include_pad ? o->kernel_h * o->kernel_w : inside;
            AWK_STORE(k.y, i, awk_act(k.act, k.max ? max : sum / (float)divisor));
        }
    }
}

AWK_KERNEL(conv)(const struct awh_k_conv k)
{
    AWK_EACH_THREAD
    {
        int i = AWK_INDEX;
        if (i < k.count) {
            const struct awh_k_window *o = &k.window;
            struct awk_place at = awk_place_of(i, k.nhwc, o->out_h, o->out_w, k.out_ch);
            int ins = k.in_ch / k.groups, first = at.c / (k.out_ch / k.groups) * ins;
            float sum = k.bias ? k.bias[at.c] : 0.0f;
            for (int kh = 0; kh < o->kernel_h; kh++)
                for (int kw = 0; kw < o->kernel_w; kw++) {
                    int h = at.h * o->stride_h - o->pad_h + kh * o->dilation;
                    int w = at.w * o->stride_w - o->pad_w + kw * o->dilation;
                    if (h < 0 || h >= o->in_h || w < 0 || w >= o->in_w)
                        continue;
                    for (int c = 0; c < ins; c++)
                        sum += AWK_LOAD(k.x, awk_index(k.nhwc, o->in_h, o->in_w, k.in_ch, h, w,
                                                       first + c)) *
                               AWK_LOAD(k.weights, at.c * ins * o->kernel_h * o->kernel_w +
                                                       awk_index(k.nhwc, o->kernel_h, o->kernel_w,
                                                                 ins, kh, kw, c));
                }
            if (k.residual)
                sum += AWK_LOAD(k.residual, i);
            AWK_STORE(k.y, i, awk_act(k.act, sum));
        }
    }
}

AWK_KERNEL(gather)(const struct awh_k_gather k)
{
    AWK_EACH_THREAD
    {
        int i = AWK_INDEX;
        if (i < k.count) {
            struct awk_place at = awk_place_of(i, k.nhwc, k.out_h, k.out_w, k.out_ch);
            int h = at.h * k.stride_h + k.offset_h, w = at.w * k.stride_w + k.offset_w;
            float value = 0.0f;
            if (at.c >= k.channels0) {
                if (at.c < k.channels0 + k.channels1)
                    value = AWK_LOAD(k.x1, awk_index(k.nhwc, k.out_h, k.out_w, k.channels1, at.h,
                                                     at.w, at.c - k.channels0));
            } else if (h >= 0 && h < k.in_h && w >= 0 && w < k.in_w) {
                value = AWK_LOAD(k.x0, awk_index(k.nhwc, k.in_h, k.in_w, k.channels0, h, w, at.c));
            }
            AWK_STORE(k.y, i, awk_act(k.act, value));
        }
    }
}

#undef AWK_INDEX
