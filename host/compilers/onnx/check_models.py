#!/usr/bin/python3
"""check_models.py DIR: every DIR/*.onnx passes python3-onnx's checker, and OpenCV's DNN module makes
of NAME.input what NAME.output says, within 1e-4 of the largest magnitude. OpenCV 4.6 reads neither
QuantizeLinear of weights nor Clip with limits as inputs: NAME.int8.onnx and NAME.clip.onnx are checked
in other ways."""
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


def check(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    opset = model.opset_import[0].version
    if IR_VERSIONS[opset] != model.ir_version:
        return f"opset {opset} with IR version {model.ir_version}"
    stem = path[: -len(".onnx")]
    if stem.endswith(".int8"):
        return check_int8(model.graph)
    if stem.endswith(".clip"):
        return check_clip(model.graph)
    values = numpy.fromfile(stem + ".input", "<f4").reshape(shape_of(model.graph.input[0]))
    expected = numpy.fromfile(stem + ".output", "<f4").reshape(shape_of(model.graph.output[0]))
    net = cv2.dnn.readNetFromONNX(path)
    net.setInput(values)
    found = net.forward()
    if found.shape != expected.shape:
        return f"shape {found.shape}, expected {expected.shape}"
    off, largest = numpy.abs(found - expected).max(), numpy.abs(expected).max()
    if not off <= TOLERANCE * largest:
        return f"off by {off}, largest value {largest}"
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
    print(f"{len(paths)} models, {failed} failed")
    sys.exit(failed > 0 or not paths)


main()
