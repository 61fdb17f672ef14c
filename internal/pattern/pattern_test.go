package pattern

import "testing"

func TestMatchList(t *testing.T) {
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
		if got := MatchList(tt.patterns, tt.name); got != tt.want {
			t.Errorf("MatchList(%q, %q) = %v, want %v", tt.patterns, tt.name, got, tt.want)
		}
	}
}
