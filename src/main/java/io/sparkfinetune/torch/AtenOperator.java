package io.sparkfinetune.torch;

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
      for (int i = 0; i < arguments.length; i++) {
        stack.push_back(value(i, arguments[i]));
      }
      handle.callBoxed(stack);
    }
  }

  private IValue value(int index, Object argument) {
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
      Type.TypePtr elementType =
          handle.schema().arguments().getPointer(index).type().get().containedType(0);
      GenericList values = new GenericList(elementType);
      list.forEach(element -> values.push_back(new IValue((Tensor) element)));
      return new IValue(values);
    }
    throw new IllegalArgumentException("no ATen value: " + argument.getClass().getName());
  }
}
