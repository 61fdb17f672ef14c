package licseal_test

import (
	"testing"

	"github.com/licseal/licseal"
)

func TestMatchPatterns(t *testing.T) {
	for _, tt := range []struct {
		patterns []string
		name     string
		want     bool
	}{
		{[]string{"licseal"}, "licseal", true},
		{[]string{"licseal"}, "Licseal", false},
		{[]string{"licseal"}, "licseal2", false},
		{[]string{"file", "lic*"}, "licseal", true},
		{[]string{"*"}, "", true},
		{[]string{"*"}, "anything", true},
		{[]string{"?"}, "", false},
		{[]string{"l?cse*l"}, "licseal", true},
		{[]string{"*a*b*c"}, "xaybzbc", true},
		{[]string{"*a*b*c"}, "xaybzbcd", false},
		{[]string{"a*"}, "a", true},
		{[]string{"a**"}, "a", true},
		{[]string{"*@vendor.example", "!mallory@*"}, "anna@vendor.example", true},
		{[]string{"*@vendor.example", "!mallory@*"}, "mallory@vendor.example", false},
		{[]string{"!mallory@*"}, "anna@vendor.example", false},
		{nil, "licseal", false},
	} {
		if got := licseal.MatchPatterns(tt.patterns, tt.name); got != tt.want {
			t.Errorf("MatchPatterns(%q, %q) = %v, want %v", tt.patterns, tt.name, got, tt.want)
		}
	}
}

func TestSignsFor(t *testing.T) {
	for _, tt := range []struct {
		principals []string
		issuer     string
		want       bool
	}{
		{[]string{"sales@vendor.example"}, "sales@vendor.example", true},
		{[]string{"sales@vendor.example"}, "*@vendor.example", true},
		{[]string{"sales@vendor.example"}, "*@other.example", false},
		{[]string{"*@vendor.example"}, "sales@vendor.example", true},
		{[]string{"*@vendor.example"}, "*@vendor.example", false}, // names nobody
		{[]string{"mallory@vendor.example", "!mallory@*"}, "*@vendor.example", false},
		{[]string{"*"}, "", false},
		{nil, "*", false},
	} {
		key := licseal.TrustedKey{Principals: tt.principals}
		if got := key.SignsFor(tt.issuer); got != tt.want {
			t.Errorf("a key of %q signs for %q: %v, want %v", tt.principals, tt.issuer, got, tt.want)
		}
	}
}
