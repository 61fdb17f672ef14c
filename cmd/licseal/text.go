package main

import (
	"strconv"
	"strings"
	"unicode"
)

// plain returns text that is safe to show: characters that could move the
// cursor or hide others are written as escapes.
func plain(text string) string {
	if strings.IndexFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) < 0 {
		return text
	}
	quoted := strconv.QuoteToGraphic(text)
	return quoted[1 : len(quoted)-1]
}
