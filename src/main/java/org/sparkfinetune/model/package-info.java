/**
 * The classifiers: configuration, what is built of it, and from which weights it starts. An encoder
 * and its layers are in {@code encoder}, what they are computed in is in {@code compute}, what of
 * one is trained is in {@code adapt}, and files are in {@code io}. Knows no Spark, and nothing of
 * how a model is trained.
 */
package org.sparkfinetune.model;
