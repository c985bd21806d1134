package org.sparkfinetune.tokenize;

import java.util.List;

/**
 * One text, or a pair of texts, as token ids, and where each of them stands.
 *
 * @param spans one for each of the encoding's ids
 */
public record AlignedEncoding(Encoding encoding, List<TokenSpan> spans) {}
