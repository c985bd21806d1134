package io.sparkfinetune.model.io;

import io.sparkfinetune.UserException;
import io.sparkfinetune.torch.Libtorch;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * Moves tensors between streams and native memory, a chunk at a time. Little-endian on both sides:
 * safetensors and ONNX are by definition, libtorch is on every platform that it supports.
 */
final class NativeTensors {
  private static final int CHUNK_BYTES = 1 << 20;

  static {
    Libtorch.load();
  }

  private NativeTensors() {}

  private static Tensor empty(long[] dims, DType dtype) {
    try (TensorOptions options = new TensorOptions(dtype.scalarType());
        MemoryFormatOptional contiguous = new MemoryFormatOptional()) {
      return torch.empty(dims, options, contiguous);
    }
  }

  /** Reads a tensor's data from {@code in} as fp32; the caller owns the result. */
  @SuppressWarnings("try") // the scope is there to be closed
  static Tensor read(InputStream in, TensorInfo info, String tensor, String file)
      throws IOException {
    requireWeight(info.dtype(), tensor, file);
    // Made outside the inner scope: it must outlive it, in the caller's scope if there is one.
    Tensor result = empty(info.dims(), DType.F32);
    try (PointerScope scope = new PointerScope()) {
      if (info.dtype() == DType.F32) {
        fill(new BytePointer(result.data_ptr()), info.bytes(), in, tensor, file);
      } else {
        convert(in, info, result, tensor, file);
      }
      return result;
    } catch (IOException | RuntimeException e) {
      result.close();
      throw e;
    }
  }

  /** Refuses what is not floating-point weights. */
  static void requireWeight(DType dtype, String tensor, String file) {
    if (!dtype.isWeight()) {
      throw new UserException(
          file
              + ": tensor '"
              + tensor
              + "' holds "
              + dtype
              + ", which is not a floating-point weight: a quantised or integer model has lost what"
              + " training needs. Give the checkpoint in F32, F16, BF16 or F64.");
    }
  }

  /** Writes a tensor's data, of whatever device and strides, in C order. */
  @SuppressWarnings("try") // the scope is there to be closed
  static void write(Tensor tensor, OutputStream out) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Tensor stored = tensor.cpu().contiguous();
      BytePointer data = new BytePointer(stored.data_ptr());
      long size = stored.nbytes();
      byte[] chunk = new byte[(int) Math.min(size, CHUNK_BYTES)];
      for (long done = 0; done < size; ) {
        int n = (int) Math.min(chunk.length, size - done);
        data.position(done).get(chunk, 0, n);
        out.write(chunk, 0, n);
        done += n;
      }
    }
  }

  /** Reads a transposed matrix, stored {@code [in, out]}, as the {@code [out, in]} it is. */
  @SuppressWarnings("try") // the scope is there to be closed
  static Tensor readTransposed(InputStream in, TensorInfo stored, String tensor, String file)
      throws IOException {
    Tensor result = empty(new long[] {stored.shape().get(1), stored.shape().get(0)}, DType.F32);
    try (PointerScope scope = new PointerScope()) {
      result.copy_(read(in, stored, tensor, file).t());
      return result;
    } catch (IOException | RuntimeException e) {
      result.close();
      throw e;
    }
  }

  /** Converts chunk by chunk, so that the stored form is never in memory as a whole. */
  private static void convert(
      InputStream in, TensorInfo info, Tensor result, String tensor, String file)
      throws IOException {
    long elements = result.numel();
    long chunk = Math.min(elements, CHUNK_BYTES / info.dtype().bytes());
    Tensor flat = result.view(-1);
    Tensor staging = empty(new long[] {chunk}, info.dtype());
    BytePointer stagingData = new BytePointer(staging.data_ptr());
    for (long done = 0; done < elements; ) {
      long n = Math.min(chunk, elements - done);
      fill(stagingData, n * info.dtype().bytes(), in, tensor, file);
      flat.narrow(0, done, n).copy_(staging.narrow(0, 0, n));
      done += n;
    }
  }

  private static void fill(
      BytePointer target, long size, InputStream in, String tensor, String file)
      throws IOException {
    byte[] chunk = new byte[(int) Math.min(size, CHUNK_BYTES)];
    for (long done = 0; done < size; ) {
      int n = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, size - done));
      if (n == 0) {
        throw new UserException(
            file
                + ": the file ends in the data of tensor '"
                + tensor
                + "', "
                + (size - done)
                + " bytes too early. Copy it again.");
      }
      target.position(done).put(chunk, 0, n);
      done += n;
    }
    target.position(0);
  }
}
