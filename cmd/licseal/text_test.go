package main

import "testing"

func TestPlain(t *testing.T) {
	tests := []struct{ text, want string }{
		{``, ``},
		{`"Müller & Söhne, 東京 🏯"`, `"Müller & Söhne, 東京 🏯"`},
		{`"quoted \" and \\"`, `"quoted \" and \\"`},
		{"\x1b[31mred", `\u001b[31mred`},
		{"one\ttwo\nthree\r", `one\u0009two\u000athree\u000d`},
		{"\"\u202e1 :staes \\\"\"", `"\u202e1 :staes \""`},
		{"c1 \u009b, zero width \u200b, tag \U000e0001", `c1 \u009b, zero width \u200b, tag \udb40\udc01`},
	}
	for _, test := range tests {
		if got := plain(test.text); got != test.want {
			t.Errorf("plain(%q) = %s, want %s", test.text, got, test.want)
		}
	}
}
