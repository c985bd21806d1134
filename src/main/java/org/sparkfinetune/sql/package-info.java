/**
 * A classifier as functions of Spark SQL: {@code SELECT classify(text) FROM messages}.
 *
 * <p>{@link org.sparkfinetune.sql.ClassifierFunctions} registers them; {@link
 * org.sparkfinetune.sql.ClassifierExtensions} does it for sessions that name it in {@code
 * spark.sql.extensions}. A rule of the optimizer takes the calls out of a query's expressions and
 * has the model classify the rows below, in batches.
 */
package org.sparkfinetune.sql;
