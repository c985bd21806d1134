package org.sparkfinetune.torch;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.openblas.global.openblas_full;
import org.bytedeco.pytorch.Tensor;

/**
 * Many small matrix products as one call of MKL. libtorch's Java build calls a product after the
 * other, each of them too small for the threads that start for it.
 */
public final class BatchedGemm {
  private BatchedGemm() {}

  /** Whether MKL is what libtorch multiplies with here. */
  public static boolean isAvailable() {
    return Libtorch.hasMkl();
  }

  /**
   * Matrices in fp32 memory, {@code rows * heads} of them, each with its last axis without gaps.
   *
   * @param address of the first one's first element
   * @param rowStride elements from a row's matrices to the next row's
   * @param headStride elements from a head's matrix to the next head's
   * @param stride elements from a line of a matrix to the next
   */
  public record Matrices(long address, long rowStride, long headStride, int stride) {
    /** Matrices in a CPU tensor, from its element {@code offset} on. */
    public static Matrices of(
        Tensor tensor, long offset, long rowStride, long headStride, int stride) {
      return new Matrices(
          tensor.data_ptr().address() + offset * Float.BYTES, rowStride, headStride, stride);
    }

    private void addresses(int rows, int heads, long[] into, int from) {
      for (int i = 0; i < rows * heads; i++) {
        into[from + i] =
            address + (i / heads * rowStride + i % heads * headStride) * (long) Float.BYTES;
      }
    }
  }

  /**
   * {@code c = alpha op(a) op(b)} for each row and head; {@code c} must not overlap the factors.
   *
   * @param m lines of {@code op(a)} and {@code c}
   * @param n columns of {@code op(b)} and {@code c}
   * @param k columns of {@code op(a)}, lines of {@code op(b)}
   */
  public record Product(
      int rows, int heads, int m, int n, int k, Matrices a, Matrices b, Matrices c) {}

  /**
   * Computes products, all of them in one call.
   *
   * @param transposeA whether {@code op} transposes {@code a}
   */
  public static void multiply(
      double alpha, boolean transposeA, boolean transposeB, List<Product> products) {
    int groups = products.size();
    int total = products.stream().mapToInt(product -> product.rows() * product.heads()).sum();
    long[] a = new long[total];
    long[] b = new long[total];
    long[] c = new long[total];
    float[] alphas = new float[groups];
    Arrays.fill(alphas, (float) alpha);
    int from = 0;
    for (Product product : products) {
      product.a().addresses(product.rows(), product.heads(), a, from);
      product.b().addresses(product.rows(), product.heads(), b, from);
      product.c().addresses(product.rows(), product.heads(), c, from);
      from += product.rows() * product.heads();
    }
    try (PointerScope scope = new PointerScope()) {
      openblas_full.cblas_sgemm_batch(
          openblas_full.CblasRowMajor,
          each(
              products,
              product -> transposeA ? openblas_full.CblasTrans : openblas_full.CblasNoTrans),
          each(
              products,
              product -> transposeB ? openblas_full.CblasTrans : openblas_full.CblasNoTrans),
          each(products, Product::m),
          each(products, Product::n),
          each(products, Product::k),
          new FloatPointer(alphas),
          new PointerPointer<>(new LongPointer(a)),
          each(products, product -> product.a().stride()),
          new PointerPointer<>(new LongPointer(b)),
          each(products, product -> product.b().stride()),
          new FloatPointer(new float[groups]),
          new PointerPointer<>(new LongPointer(c)),
          each(products, product -> product.c().stride()),
          groups,
          each(products, product -> product.rows() * product.heads()));
    }
  }

  private static IntPointer each(List<Product> products, ToIntFunction<Product> value) {
    return new IntPointer(products.stream().mapToInt(value).toArray());
  }
}
