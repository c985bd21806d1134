package org.sparkfinetune.tokenize;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A part of a regular expression: how much it matches, and how many ways a matcher that goes back
 * and forth may have to try.
 *
 * @param least the fewest characters that it matches
 * @param most the most, {@link #NO_BOUND} for no bound
 * @param fails whether there may be no match
 * @param within the cost where nothing after it fails
 * @param open the cost where something after it may fail, and it is tried in all ways
 * @param set where it is one character, perhaps repeated, its text; else null
 * @param literal the character where it is one that is known; else -1
 * @param branches whether it has alternatives
 */
record PatternPart(
    int least,
    int most,
    boolean fails,
    Cost within,
    Cost open,
    String set,
    int literal,
    boolean branches) {
  static final int NO_BOUND = Integer.MAX_VALUE;

  /** A bounded repetition of more counts as one without a bound. */
  private static final int FEW = 8;

  /**
   * How many ways there are to match from one place.
   *
   * @param unbounded repetitions without a bound that may be taken back: their lengths multiply
   * @param choices the ways of all else
   */
  record Cost(int unbounded, long choices) {
    static final Cost NONE = new Cost(0, 1);

    Cost times(Cost other) {
      return new Cost(unbounded + other.unbounded, Math.min(1L << 40, choices * other.choices));
    }

    Cost plus(Cost other) {
      return new Cost(Math.max(unbounded, other.unbounded), choices + other.choices);
    }

    Cost max(Cost other) {
      return new Cost(Math.max(unbounded, other.unbounded), Math.max(choices, other.choices));
    }
  }

  /** One character. */
  static PatternPart character(String text, int literal) {
    return new PatternPart(1, 1, true, Cost.NONE, Cost.NONE, text, literal, false);
  }

  /** A place, as the end of a text: it matches no character. */
  static PatternPart place() {
    return place(Cost.NONE);
  }

  /** What looks around from a place: it is not tried again once it has matched. */
  static PatternPart place(PatternPart around) {
    return place(around.within);
  }

  private static PatternPart place(Cost cost) {
    return new PatternPart(0, 0, true, cost, cost, null, -1, false);
  }

  /** This, or else another. */
  PatternPart or(PatternPart next) {
    return new PatternPart(
        Math.min(least, next.least),
        Math.max(most, next.most),
        fails && next.fails,
        within.max(next.within),
        open.plus(next.open),
        null,
        -1,
        true);
  }

  /** Parts that follow one another. */
  static PatternPart sequence(List<PatternPart> parts, boolean ignoresCase) {
    long least = 0;
    long most = 0;
    boolean fails = false;
    Cost within = Cost.NONE;
    Cost open = Cost.NONE;
    for (int i = parts.size() - 1; i >= 0; i--) {
      PatternPart part = parts.get(i);
      least += part.least;
      most += part.most;
      boolean settled = !ignoresCase && i + 1 < parts.size() && part.excludes(parts.get(i + 1));
      Cost taken = fails ? part.open : part.within;
      // Taken back, it is followed by none of its ways: they are counted once, not for each other.
      within = settled ? within.max(taken) : within.times(taken);
      open = settled ? open.max(part.open) : open.times(part.open);
      fails |= part.fails;
    }
    PatternPart only = parts.size() == 1 ? parts.get(0) : null;
    return new PatternPart(
        (int) Math.min(NO_BOUND, least),
        (int) Math.min(NO_BOUND, most),
        fails,
        within,
        open,
        only == null ? null : only.set,
        only == null ? -1 : only.literal,
        only != null && only.branches);
  }

  /** Whether the next part is a character that this one, of one set, does not match. */
  private boolean excludes(PatternPart next) {
    if (set == null || next.literal < 0 || next.least == 0) {
      return false;
    }
    try {
      return !Pattern.compile(set, Pattern.UNICODE_CHARACTER_CLASS)
          .matcher(Character.toString(next.literal))
          .matches();
    } catch (PatternSyntaxException e) {
      return false;
    }
  }

  /** Whether it may be repeated: it has one length, above 0, and one way to match. */
  boolean repeats() {
    return least == most && !branches && most != 0 && within.max(open).equals(Cost.NONE);
  }

  /**
   * This, some times over.
   *
   * @param from the fewest times
   * @param to the most, {@link #NO_BOUND} for no bound
   * @param possessive whether none of them is given back
   */
  PatternPart repeated(int from, int to, boolean possessive) {
    long longest = to == NO_BOUND ? NO_BOUND : (long) most * to;
    int range = to == NO_BOUND ? NO_BOUND : to - from;
    Cost ways = range > FEW ? new Cost(1, 1) : new Cost(0, range + 1L);
    return new PatternPart(
        least * from,
        (int) Math.min(NO_BOUND, longest),
        fails && from > 0,
        within,
        possessive ? within : open.times(ways),
        set,
        literal,
        branches);
  }

  /**
   * This in parentheses.
   *
   * @param atomic whether it is not tried again once it has matched
   */
  PatternPart grouped(boolean atomic) {
    return new PatternPart(least, most, fails, within, atomic ? within : open, null, -1, branches);
  }
}
