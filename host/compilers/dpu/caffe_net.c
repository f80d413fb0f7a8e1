#include "compilers/dpu/caffe.h"

size_t awh_caffe_count(const struct awh_caffe_net *net, int blob)
{
    const struct awh_caffe_blob *it = &net->blobs[blob];
    return (size_t)it->c * (size_t)it->h * (size_t)it->w;
}

unsigned awh_caffe_readers(const struct awh_caffe_net *net, int blob)
{
    unsigned readers = blob == net->output;
    for (size_t i = 0; i < net->layer_count; i++)
        for (int b = 0; b < 2; b++)
            readers += net->layers[i].bottoms[b] == blob;
    return readers;
}
