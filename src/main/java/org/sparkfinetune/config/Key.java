package org.sparkfinetune.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Declares a record component as a setting. The component's camel-case name in snake case is the
 * key: {@code learningRate} is set as {@code learning_rate}.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** What the setting does, in one or two sentences, with its unit. */
  String doc();

  /** The default as it would be written in HOCON. Empty means "not set", for strings alone. */
  String defaultValue();

  /** The smallest number allowed. */
  double min() default Double.NEGATIVE_INFINITY;

  /** The largest number allowed. */
  double max() default Double.POSITIVE_INFINITY;

  /** Whether {@link #min} itself is refused. */
  boolean minExclusive() default false;

  /** Whether {@link #max} itself is refused. */
  boolean maxExclusive() default false;

  /**
   * Whether a number may also be {@code auto}, which leaves the choice to the code. The record then
   * holds {@code NaN}.
   */
  boolean auto() default false;

  /** Whether a string may be white space alone, such as a tab, which stands for no value else. */
  boolean verbatim() default false;

  /** The strings allowed; empty allows any. Enums allow their constants in lower case. */
  String[] choices() default {};
}
