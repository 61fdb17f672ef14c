package main

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// plain returns text that is safe to show: characters that could move the cursor
// or hide others are written as JSON escapes. JSON text stays the same JSON.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			fmt.Fprintf(&b, `\u%04x`, unit)
		}
	}
	return b.String()
}
