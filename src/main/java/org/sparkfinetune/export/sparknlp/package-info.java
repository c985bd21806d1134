/**
 * Classifiers as Spark NLP's own annotators: the one part of the export that knows Spark NLP.
 *
 * <p>A saved stage is Spark NLP's work throughout: it is given a folder of the kind that its {@code
 * loadSavedModel} imports, an ONNX graph with vocabulary and labels beside it, and saves what it
 * has made of that.
 */
package org.sparkfinetune.export.sparknlp;
