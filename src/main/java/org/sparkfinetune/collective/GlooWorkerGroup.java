package org.sparkfinetune.collective;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.Backend;
import org.bytedeco.pytorch.BackendOptional;
import org.bytedeco.pytorch.ProcessGroup;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_gloo;
import org.bytedeco.pytorch.global.torch_nccl;
import org.bytedeco.pytorch.nccl.ProcessGroupNCCL;
import org.sparkfinetune.UserException;
import org.sparkfinetune.torch.Libtorch;
import org.sparkfinetune.torch.Natives;

/**
 * Workers on libtorch's process groups: Gloo for what lies in the processor's memory, and NCCL for
 * gradients that lie on GPUs. Workers that are all on one host sum through memory that they share
 * instead of Gloo's sockets. The connections are not encrypted.
 */
public final class GlooWorkerGroup implements WorkerGroup {
  private final int rank;
  private final List<String> hosts;
  private final Store store;
  private final Backend gloo;
  private final Backend nccl;
  private final ProcessGroup group;
  private final Liveness liveness;
  private final Duration timeout;
  private final SharedMemory shared;

  /** What closing does, the last opened first. */
  private final Deque<Runnable> closing;

  /** Operations by the store, which all workers count alike. */
  private int operations;

  /** Whether this worker and another are no longer in step. */
  private boolean failed;

  /** Whether all are to end for what the user has to put right. */
  private boolean leaves;

  /**
   * Ties this worker to the others.
   *
   * @param closing what closes that which it opens goes there at once: the caller closes when this
   *     fails
   */
  private GlooWorkerGroup(
      int rank,
      List<String> hosts,
      Rendezvous rendezvous,
      boolean cuda,
      Duration timeout,
      Deque<Runnable> closing) {
    this.rank = rank;
    this.hosts = hosts;
    this.timeout = timeout;
    this.closing = closing;
    store = rendezvous.store();
    liveness = new Liveness(store, rank, hosts);
    closing.push(liveness::close);
    closing.push(this::awaitOthers);
    boolean onOneHost = hosts.stream().distinct().count() == 1;
    shared = !cuda && onOneHost ? sharedMemory().orElse(null) : null;
    if (shared != null) {
      gloo = null;
      nccl = null;
      group = null;
      return;
    }
    Natives.load(torch_gloo.class);
    TorchStore torchStore = new TorchStore(store, timeout);
    closing.push(torchStore::close);
    try (PointerScope scope = new PointerScope()) {
      gloo = Gloo.connect(torchStore.store(), rendezvous.secret(), rank, hosts, timeout);
      closing.push(gloo::close);
      nccl = cuda ? nccl(torchStore.store(), rank, hosts.size(), timeout) : null;
      if (nccl == null) {
        torchStore.rest();
      }
      if (nccl != null) {
        closing.push(this::closeNccl);
      }
      group = new ProcessGroup(rank, hosts.size());
      group.retainReference();
      closing.push(group::close);
      group.setBackend(
          torch.DeviceType.CPU, ProcessGroup.BackendType.GLOO, new BackendOptional(gloo));
      if (nccl != null) {
        group.setBackend(
            torch.DeviceType.CUDA, ProcessGroup.BackendType.NCCL, new BackendOptional(nccl));
      }
    }
  }

  /** If every worker sees it and the processes of the others; an operation of all workers. */
  private Optional<SharedMemory> sharedMemory() {
    int size = hosts.size();
    Optional<SharedMemory> opened =
        share(SharedMemory.bytes(size))
            .map(all -> new SharedMemory(all, rank, size, timeout, this::translateFailure));
    if (opened.isPresent()) {
      closing.push(opened.get()::close);
      // Each has told its process before any looks for it.
      countOf(true);
      if (countOf(opened.get().seesAll()) == size) {
        return opened;
      }
      closing.pop().run();
    }
    return Optional.empty();
  }

  /** Memory that all workers share, full of zeros; an operation of all workers. */
  private Optional<Tensor> share(long bytes) {
    String key = "shared/" + operations++ + "/";
    Optional<NamelessFile> made = rank == 0 ? SharedFile.create(bytes) : Optional.empty();
    Optional<Tensor> mapped = Optional.empty();
    boolean everywhere = false;
    try {
      if (rank == 0) {
        store.set(key, made.map(NamelessFile::address).orElse(""));
      }
      String address = await(key, 1).get(key);
      mapped = address.isEmpty() ? Optional.empty() : SharedFile.map(address, bytes);
      everywhere = countOf(mapped.isPresent()) == hosts.size();
    } finally {
      made.ifPresent(NamelessFile::close);
      if (!everywhere) {
        mapped.ifPresent(Tensor::close);
      }
    }
    return everywhere ? mapped : Optional.empty();
  }

