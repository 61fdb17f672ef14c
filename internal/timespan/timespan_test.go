package timespan

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		text string
		want time.Duration // -1 if it is refused
	}{
		{"30d", 30 * day},
		{"0d", 0},
		{"0", 0},
		{"36500d", 36500 * day},
		{"12h", 12 * time.Hour},
		{"1h30m", 90 * time.Minute},
		{"36501d", -1},
		{"106752d", -1}, // more than a Duration holds
		{"9223372036854775807d", -1},
		{"-9223372036854775807d", -1}, // in nanoseconds, modulo 2^64: one day
		{"99999999999999999999d", -1},
		{"-1d", -1},
		{"-1h", -1},
		{"+1d", -1},
		{"+1h", -1},
		{"-0d", -1},
		{"-0", -1},
		{"+0h", -1},
		{"1.5d", -1},
		{"1d12h", -1},
		{"30", -1},
		{"30 d", -1},
		{"d", -1},
		{"", -1},
		{"month", -1},
	}
	for _, test := range tests {
		got, err := Parse(test.text)
		if err != nil && got == 0 {
			got = -1
		}
		if got != test.want {
			t.Errorf("Parse(%q) = %v, %v; want %v", test.text, got, err, test.want)
		}
	}
}
