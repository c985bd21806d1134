/**
 * Text for people: what is printed, logged and put into messages, cleaned, without secrets, bounded
 * and aligned, whatever country it is made in.
 *
 * <p>Text from outside goes through {@link org.sparkfinetune.text.OneLine}, what is shown through
 * {@link org.sparkfinetune.text.Printed}, what is kept through {@link
 * org.sparkfinetune.text.Redaction}; {@link org.sparkfinetune.text.Failures} tells the user's
 * errors from others.
 *
 * <p>Lies below all packages, and knows none of them.
 */
package org.sparkfinetune.text;
