package org.sparkfinetune.model.io;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.sparkfinetune.UserException;

/**
 * Reads the pickle of a state dict: names, and where each tensor's elements lie.
 *
 * <p>A pickle is a program for a small stack machine that may name any Python function and have it
 * called. This is a parser and no such machine: it knows the few instructions that {@code
 * torch.save} writes for a dict of tensors, and the few names in {@link #DTYPES} and {@link #call},
 * which it answers with plain data. Every other name ends the reading; nothing is looked up, loaded
 * or called.
 */
final class StateDictPickle {
  /** The elements of a storage, as PyTorch's type of it says. */
  private static final Map<String, DType> DTYPES =
      Map.ofEntries(
          Map.entry("torch FloatStorage", DType.F32),
          Map.entry("torch HalfStorage", DType.F16),
          Map.entry("torch BFloat16Storage", DType.BF16),
          Map.entry("torch DoubleStorage", DType.F64),
          Map.entry("torch LongStorage", DType.I64),
          Map.entry("torch IntStorage", DType.I32),
          Map.entry("torch ShortStorage", DType.I16),
          Map.entry("torch CharStorage", DType.I8),
          Map.entry("torch ByteStorage", DType.U8),
          Map.entry("torch BoolStorage", DType.BOOL));

  private static final String DICT = "collections OrderedDict";
  private static final String TENSOR = "torch._utils _rebuild_tensor_v2";
  private static final String PARAMETER = "torch._utils _rebuild_parameter";

  /**
   * @param key the storage's name in the archive
   * @param elements of the storage
   */
  record Storage(String key, DType dtype, long elements) {}

  /**
   * @param offset of the first element in the storage
   */
  record View(Storage storage, long offset, List<Long> shape, List<Long> strides) {}

  private record Name(String text) {}

  private enum Special {
    NONE,
    MARK
  }

  private final ByteBuffer in;
  private final String file;
  private final Deque<Object> stack = new ArrayDeque<>();
  private final Map<Integer, Object> memo = new HashMap<>();

  private StateDictPickle(byte[] pickle, String file) {
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    this.file = file;
  }

  /**
   * The tensors by name, in the order of the dict.
   *
   * @throws UserException when the pickle is anything but a dict of tensors
   */
  static Map<String, View> parse(byte[] pickle, String file) {
    StateDictPickle parser = new StateDictPickle(pickle, file);
    Object root;
    try {
      root = parser.run();
    } catch (UserException e) {
      throw e;
    } catch (RuntimeException e) {
      // Whatever an instruction misses: an argument, another type, bytes after the end.
      throw parser.refused("its instructions make no sense", e);
    }
    if (!(root instanceof Map<?, ?> dict)) {
      throw parser.refused("it holds " + kind(root), null);
    }
    Map<String, View> tensors = new LinkedHashMap<>();
    dict.forEach(
        (key, value) -> {
          if (!(key instanceof String name) || !(value instanceof View view)) {
            throw parser.refused("at '" + key + "' it holds " + kind(value), null);
          }
          tensors.put(name, view);
        });
    return tensors;
  }

