package org.sparkfinetune.model.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.UserException;
import org.sparkfinetune.torch.Libtorch;

/**
 * Moves tensors between streams and native memory, a chunk at a time. Little-endian on both sides:
 * safetensors and ONNX are by definition, libtorch is on every platform that it supports.
 */
public final class NativeTensors {
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

  /** Reads a tensor as contiguous fp32; the caller owns the result. */
  @SuppressWarnings("try") // the scope is there to be closed
  static Tensor read(StoredTensor stored, String tensor) throws IOException {
    String file = stored.source().name();
    TensorInfo info = stored.info();
    requireWeight(info.dtype(), tensor, file);
    InputStream in = stored.source().from(stored.position());
    // Made outside the inner scope: it must outlive it, in the caller's scope if there is one.
    Tensor result = empty(info.dims(), DType.F32);
    try (PointerScope scope = new PointerScope()) {
      if (stored.isContiguous()) {
        fill(result, info.dtype(), in, tensor, file);
      } else {
        // Linear weights that were stored transposed, and views: small next to a model.
        Tensor span = empty(new long[] {stored.span()}, DType.F32);
        fill(span, info.dtype(), in, tensor, file);
        long[] strides = stored.strides().stream().mapToLong(Long::longValue).toArray();
        result.copy_(span.as_strided(info.dims(), strides));
      }
      return result;
    } catch (IOException | RuntimeException e) {
      result.close();
      throw e;
    }
  }

  /** Reads a contiguous tensor in the type that is stored; the caller owns the result. */
  @SuppressWarnings("try") // the scope is there to be closed
  static Tensor readAsStored(TensorInfo info, InputStream in, String tensor, String file)
      throws IOException {
    Tensor result = empty(info.dims(), info.dtype());
    try (PointerScope scope = new PointerScope()) {
      fill(new BytePointer(result.data_ptr()), result.nbytes(), in, tensor, file);
      return result;
    } catch (IOException | RuntimeException e) {
      result.close();
      throw e;
    }
  }

  /** Fills a contiguous fp32 tensor with elements of a stored type. */
  private static void fill(Tensor target, DType stored, InputStream in, String tensor, String file)
      throws IOException {
    if (stored == DType.F32) {
      fill(new BytePointer(target.data_ptr()), target.nbytes(), in, tensor, file);
    } else {
      convert(in, stored, target, tensor, file);
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
              + ", which is not a floating-point weight: a quantized or integer model has lost what"
              + " training needs. Give the model in F32, F16, BF16 or F64.");
    }
  }

  /** Writes a tensor's data, of whatever device and strides, in C order. */
  @SuppressWarnings("try") // the scope is there to be closed
  public static void write(Tensor tensor, OutputStream out) throws IOException {
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

  /** Converts chunk by chunk, so that the stored form is never in memory as a whole. */
  private static void convert(
      InputStream in, DType stored, Tensor result, String tensor, String file) throws IOException {
    long elements = result.numel();
    long chunk = Math.min(elements, CHUNK_BYTES / stored.bytes());
    Tensor flat = result.view(-1);
    Tensor staging = empty(new long[] {chunk}, stored);
    BytePointer stagingData = new BytePointer(staging.data_ptr());
    for (long done = 0; done < elements; ) {
      long n = Math.min(chunk, elements - done);
      fill(stagingData, n * stored.bytes(), in, tensor, file);
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