  /** How many workers say so; an operation of all workers. */
  private long countOf(boolean own) {
    String prefix = "count/" + operations++ + "/";
    store.set(prefix + rank, Boolean.toString(own));
    return await(prefix, hosts.size()).values().stream().filter(Boolean::parseBoolean).count();
  }

  private Map<String, String> await(String prefix, int count) {
    try {
      return store.await(prefix, count, timeout);
    } catch (RuntimeException e) {
      throw translateFailure(e);
    }
  }

  /**
   * Meets the other workers.
   *
   * @param hosts the host of each worker, by rank, as the others reach it
   * @param exchange used once
   * @param cuda whether gradients lie on GPUs
   * @param timeout after which an operation that another worker does not join fails
   */
  public static WorkerGroup join(
      int rank, List<String> hosts, TextExchange exchange, boolean cuda, Duration timeout) {
    if (hosts.size() == 1) {
      return SingleWorkerGroup.INSTANCE;
    }
    Libtorch.load();
    if (cuda) {
      Natives.load(torch_nccl.class);
    }
    Deque<Runnable> closing = new ArrayDeque<>();
    try {
      Rendezvous rendezvous =
          Rendezvous.of(rank, hosts.get(0), hosts.size(), exchange, timeout, closing);
      return new GlooWorkerGroup(rank, List.copyOf(hosts), rendezvous, cuda, timeout, closing);
    } catch (RuntimeException | Error e) {
      closing.forEach(Runnable::run);
      throw e;
    }
  }

  private static Backend nccl(
      org.bytedeco.pytorch.Store store, int rank, int size, Duration timeout) {
    ProcessGroupNCCL.Options options = ProcessGroupNCCL.Options.create();
    options.timeout(new Milliseconds(timeout.toMillis()));
    Backend backend = new ProcessGroupNCCL(store, rank, size, options);
    backend.retainReference();
    return backend;
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return hosts.size();
  }

  @Override
  public int workersOfHost() {
    return Collections.frequency(hosts, hosts.get(rank));
  }

  @Override
  public void allReduceSum(Tensor tensor) {
    if (shared != null && !tensor.is_cuda()) {
      shared.sum(List.of(tensor), 1);
      return;
    }
    try (PointerScope scope = new PointerScope()) {
      Work work = (tensor.is_cuda() ? nccl : gloo).allreduce(new TensorVector(tensor));
      work._wait();
    } catch (RuntimeException e) {
      throw translateFailure(e);
    }
  }

  /** Averages tensors over the workers, in place. */
  private void average(List<Tensor> tensors) {
    double factor = 1.0 / hosts.size();
    if (shared != null) {
      shared.sum(tensors, factor);
      return;
    }
    for (Tensor tensor : tensors) {
      allReduceSum(tensor);
      tensor.mul_(new Scalar(factor));
    }
  }

  @Override
  public GradientReducer reducer(List<Tensor> weights, boolean inParts) {
    if (shared != null && !weights.isEmpty() && SharedReducer.takes(weights)) {
      Optional<Tensor> memory = share(SharedReducer.bytes(weights));
      if (memory.isPresent()) {
        return new SharedReducer(shared, memory.get(), List.copyOf(weights));
      }
    }
    // On one host there is nothing to send while the pass runs: copying takes the same cores.
    if (inParts || shared != null) {
      return new WholeReducer(this::average, List.copyOf(weights));
    }
    try {
      return new BucketedReducer(group, new ArrayList<>(weights));
    } catch (RuntimeException e) {
      throw translateFailure(e);
    }
  }

  @Override
  public void heartbeat(long step) {
    liveness.heartbeat(step);
  }

  @Override
  public RuntimeException translateFailure(RuntimeException failure) {
    if (failure instanceof WorkerLostException
        || failure instanceof UserException
        || !isOfCommunication(failure)) {
      return failure;
    }
    failed = true;
    Optional<String> reason = liveness.failureOfAnother();
    if (reason.isPresent()) {
      fail(reason.get());
      return new UserException(reason.get(), failure);
    }
    return new WorkerLostException(liveness.suspects(timeout, failure), failure);
  }

  @Override
  public void fail(String message) {
    failed = true;
    if (!leaves) {
      leaves = true;
      liveness.fail(message);
    }
  }

  private static boolean isOfCommunication(RuntimeException failure) {
    String message = String.valueOf(failure.getMessage());
    return failure instanceof SharedMemory.SharedMemoryException
        || failure instanceof Store.StoreException
        || message.contains("gloo")
        || message.contains("NCCL")
        || message.contains("onnection");
  }

  /** The first worker serves the store, where the others are to find why it has left. */
  private void awaitOthers() {
    if (rank == 0 && leaves) {
      liveness.awaitOthers(timeout);
    }
  }

  private void closeNccl() {
    if (failed) {
      // Or it waits for what the others never send.
      nccl.abort();
    }
    nccl.close();
  }

  @Override
  public void close() {
    while (!closing.isEmpty()) {
      closing.pop().run();
    }
  }
}