  private Object run() {
    while (true) {
      int code = in.get() & 0xFF;
      switch (code) {
        case 0x80 -> in.get(); // PROTO
        case 0x95 -> in.getLong(); // FRAME
        case 'c' -> stack.push(name(line(), line())); // GLOBAL
        case 0x93 -> { // STACK_GLOBAL
          String member = (String) stack.pop();
          stack.push(name((String) stack.pop(), member));
        }
        case 'q' -> memo.put(in.get() & 0xFF, stack.getFirst()); // BINPUT
        case 'r' -> memo.put(in.getInt(), stack.getFirst()); // LONG_BINPUT
        case 0x94 -> memo.put(memo.size(), stack.getFirst()); // MEMOIZE
        case 'h' -> stack.push(remembered(in.get() & 0xFF)); // BINGET
        case 'j' -> stack.push(remembered(in.getInt())); // LONG_BINGET
        case '(' -> stack.push(Special.MARK);
        case ')' -> stack.push(List.of()); // EMPTY_TUPLE
        case 't' -> stack.push(sinceMark()); // TUPLE
        case 0x85 -> stack.push(last(1)); // TUPLE1
        case 0x86 -> stack.push(last(2)); // TUPLE2
        case 0x87 -> stack.push(last(3)); // TUPLE3
        case '}' -> stack.push(new LinkedHashMap<>()); // EMPTY_DICT
        case 's' -> putAll(last(2)); // SETITEM
        case 'u' -> putAll(sinceMark()); // SETITEMS
        case ']' -> stack.push(new ArrayList<>()); // EMPTY_LIST
        case 'a' -> addAll(last(1)); // APPEND
        case 'e' -> addAll(sinceMark()); // APPENDS
        case 'X' -> stack.push(text(in.getInt())); // BINUNICODE
        case 0x8c -> stack.push(text(in.get() & 0xFF)); // SHORT_BINUNICODE
        case 'K' -> stack.push((long) (in.get() & 0xFF)); // BININT1
        case 'M' -> stack.push((long) Short.toUnsignedInt(in.getShort())); // BININT2
        case 'J' -> stack.push((long) in.getInt()); // BININT
        case 0x8a -> stack.push(integer(in.get() & 0xFF)); // LONG1
        case 0x88 -> stack.push(true); // NEWTRUE
        case 0x89 -> stack.push(false); // NEWFALSE
        case 'N' -> stack.push(Special.NONE); // NONE
        case 'Q' -> stack.push(storage((List<?>) stack.pop())); // BINPERSID
        case 'R' -> { // REDUCE
          List<?> arguments = (List<?>) stack.pop();
          stack.push(call(((Name) stack.pop()).text(), arguments));
        }
        case 'b' -> { // BUILD: a state dict's attribute _metadata, which no weight needs
          stack.pop();
          if (!(stack.getFirst() instanceof Map)) {
            throw refused("it sets attributes of " + kind(stack.getFirst()), null);
          }
        }
        case '.' -> {
          return stack.pop();
        }
        default ->
            throw refused(
                "it has the instruction 0x%02x, which no state dict needs".formatted(code), null);
      }
    }
  }

  /** What {@code torch.save} has Python call, for a state dict: three constructors. */
  private Object call(String function, List<?> arguments) {
    switch (function) {
      case DICT -> {
        if (!arguments.isEmpty()) {
          throw refused("it makes an OrderedDict of " + arguments.size() + " arguments", null);
        }
        return new LinkedHashMap<>();
      }
      case TENSOR -> {
        return view(arguments);
      }
      case PARAMETER -> {
        return (View) arguments.get(0);
      }
      default -> throw refused("it calls '" + function + "'", null);
    }
  }

  /** Arguments: storage, offset, size, stride, and what only autograd needs. */
  private View view(List<?> arguments) {
    if (arguments.size() < 4) {
      throw refused("a tensor has " + arguments.size() + " arguments", null);
    }
    View view =
        new View(
            (Storage) arguments.get(0),
            (Long) arguments.get(1),
            dimensions(arguments.get(2)),
            dimensions(arguments.get(3)));
    requireInStorage(view);
    return view;
  }

  private void requireInStorage(View view) {
    boolean inside =
        view.offset() >= 0
            && view.shape().size() == view.strides().size()
            && view.shape().stream().allMatch(length -> length >= 0)
            && view.strides().stream().allMatch(stride -> stride >= 0);
    if (inside) {
      try {
        TensorInfo info = new TensorInfo(view.storage().dtype(), view.shape());
        long span = new StoredTensor(null, 0, info, view.strides()).span();
        // A stride of 0 would make much of little: no pretrained model has one.
        inside =
            Math.addExact(view.offset(), span) <= view.storage().elements()
                && info.bytes() / info.dtype().bytes() <= view.storage().elements();
      } catch (ArithmeticException e) {
        inside = false;
      }
    }
    if (!inside) {
      throw new UserException(
          file
              + ": a tensor of shape "
              + view.shape()
              + " and strides "
              + view.strides()
              + " from element "
              + view.offset()
              + " on does not lie within its storage '"
              + view.storage().key()
              + "' of "
              + view.storage().elements()
              + " elements. The file is damaged.");
    }
  }

