package repair

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// MentionsLicense reports whether a text seems to have a licence in it, as plain text or
// in base64. Tokens of other kinds are base64 of JSON too.
func MentionsLicense(text string) bool {
	if strings.Contains(text, "signature") && (strings.Contains(text, "license") || strings.Contains(text, "payload")) {
		return true
	}
	return holdsEncoded(text)
}

// holdsEncoded reports whether a text has a licence in base64 in it.
func holdsEncoded(text string) bool {
	if !slices.ContainsFunc(base64Starts, func(start string) bool { return strings.Contains(text, start) }) {
		return false
	}
	for _, run := range base64Run().FindAllString(text, maxRuns) {
		if holdsLicense(run, maxRepairs) {
			return true
		}
	}
	return false
}

// looksSigned reports whether a text seems to be a licence, and not only to mention one.
func looksSigned(text string) bool {
	return MentionsLicense(text) && (longHex().MatchString(text) || !strings.Contains(text, "signature"))
}

var longHex = text.Pattern(`[0-9A-Fa-f]{40,}`)

// maxRuns is how many runs of base64 in a text are looked at.
const maxRuns = 20

// base64Run is base64 of a text that begins with a curly bracket, or of the base64 of
// one. A byte order mark may come first.
var base64Run = text.Pattern(base64RunPattern)

const base64RunPattern = `(?:ey[JA]|ew[o0]|ewAi|77u/e|ZXlK|ZXlB|ZXdv|ZXcw|WlhsS)[A-Za-z0-9+/_-]{30,}={0,2}`

// base64Starts are how such base64 begins. To look for these first is much faster.
var base64Starts = []string{"eyJ", "eyA", "ewo", "ew0", "ewAi", "77u/e", "ZXlK", "ZXlB", "ZXdv", "ZXcw", "WlhsS"}

// holdsLicense reports whether the beginning of a run of base64, decoded as often as
// needed, is that of a licence.
func holdsLicense(run string, depth int) bool {
	start := strings.NewReplacer("-", "+", "_", "/", "=", "").Replace(run[:min(len(run), 512)])
	decoded, _ := base64.StdEncoding.DecodeString(start[:len(start)/4*4])
	text := string(decoded)
	switch {
	case strings.Contains(text, `"license"`), strings.Contains(text, `"payload"`):
		return true
	case depth == 0 || !base64Run().MatchString(text):
		return false
	}
	return holdsLicense(text, depth-1)
}
