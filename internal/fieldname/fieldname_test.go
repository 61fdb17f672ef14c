package fieldname

import "testing"

func TestPointer(t *testing.T) {
	tests := []struct {
		name, want string
		ok         bool
	}{
		{"customer", "/customer", true},
		{"limits.seats", "/limits/seats", true},
		{"/limits/seats", "/limits/seats", true},
		{"/a.b/c~1d", "/a.b/c~1d", true},
		{"c/d", "/c~1d", true},
		{"a~b", "/a~0b", true},
		{"", "/", true},
		{"/a~2", "/a~2", false},
	}
	for _, test := range tests {
		if got, ok := Pointer(test.name); got != test.want || ok != test.ok {
			t.Errorf("Pointer(%q) = %q, %v, want %q, %v", test.name, got, ok, test.want, test.ok)
		}
	}
}
