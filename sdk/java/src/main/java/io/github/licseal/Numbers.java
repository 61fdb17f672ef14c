package io.github.licseal;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Numbers of JSON, exactly (SPEC.md, section 2.1). */
final class Numbers {
    static final long MAX_INTEGER = (1L << 53) - 1;

    private Numbers() {}

    /** A decimal number: 0.DIGITS × 10^point, without zeros at either end. Zero has no digits. */
    record Decimal(boolean negative, String digits, long point) {
        /** Reads a number as JSON writes it. */
        static Decimal of(String text) {
            boolean negative = text.startsWith("-");
            int e = Math.max(text.indexOf('e'), text.indexOf('E')), end = e < 0 ? text.length() : e;
            int dot = text.indexOf('.'), whole = dot < 0 ? end : dot, start = negative ? 1 : 0;
            String all = text.substring(start, whole) + (dot < 0 ? "" : text.substring(dot + 1, end));
            int first = 0, last = all.length();
            while (first < last && all.charAt(first) == '0') first++;
            while (last > first && all.charAt(last - 1) == '0') last--;
            if (first == last) return new Decimal(false, "", 0);
            return new Decimal(negative, all.substring(first, last), whole - start - first + (e < 0 ? 0 : exponent(text.substring(e + 1))));
        }

        /** Reads an exponent. One that no double and no text of this size has is cut. */
        private static long exponent(String text) {
            boolean negative = text.startsWith("-");
            String digits = text.replaceFirst("^[-+]?0*", "");
            long value = digits.length() > 10 ? 10_000_000_000L : digits.isEmpty() ? 0 : Long.parseLong(digits);
            return negative ? -value : value;
        }

        /** Writes the number as ECMAScript does. */
        @Override
        public String toString() {
            String sign = negative ? "-" : "";
            int n = digits.length();
            if (n == 0) return "0";
            if (n <= point && point <= 21) return sign + digits + "0".repeat((int) point - n);
            if (0 < point && point <= 21) return sign + digits.substring(0, (int) point) + "." + digits.substring((int) point);
            if (-6 < point && point <= 0) return sign + "0." + "0".repeat((int) -point) + digits;
            return sign + digits.charAt(0) + (n > 1 ? "." + digits.substring(1) : "") + "e" + (point > 0 ? "+" : "") + (point - 1);
        }
    }

    /** Returns the class of a number that the canonical form would change, or "". */
    static String fault(String text) {
        double value = Double.parseDouble(text);
        if (Math.abs(value) > MAX_INTEGER) return "number-range";
        return Decimal.of(text).equals(shortest(value)) ? "" : "number-precision";
    }

    /** Returns a number that has no fault: a Long if it is whole. */
    static Object value(String text) {
        double value = Double.parseDouble(text);
        return value == Math.rint(value) && Math.abs(value) <= MAX_INTEGER ? (Object) (long) value : (Object) value;
    }

    /** Returns the text of a number in canonical form. */
    static String text(Object number) {
        return (number instanceof Long ? Decimal.of(number.toString()) : shortest((Double) number)).toString();
    }

    /**
     * Returns the decimal with the fewest digits that is nearest to a double, as ECMAScript
     * writes it. Double.toString has more digits than needed before Java 19.
     */
    private static Decimal shortest(double value) {
        if (value == Math.rint(value)) return Decimal.of(new BigDecimal(value).toPlainString());
        BigDecimal exact = new BigDecimal(value);
        for (int precision = 1;; precision++) {
            BigDecimal low = exact.round(new MathContext(precision, RoundingMode.FLOOR));
            BigDecimal high = exact.round(new MathContext(precision, RoundingMode.CEILING));
            boolean lowIs = low.doubleValue() == value, highIs = high.doubleValue() == value;
            int nearer = exact.subtract(low).compareTo(high.subtract(exact)); // 0: the even one
            boolean takeLow = nearer < 0 || nearer == 0 && !low.unscaledValue().testBit(0);
            if (lowIs && (takeLow || !highIs)) return Decimal.of(low.toString());
            if (highIs) return Decimal.of(high.toString());
        }
    }
}
