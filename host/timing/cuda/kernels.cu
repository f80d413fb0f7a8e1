/* The kernels as they run on a GPU; see kernels.h and kernels_body.h. nvcc makes a fat binary of
 * this for every architecture of the toolkit, which the engine carries and loads. */
#include "kernels.h"

#define AWK_DEVICE static __device__ __forceinline__
#include "kernels_common.h"

#define AWK_EACH_THREAD
#define AWK_SYNC __syncthreads();
#define AWK_SHARED __shared__
#define AWK_THREAD ((int)threadIdx.x)
#define AWK_BLOCK_INDEX ((int)blockIdx.x)

#define AWK_KERNEL(name) extern "C" __global__ void __launch_bounds__(AWH_K_BLOCK) awh_##name##_float
#define AWK_LOAD(x, i) (((const float *)(x))[i])
#define AWK_STORE(y, i, value) (((float *)(y))[i] = (value))
#include "kernels_body.h"
#undef AWK_KERNEL
#undef AWK_LOAD
#undef AWK_STORE

/* Half precision is storage only: PTX converts it, so that no header of the toolkit is needed. */
static __device__ __forceinline__ float awk_load_half(const void *x, int i)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(((const unsigned short *)x)[i]));
    return value;
}

static __device__ __forceinline__ void awk_store_half(void *y, int i, float value)
{
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    ((unsigned short *)y)[i] = bits;
}

#define AWK_KERNEL(name) extern "C" __global__ void __launch_bounds__(AWH_K_BLOCK) awh_##name##_half
#define AWK_LOAD(x, i) awk_load_half(x, i)
#define AWK_STORE(y, i, value) awk_store_half(y, i, value)
#include "kernels_body.h"
