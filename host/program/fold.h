/* Graph passes between lowering and quantisation.
 *
 * They leave a graph whose nodes map one to one to layers of a program: no batch norm, no identity,
 * and every activation inside the node that makes its input wherever it can be. Nodes keep their
 * names, order and primitives; a fused node belongs to the primitive of its convolution. */
#ifndef AWH_FOLD_H
#define AWH_FOLD_H

#include "net/graph.h"

/* In order:
 *
 *   identity     removed
 *   batch norm   into the convolution before it, which then has a bias; what it does to the
 *                parameters is a rule of synth.h. Where no convolution makes its input, or another
 *                layer reads that too, or an activation comes between (blocks that begin with a
 *                batch norm, concat), it becomes a depthwise 1x1 convolution with bias, under its
 *                own name: one multiplication and one addition an element, which is what it is
 *   activation   into the node that makes its input, when nothing else reads that input and that
 *                node has no activation yet; otherwise it stays a layer
 *   compaction   of nodes and tensors; tensor ids follow the order in which nodes make them, the
 *                graph's input first
 *
 * The graph must be as the builders of graph.h make it: nodes in order of execution. The only
 * failure is want of memory; the graph is then unspecified, but may be released. */
AW_MUST_USE enum aw_err awh_fold(struct awh_graph *graph, struct awh_diag *diag);

#endif
