package main

import "github.com/licseal/licseal/internal/text"

// plain returns text that is safe to show; see [text.Escape].
func plain(s string) string { return text.Escape(s) }

func plural(n int, noun string) string { return text.Plural(n, noun) }

func thousands(n int) string { return text.Thousands(n) }

// orDash returns s, or a dash if it is empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
