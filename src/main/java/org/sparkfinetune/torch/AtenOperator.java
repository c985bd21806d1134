package org.sparkfinetune.torch;

import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.Type;

/**
 * One of libtorch's operators by name, called through its dispatcher: the way to those that the
 * Java bindings have no method for. Thread-safe; lives as long as the process.
 */
public final class AtenOperator {
  /**
   * The type of a list's elements; looked up once, as each look-up costs memory that is not freed.
   */
  private static final Type.TypePtr TENSOR = tensorType();

  private final OperatorHandle handle;

  private AtenOperator(OperatorHandle handle) {
    this.handle = handle;
  }

  /**
   * Finds an operator.
   *
   * @param name as in {@code aten::_fused_adamw_}
   * @param overload the overload's name; mostly empty
   */
  public static AtenOperator find(String name, String overload) {
    Libtorch.load();
    try (PointerScope scope = new PointerScope()) {
      OperatorHandle handle = Dispatcher.singleton().findSchemaOrThrow(name, overload);
      handle.retainReference();
      return new AtenOperator(handle);
    }
  }

  /**
   * Calls an operator that works in place. A wrong number or kind of arguments is a {@code
   * RuntimeException} of libtorch's.
   *
   * @param arguments by the operator's schema, defaults included: a {@code Tensor}, a {@code List}
   *     of them, a {@code Double}, a {@code Long}, a {@code Boolean}, or null for none
   */
  public void callInPlace(Object... arguments) {
    try (PointerScope scope = new PointerScope()) {
      IValueVector stack = new IValueVector();
      for (Object argument : arguments) {
        stack.push_back(value(argument));
      }
      handle.callBoxed(stack);
    }
  }

  private static IValue value(Object argument) {
    if (argument == null) {
      return new IValue();
    } else if (argument instanceof Tensor tensor) {
      return new IValue(tensor);
    } else if (argument instanceof Double number) {
      return new IValue(number.doubleValue());
    } else if (argument instanceof Long number) {
      return new IValue(number.longValue());
    } else if (argument instanceof Boolean bool) {
      return new IValue(bool.booleanValue());
    } else if (argument instanceof List<?> list) {
      GenericList values = new GenericList(TENSOR);
      list.forEach(element -> values.push_back(new IValue((Tensor) element)));
      return new IValue(values);
    }
    throw new IllegalArgumentException("no ATen value: " + argument.getClass().getName());
  }

  /** From an operator whose first argument is a list of tensors: the bindings make no type. */
  private static Type.TypePtr tensorType() {
    Libtorch.load();
    try (PointerScope scope = new PointerScope()) {
      OperatorHandle cat = Dispatcher.singleton().findSchemaOrThrow("aten::cat", "");
      Type.TypePtr type = cat.schema().arguments().type().get().containedType(0);
      type.retainReference();
      return type;
    }
  }
}
