"""Runs Caffe nets in OpenCV's DNN module.

Argument: a file of paths without suffix, one a line. Each PATH.prototxt and PATH.caffemodel is fed PATH.input,
raw floats in the shape that its prototxt says, and gives PATH.output.
"""
import re
import sys

import cv2
import numpy

with open(sys.argv[1]) as file:
    paths = file.read().split()
for path in paths:
    with open(path + ".prototxt") as file:
        shape = [int(n) for n in re.findall(r"dim: (\d+)", file.read())[:4]]
    try:
        net = cv2.dnn.readNetFromCaffe(path + ".prototxt", path + ".caffemodel")
        net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
        net.setInput(numpy.fromfile(path + ".input", numpy.float32).reshape(shape))
        output = net.forward()
    except cv2.error as error:
        sys.exit("%s: %s" % (path, error))
    output.astype(numpy.float32).tofile(path + ".output")
