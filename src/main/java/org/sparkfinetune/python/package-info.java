/**
 * Writes the Python package: a wheel of what lies in {@code src/main/python} and of modules that
 * are generated from the Params, the public API and its documentation, so that Python has the
 * names, defaults and texts that Java has.
 *
 * <p>It runs when the project is built, and reads its sources. Nothing here is there for a
 * training, and no other package may use it.
 */
package org.sparkfinetune.python;
