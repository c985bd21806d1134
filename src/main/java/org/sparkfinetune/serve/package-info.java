/**
 * Answers without a Spark session: {@link org.sparkfinetune.serve.LocalClassifier} in a program,
 * and a server over HTTP, in the shape of Hugging Face's inference API, for everybody else.
 *
 * <p>A request's texts wait in the {@code TextQueue}, from which one thread takes as many as there
 * are for each pass. Spark NLP and Spark's sessions do not belong here: {@link
 * org.sparkfinetune.pipeline.LocalPipeline} is what this package knows of a model.
 */
package org.sparkfinetune.serve;
