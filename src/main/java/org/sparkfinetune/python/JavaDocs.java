package org.sparkfinetune.python;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.EndElementTree;
import com.sun.source.doctree.LinkTree;
import com.sun.source.doctree.LiteralTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.ReturnTree;
import com.sun.source.doctree.StartElementTree;
import com.sun.source.doctree.TextTree;
import com.sun.source.doctree.ThrowsTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/**
 * What sources say of classes and their members, which class files do not: documentation, the names
 * of parameters, the order.
 */
final class JavaDocs {
  /**
   * A documentation comment in plain text.
   *
   * @param text paragraphs, with an empty line between two
   * @param params texts by parameter, or record component
   */
  record Doc(String text, Map<String, String> params, String returns, String raises) {
    static final Doc NONE = new Doc("", Map.of(), "", "");
  }

  /** A method or constructor. */
  record Member(List<String> parameters, Doc doc, int place) {}

  private final DocTrees trees;
  private final Map<String, Doc> types = new LinkedHashMap<>();
  private final Map<String, Member> members = new LinkedHashMap<>();

  private JavaDocs(DocTrees trees) {
    this.trees = trees;
  }

  /** Reads the sources of classes. */
  static JavaDocs of(Path sources, List<Class<?>> classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<Path> files =
        classes.stream()
            .map(type -> sources.resolve(type.getName().replace('.', '/') + ".java"))
            .filter(Files::exists)
            .toList();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  null,
                  List.of("-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      JavaDocs docs = new JavaDocs(DocTrees.instance(task));
      for (CompilationUnitTree unit : task.parse()) {
        for (Tree type : unit.getTypeDecls()) {
          if (type instanceof ClassTree named) {
            docs.read(new TreePath(new TreePath(unit), named), unit.getPackageName() + ".");
          }
        }
      }
      return docs;
    }
  }

  private void read(TreePath path, String prefix) {
    ClassTree type = (ClassTree) path.getLeaf();
    String name = prefix + type.getSimpleName();
    types.put(name, doc(path));
    for (Tree member : type.getMembers()) {
      TreePath place = new TreePath(path, member);
      if (member instanceof ClassTree) {
        read(place, name + "$");
      } else if (member instanceof MethodTree method) {
        List<? extends VariableTree> parameters = method.getParameters();
        String key =
            key(
                name,
                method.getName().toString(),
                parameters.stream().map(parameter -> erased(parameter.getType())).toList());
        members.put(
            key,
            new Member(
                parameters.stream().map(parameter -> parameter.getName().toString()).toList(),
                doc(place),
                members.size()));
      }
    }
  }

  /** What a class is. */
  Doc of(Class<?> type) {
    return types.getOrDefault(type.getName(), Doc.NONE);
  }

  /** What a method or constructor does; of one without a source, its parameters are numbered. */
  Member of(Executable member) {
    String name = member instanceof Method ? member.getName() : "<init>";
    List<String> types =
        Arrays.stream(member.getParameterTypes()).map(Class::getSimpleName).toList();
    Member found = members.get(key(member.getDeclaringClass().getName(), name, types));
    if (found != null) {
      return found;
    }
    Class<?> owner = member.getDeclaringClass();
    if (owner.isRecord() && member instanceof Constructor) {
      return new Member(
          Arrays.stream(owner.getRecordComponents()).map(RecordComponent::getName).toList(),
          Doc.NONE,
          0);
    } else if (owner.isRecord() && types.isEmpty()) {
      String text = of(owner).params().getOrDefault(name, "");
      return new Member(List.of(), new Doc(text, Map.of(), "", ""), 0);
    }
    List<String> numbered = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      numbered.add("value" + (i == 0 ? "" : i));
    }
    return new Member(numbered, Doc.NONE, Integer.MAX_VALUE);
  }

  private static String key(String type, String name, List<String> parameters) {
    return type + "." + name + parameters;
  }

  private static String erased(Tree type) {
    String text = type.toString().replace("...", "[]");
    while (text.contains("<")) {
      text = text.replaceAll("<[^<>]*>", "");
    }
    return text.substring(text.lastIndexOf('.') + 1);
  }

  private Doc doc(TreePath path) {
    DocCommentTree comment = trees.getDocCommentTree(path);
    if (comment == null) {
      return Doc.NONE;
    }
    Map<String, String> params = new LinkedHashMap<>();
    String returns = "";
    List<String> raises = new ArrayList<>();
    for (DocTree tag : comment.getBlockTags()) {
      if (tag instanceof ParamTree param) {
        params.put(param.getName().getName().toString(), plain(param.getDescription()));
      } else if (tag instanceof ReturnTree ret) {
        returns = plain(ret.getDescription());
      } else if (tag instanceof ThrowsTree thrown
          && thrown.getExceptionName().getSignature().endsWith("UserException")) {
        raises.add(plain(thrown.getDescription()));
      }
    }
    return new Doc(plain(comment.getFullBody()), params, returns, String.join("; ", raises));
  }

  /** Text with names in double backquotes; examples, which are Java, are left out. */
  private static String plain(List<? extends DocTree> body) {
    StringBuilder out = new StringBuilder();
    boolean example = false;
    for (DocTree part : body) {
      if (part instanceof StartElementTree start) {
        String element = start.getName().toString();
        example |= element.equals("pre");
        out.append(element.equals("p") ? "\u0000" : element.equals("li") ? "\u0000* " : "");
      } else if (part instanceof EndElementTree end) {
        example &= !end.getName().contentEquals("pre");
      } else if (!example) {
        out.append(inline(part));
      }
    }
    return Arrays.stream(out.toString().split("\u0000"))
        .map(paragraph -> paragraph.replaceAll("\\s+", " ").strip())
        .filter(paragraph -> !paragraph.isEmpty())
        .collect(Collectors.joining("\n\n"));
  }

  private static String inline(DocTree part) {
    if (part instanceof TextTree text) {
      return text.getBody();
    } else if (part instanceof LiteralTree literal) {
      return literal.getKind() == DocTree.Kind.CODE
          ? "``" + literal.getBody().getBody().strip() + "``"
          : literal.getBody().getBody().strip();
    } else if (part instanceof LinkTree link) {
      String label = plain(link.getLabel());
      String signature = link.getReference().getSignature().replaceAll("\\(.*", "");
      String name =
          signature.startsWith("#")
              ? PythonNames.snake(signature.substring(1))
              : signature.replace("#", ".");
      return label.isEmpty() ? "``" + name + "``" : label;
    }
    return part.toString().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
  }
}
