package org.sparkfinetune;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a type as public API: its public members stay as they are within a major version, and
 * change in a minor one only after they were deprecated in the one before. A type without it is
 * none, also where it is {@code public} for the sake of another package.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface PublicApi {}
