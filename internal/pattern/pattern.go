// Package pattern matches names against the patterns of OpenSSH (PATTERNS in
// ssh_config(5)).
package pattern

import "strings"

// IsPattern reports whether s is more than a plain name.
func IsPattern(s string) bool { return strings.ContainsAny(s, "*?") || strings.HasPrefix(s, "!") }

// MatchList reports whether a list of patterns allows a name: one of them matches,
// and none that begins with '!' does.
func MatchList(patterns []string, name string) bool {
	allowed := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !Match(pattern, name) {
			continue
		}
		if negated {
			return false
		}
		allowed = true
	}
	return allowed
}

// Match reports whether a pattern, in which '*' stands for any text and '?' for
// any one byte, matches a name. It takes time in the product of the two lengths.
func Match(pattern, name string) bool {
	star, resume := -1, 0 // the last '*', and where its text ends in name
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
