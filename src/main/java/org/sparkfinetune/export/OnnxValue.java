package org.sparkfinetune.export;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/**
 * A tensor of an ONNX graph: a graph input, an initializer or a node's output.
 *
 * @param name unique within the graph
 * @param type of its elements: FLOAT, INT64 or BOOL. ONNX converts none in silence, so whoever
 *     combines two values must know them
 */
record OnnxValue(String name, DataType type) {}
