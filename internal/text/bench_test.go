package text_test

import (
	"fmt"
	"testing"

	"github.com/licseal/licseal/internal/text"
)

// Batch commands word a line for each of millions of licences.
func BenchmarkSprintf(b *testing.B) {
	const format, file, day, key = "%s: valid until %s, signed by %s", "licences.ndjson:1234", "2027-12-31T00:00:00Z", "vendor SHA256:0ZHc3wsneTUkccKwAfloQsaqD+FgSpIqtl+op7kCqFA"
	b.Run("text", func(b *testing.B) {
		for b.Loop() {
			text.Sprintf("%s\n", text.Sprintf(format, file, day, key))
		}
	})
	b.Run("fmt", func(b *testing.B) {
		for b.Loop() {
			_ = fmt.Sprintf("%s\n", fmt.Sprintf(format, file, day, key))
		}
	})
}
