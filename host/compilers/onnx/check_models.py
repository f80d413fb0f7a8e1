#!/usr/bin/python3
"""check_models.py DIR: every DIR/*.onnx passes python3-onnx's checker, and OpenCV's DNN module makes
of NAME.input what NAME.output says, within 1e-4 of the largest magnitude. OpenCV 4.6 reads neither
QuantizeLinear of weights nor Clip with limits as inputs. So NAME.int8.onnx runs with the pairs around
weights computed, those around activations left out, and Clip written as before opset 11: its weights and
the graph are then judged, with the tolerance of 8 bits. Of NAME.clip.onnx the limits are checked."""
import glob
import os
import sys

try:
    import cv2
    import numpy
    import onnx
    from onnx import numpy_helper
except ImportError as error:
    sys.exit(f"{error}; scripts/setup test installs what is missing")

TOLERANCE = 1e-4
INT8_TOLERANCE = 0.3  # of the root of the squares: rounding adds up in deep nets
largest_error = {TOLERANCE: 0.0, INT8_TOLERANCE: 0.0}
IR_VERSIONS = {9: 4, 10: 5, 11: 6, 12: 7, 13: 7}


def shape_of(value):
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim]


def check_int8(graph):
    """Everything that a layer reads has been quantised, but for biases and constants."""
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        if node.op_type != "Conv":
            continue
        for name in node.input[:2]:
            dequantize = makers.get(name)
            if dequantize is None or dequantize.op_type != "DequantizeLinear":
                return f"{node.name} reads {name}, which is not quantised"
            if makers[dequantize.input[0]].op_type != "QuantizeLinear":
                return f"{name} is not made by a pair"
    return None


def check_clip(graph):
    constants = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for node in graph.node:
        if node.op_type != "Clip":
            continue
        limits = [float(constants[name]) for name in node.input[1:]]
        if limits not in ([0, 6], [-1, 1]):
            return f"{node.name} has the limits {limits}"
    return None


def as_float(model):
    """What an int8 model computes, but for the rounding of activations."""
    graph = model.graph
    values = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    makers = {name: node for node in graph.node for name in node.output}
    renamed, nodes = {}, []
    for node in graph.node:
        if node.op_type == "QuantizeLinear":
            continue
        if node.op_type == "DequantizeLinear":
            quantize = makers[node.input[0]]
            source, scale = quantize.input[0], values[quantize.input[1]]
            if source in values:
                weights = values[source]
                steps = scale.reshape((-1,) + (1,) * (weights.ndim - 1)) if scale.ndim else scale
                codes = numpy.clip(numpy.rint(weights / steps), -128, 127)
                fixed = numpy_helper.from_array((codes * steps).astype("<f4"), node.output[0])
                graph.initializer.append(fixed)
            else:
                renamed[node.output[0]] = renamed.get(source, source)
            continue
        for i, name in enumerate(node.input):
            node.input[i] = renamed.get(name, name)
        if node.op_type == "Clip":
            limits = [float(values[name]) for name in node.input[1:]]
            del node.input[1:]
            node.attribute.append(onnx.helper.make_attribute("min", limits[0]))
            node.attribute.append(onnx.helper.make_attribute("max", limits[1]))
        nodes.append(node)
    last = graph.output[0].name
    if last in renamed:
        nodes.append(onnx.helper.make_node("Identity", [renamed[last]], [last]))
    del graph.node[:]
    graph.node.extend(nodes)
    read = {name for node in graph.node for name in node.input}
    unread = [t for t in graph.initializer if t.name not in read]
    for tensor in unread:
        graph.initializer.remove(tensor)
    return model


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    opset = model.opset_import[0].version
    if IR_VERSIONS[opset] != model.ir_version:
        return f"opset {opset} with IR version {model.ir_version}"
    stem = path[: -len(".onnx")]
    tolerance, source = TOLERANCE, path
    if stem.endswith(".int8"):
        fault = check_int8(model.graph)
        if fault:
            return fault
        tolerance, source = INT8_TOLERANCE, as_float(model).SerializeToString()
    if stem.endswith(".clip"):
        return check_clip(model.graph)
    values = numpy.fromfile(stem + ".input", "<f4").reshape(shape_of(model.graph.input[0]))
    expected = numpy.fromfile(stem + ".output", "<f4").reshape(shape_of(model.graph.output[0]))
    net = cv2.dnn.readNetFromONNX(source)
    net.setInput(values)
    found = net.forward()
    if found.shape != expected.shape:
        return f"shape {found.shape}, expected {expected.shape}"
    size = numpy.linalg.norm if stem.endswith(".int8") else lambda values: numpy.abs(values).max()
    off, all_of_it = size(found - expected), size(expected)
    if not off <= tolerance * all_of_it:
        return f"off by {off} of {all_of_it}"
    if all_of_it:
        largest_error[tolerance] = max(largest_error[tolerance], off / all_of_it)
    return None


def main():
    paths = sorted(glob.glob(os.path.join(sys.argv[1], "*.onnx")))
    failed = 0
    for path in paths:
        try:
            fault = check(path)
        except Exception as error:  # OpenCV and onnx raise types of their own
            fault = f"{type(error).__name__}: {error}"
        if fault:
            failed += 1
            print(f"{os.path.basename(path)}: {fault}")
    print(f"{len(paths)} models, {failed} failed; largest error {largest_error[TOLERANCE]:.1e} of float models, "
          f"{largest_error[INT8_TOLERANCE]:.1e} of int8 weights")
    sys.exit(failed > 0 or not paths)


main()
