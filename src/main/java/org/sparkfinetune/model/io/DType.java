package org.sparkfinetune.model.io;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The element types of stored tensors, under safetensors' names and in its order of alignment.
 *
 * <p>Weights are the four floating-point types that PyTorch trains in; all others can be listed and
 * not read.
 */
public enum DType {
  BOOL(1, ScalarType.Bool),
  U8(1, ScalarType.Byte),
  I8(1, ScalarType.Char),
  F8_E5M2(1, ScalarType.Float8_e5m2),
  F8_E4M3(1, ScalarType.Float8_e4m3fn),
  I16(2, ScalarType.Short),
  U16(2, ScalarType.UInt16),
  F16(2, ScalarType.Half),
  BF16(2, ScalarType.BFloat16),
  I32(4, ScalarType.Int),
  U32(4, ScalarType.UInt32),
  F32(4, ScalarType.Float),
  F64(8, ScalarType.Double),
  I64(8, ScalarType.Long),
  U64(8, ScalarType.UInt64);

  private final int bytes;
  private final ScalarType scalarType;

  DType(int bytes, ScalarType scalarType) {
    this.bytes = bytes;
    this.scalarType = scalarType;
  }

  /** The size of an element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** Whether a tensor of this type can be read as fp32 weights. */
  public boolean isWeight() {
    return this == F32 || this == F16 || this == BF16 || this == F64;
  }

  /** libtorch's name for the type. */
  ScalarType scalarType() {
    return scalarType;
  }

  static Optional<DType> of(ScalarType scalarType) {
    return Arrays.stream(values())
        .filter(dtype -> dtype.scalarType == scalarType.intern())
        .findFirst();
  }

  static Optional<DType> named(String name) {
    return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
  }
}
