package org.sparkfinetune.model.io;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;

/**
 * Reads arrays of texts, numbers and pairs from a stream of Java object serialization.
 *
 * <p>Deserializing foreign bytes lets them choose which classes are loaded and which of their code
 * runs. This is a parser of the stream's grammar (Java Object Serialization Specification, chapter
 * 6) that makes plain data of the few classes below, told by their names alone, and refuses every
 * other. No class is loaded.
 */
final class SerializedJava {
  private static final int MAGIC = 0xACED0005;
  private static final byte NULL = 0x70;
  private static final byte REFERENCE = 0x71;
  private static final byte CLASS = 0x72;
  private static final byte OBJECT = 0x73;
  private static final byte STRING = 0x74;
  private static final byte ARRAY = 0x75;
  private static final byte END = 0x78;
  private static final byte LONG_STRING = 0x7C;
  private static final int FIRST_HANDLE = 0x7E0000;
  private static final int SERIALIZABLE_WITHOUT_OWN_DATA = 2;

  /** Deeper nesting than pairs in pairs has no use, and would overflow the stack. */
  private static final int MAX_DEPTH = 16;

  private static final int MAX_CLASSES = 64;

  /**
   * Pairs, which become lists, and boxed numbers; specialized pairs have names as {@code $mcII$sp}.
   */
  private static final Map<String, String> FIELDS =
      Map.of(
          "scala.Tuple2", "_1 _2",
          "java.lang.Integer", "value",
          "java.lang.Long", "value",
          "java.lang.Float", "value",
          "java.lang.Double", "value",
          "java.lang.Boolean", "value",
          "java.lang.Number", "");

  private record Field(char type, String name) {}

  private record Description(String name, List<Field> fields, Description parent) {}

  private final DataInputStream in;
  private final String file;
  private final List<Object> handles = new ArrayList<>();
  private int depth;
  private int classes;

  private SerializedJava(byte[] bytes, String file) {
    this.in = new DataInputStream(new ByteArrayInputStream(bytes));
    this.file = file;
  }

  /**
   * The one object of a stream: a String, a boxed number, or a list of them for an array and a
   * pair.
   *
   * @throws UserException when the stream holds anything else, or is damaged
   */
  static Object parse(byte[] bytes, String file) {
    SerializedJava parser = new SerializedJava(bytes, file);
    try {
      if (parser.in.readInt() != MAGIC) {
        throw parser.refused("it does not start as a stream of Java objects does");
      }
      return parser.object();
    } catch (EOFException e) {
      throw parser.refused("it ends too early");
    } catch (UserException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Whatever an element misses: a class, a field, another type.
      throw parser.refused("it is damaged (" + e.getMessage() + ")");
    }
  }

  private Object object() throws IOException {
    if (++depth > MAX_DEPTH) {
      throw refused("its objects are nested deeper than " + MAX_DEPTH);
    }
    try {
      byte code = in.readByte();
      return switch (code) {
        case STRING -> remember(in.readUTF());
        case LONG_STRING -> remember(longString());
        case REFERENCE -> reference();
        case ARRAY -> array();
        case OBJECT -> instance();
        default -> throw refused("it has the element 0x%02x".formatted(code));
      };
    } finally {
      depth--;
    }
  }

  private List<Object> array() throws IOException {
    Description type = requireClass(description());
    List<Object> elements = new ArrayList<>();
    handles.add(elements);
    if (!type.name().startsWith("[L")) {
      throw refused("it has an array of the type " + type.name());
    }
    int length = in.readInt();
    if (length < 0) {
      throw refused("it has an array of " + length + " elements");
    }
    for (int i = 0; i < length; i++) {
      elements.add(object());
    }
    return elements;
  }

  private Object instance() throws IOException {
    Description type = requireClass(description());
    int handle = handles.size();
    List<Object> values = new ArrayList<>();
    handles.add(values);
    readFields(type, values);
    if (values.isEmpty()) {
      throw refused("it has an object of the class " + type.name() + " without a value");
    }
    boolean pair = type.name().startsWith("scala.");
    Object value = pair ? values : values.get(0);
    handles.set(handle, value);
    return value;
  }

  /** A parent's fields come before its child's. */
  private void readFields(Description type, List<Object> values) throws IOException {
    if (type.parent() != null) {
      readFields(type.parent(), values);
    }
    for (Field field : type.fields()) {
      values.add(
          switch (field.type()) {
            case 'I' -> in.readInt();
            case 'J' -> in.readLong();
            case 'F' -> in.readFloat();
            case 'D' -> in.readDouble();
            case 'Z' -> in.readBoolean();
            case 'L' -> object();
            default -> throw refused("it has a field of the type " + field.type());
          });
    }
  }

  private Description requireClass(Description type) {
    if (type == null) {
      throw refused("it has an object without a class");
    }
    return type;
  }

  private Description description() throws IOException {
    byte code = in.readByte();
    if (code == NULL) {
      return null;
    }
    if (code == REFERENCE) {
      return (Description) reference();
    }
    if (++classes > MAX_CLASSES) {
      throw refused("it describes more than " + MAX_CLASSES + " classes");
    }
    if (code != CLASS) {
      throw refused("it has the element 0x%02x for a class".formatted(code));
    }
    String name = in.readUTF();
    in.readLong(); // serialVersionUID
    int handle = handles.size();
    handles.add(name);
    requireKnown(name);
    if (in.readByte() != SERIALIZABLE_WITHOUT_OWN_DATA) {
      throw refused("its class " + name + " writes data of its own");
    }
    List<Field> fields = new ArrayList<>();
    int count = in.readUnsignedShort();
    for (int i = 0; i < count; i++) {
      Field field = new Field((char) in.readByte(), in.readUTF());
      if (field.type() == 'L' || field.type() == '[') {
        object(); // the name of its type
      }
      fields.add(field);
    }
    String names = String.join(" ", fields.stream().map(Field::name).toList());
    if (!name.startsWith("[") && !names.equals(FIELDS.get(name))) {
      throw refused("its class " + name + " has the fields '" + names + "'");
    }
    if (in.readByte() != END) {
      throw refused("its class " + name + " is annotated");
    }
    Description type = new Description(name, fields, null);
    handles.set(handle, type);
    Description parent = description();
    type = new Description(name, fields, parent);
    handles.set(handle, type);
    return type;
  }

  private void requireKnown(String name) {
    boolean objects = name.startsWith("[L") && name.endsWith(";");
    String element = objects ? name.substring(2, name.length() - 1) : name;
    boolean known =
        FIELDS.containsKey(element)
            || objects
                && (element.equals("java.lang.String") || element.equals("java.lang.Object"));
    if (!known) {
      throw refused("it holds an object of the class " + name);
    }
  }

  private String longString() throws IOException {
    long length = in.readLong();
    if (length < 0 || length > in.available()) {
      throw new EOFException();
    }
    // Modified UTF-8 differs from UTF-8 beyond the basic plane; no token is 64 KB long.
    throw refused("it has a text of " + length + " bytes");
  }

  private Object remember(Object value) {
    handles.add(value);
    return value;
  }

  private Object reference() throws IOException {
    int index = in.readInt() - FIRST_HANDLE;
    if (index < 0 || index >= handles.size()) {
      throw new IOException("a reference to nothing");
    }
    return handles.get(index);
  }

  private UserException refused(String what) {
    return new UserException(
        file
            + ": not a list of tokens or labels as Spark NLP saves it: "
            + what
            + ". Nothing of it was loaded.");
  }
}
