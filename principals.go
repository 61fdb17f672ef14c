package licseal

import "strings"

// SignsFor reports whether k is a key of an issuer: a name that its Principals
// allow, or a pattern that one of them matches and all of them allow. For a name
// it is what ssh-keygen -Y verify -I demands. No key signs for the empty name.
func (k *TrustedKey) SignsFor(issuer string) bool {
	if issuer == "" {
		return false
	}
	if !isPattern(issuer) {
		return MatchPatterns(k.Principals, issuer)
	}
	for _, principal := range k.Principals {
		if !isPattern(principal) && matchPattern(issuer, principal) && MatchPatterns(k.Principals, principal) {
			return true
		}
	}
	return false
}

// MatchPatterns reports whether a list of OpenSSH's patterns (PATTERNS in
// ssh_config(5)) allows a name: one of them matches, and none that begins with
// '!' does. In a pattern '*' stands for any text and '?' for any one byte.
func MatchPatterns(patterns []string, name string) bool {
	allowed := false
	for _, pattern := range patterns {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if !matchPattern(pattern, name) {
			continue
		}
		if negated {
			return false
		}
		allowed = true
	}
	return allowed
}

// isPattern reports whether s is more than a plain name.
func isPattern(s string) bool { return strings.ContainsAny(s, "*?") || strings.HasPrefix(s, "!") }

// matchPattern matches one pattern, in time in the product of the two lengths.
func matchPattern(pattern, name string) bool {
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
