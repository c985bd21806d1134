/**
 * The Hugging Face hub, in Java: ids, the settings that Python's {@code huggingface_hub} reads in
 * the environment, downloads into the cache that it shares with Python, and uploads.
 *
 * <p>{@code HubRepository} is one repository at one commit, whose files are fetched once; {@code
 * HubUpload} puts files into one. {@code HubHttp} alone talks to servers: the token goes to the
 * endpoint's own scheme, host and port and nowhere else, whoever redirects there.
 *
 * <p>The cache has Python's layout ({@code models--org--name} with {@code blobs}, {@code refs} and
 * {@code snapshots}), and each side reads what the other has fetched. Their locks do not see each
 * other: Python's {@code filelock} takes {@code flock(2)} and Java's {@code FileChannel} takes
 * {@code fcntl(2)}, which Linux keeps apart. Both take theirs on the same file of {@code .locks},
 * so that Java's processes wait for each other, and Python's for each other; a Java and a Python
 * process may fetch the same file at once. That does no harm: a part of a file lies under a name
 * that only Java writes, and a file and what points to it appear whole, by a rename.
 *
 * <p>Knows no Spark, no formats of models and no terminal. What a user can mend is a {@link
 * org.sparkfinetune.UserException} of one line that begins with what the user has named.
 */
package org.sparkfinetune.hub;