  /** {@code ('storage', type, key, device, elements)}: how torch.save refers to raw data. */
  private Storage storage(List<?> id) {
    if (id.size() != 5 || !"storage".equals(id.get(0))) {
      throw refused("it refers to something that is no storage", null);
    }
    DType dtype = DTYPES.get(((Name) id.get(1)).text());
    if (dtype == null) {
      throw refused("it has a storage of '" + ((Name) id.get(1)).text() + "'", null);
    }
    return new Storage((String) id.get(2), dtype, (Long) id.get(4));
  }

  private Name name(String module, String member) {
    String text = module + " " + member;
    if (DTYPES.containsKey(text) || List.of(DICT, TENSOR, PARAMETER).contains(text)) {
      return new Name(text);
    }
    throw refused(
        "it names '"
            + module
            + "."
            + member
            + "', code that loading it in Python would run or"
            + " import",
        null);
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (byte b = in.get(); b != '\n'; b = in.get()) {
      line.append((char) (b & 0xFF));
    }
    return line.toString();
  }

  private String text(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private long integer(int length) {
    if (length > Long.BYTES) {
      throw refused("it has an integer of " + length + " bytes", null);
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      long b = i == length - 1 ? in.get() : in.get() & 0xFF; // the last has the sign
      value |= b << 8 * i;
    }
    return value;
  }

  private Object remembered(int index) {
    Object value = memo.get(index);
    if (value == null) {
      throw new NoSuchElementException("memo " + index);
    }
    return value;
  }

  private List<Object> sinceMark() {
    List<Object> values = new ArrayList<>();
    for (Object value = stack.pop(); value != Special.MARK; value = stack.pop()) {
      values.add(value);
    }
    Collections.reverse(values);
    return values;
  }

  private List<Object> last(int count) {
    List<Object> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(0, stack.pop());
    }
    return values;
  }

  @SuppressWarnings("unchecked")
  private void putAll(List<Object> keysAndValues) {
    Map<Object, Object> dict = (Map<Object, Object>) stack.getFirst();
    for (int i = 0; i + 1 < keysAndValues.size(); i += 2) {
      if (!(keysAndValues.get(i) instanceof String key)) {
        throw refused("a dict has " + kind(keysAndValues.get(i)) + " for a key", null);
      }
      dict.put(key, keysAndValues.get(i + 1));
    }
  }

  @SuppressWarnings("unchecked")
  private void addAll(List<Object> values) {
    ((ArrayList<Object>) stack.getFirst()).addAll(values);
  }

  /** Views may share one tuple: a long one would be much of little. */
  private List<Long> dimensions(Object tuple) {
    List<?> lengths = (List<?>) tuple;
    if (lengths.size() > TensorInfo.MAX_DIMENSIONS) {
      throw refused("a tensor has " + lengths.size() + " dimensions", null);
    }
    return lengths.stream().map(Long.class::cast).toList();
  }

  private static String kind(Object value) {
    if (value instanceof View) {
      return "one tensor";
    }
    if (value instanceof Map) {
      return "a dict";
    }
    if (value instanceof List) {
      return "a list";
    }
    return value instanceof Special ? "None" : "a " + value.getClass().getSimpleName();
  }

  private UserException refused(String what, Throwable cause) {
    return new UserException(
        file
            + ": not a dict of plain tensors: "
            + what
            + ". Nothing of it was run. If you trust where it came from, save it as safetensors in"
            + " Python: safetensors.torch.save_file(model.state_dict(), 'model.safetensors',"
            + " {'format': 'pt'}).",
        cause);
  }
}
