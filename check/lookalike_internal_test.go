package check

import "testing"

// Names are near in which one character is added, missing or replaced, or two are swapped.
func TestIsNear(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"abc", "abc", true}, {"abc", "abxc", true}, {"abc", "xabc", true}, {"abc", "abcx", true}, {"abc", "axc", true}, {"abc", "xbc", true}, {"abc", "abx", true},
		{"abcd", "acbd", true}, {"", "", true}, {"", "a", true}, {"a", "b", true},
		{"abc", "axyc", false}, {"abc", "abcxy", false}, {"abc", "xyc", false}, {"abcd", "dbca", false}, {"abc", "cab", false}, {"", "ab", false}, {"ab", "cd", false},
	} {
		if got := isNear(test.a, test.b); got != test.want {
			t.Errorf("%q and %q: %t", test.a, test.b, got)
		}
		if got := isNear(test.b, test.a); got != test.want {
			t.Errorf("%q and %q: %t", test.b, test.a, got)
		}
	}
}
