/**
 * The Spark NLP annotators: {@code TransformerClassifierApproach} (fit) and {@code
 * TransformerClassifierModel} (transform). The only package that touches the insides of Spark ML
 * and Spark NLP.
 */
package org.sparkfinetune.annotator;
