package admin

import (
	"testing"
	"time"
)

func TestPages(t *testing.T) {
	head, body := Head{1, "a"}, []byte("{}")
	tests := []struct {
		name  string
		keeps func(p *pages)
		head  Head
		after string
		size  int
		want  bool
	}{
		{"the same", func(p *pages) { p.keep(head, pageKey{"", 100, true}, body) }, head, "", 100, true},
		{"another one", func(p *pages) { p.keep(head, pageKey{"", 100, true}, body) }, head, "id", 100, false},
		{"another size", func(p *pages) { p.keep(head, pageKey{"", 100, true}, body) }, head, "", 99, false},
		{"after a change", func(p *pages) { p.keep(head, pageKey{"", 100, true}, body) }, Head{2, "b"}, "", 100, false},
		{"of another history", func(p *pages) { p.keep(head, pageKey{"", 100, true}, body) }, Head{1, "b"}, "", 100, false},
		{"a store without hashes", func(p *pages) { p.keep(Head{1, ""}, pageKey{"", 100, true}, body) }, Head{1, ""}, "", 100, false},
		{"an empty store", func(p *pages) { p.keep(Head{}, pageKey{"", 100, true}, body) }, Head{}, "", 100, true},
		{"too old", func(p *pages) {
			p.keep(head, pageKey{"", 100, true}, body)
			p.begun = time.Now().Add(-maxPagesAge - time.Second)
		}, head, "", 100, false},
		{"too large", func(p *pages) { p.keep(head, pageKey{"", 100, true}, make([]byte, maxPagesBytes+1)) }, head, "", 100, false},
		{"one too many", func(p *pages) {
			p.keep(head, pageKey{"", 100, true}, make([]byte, maxPagesBytes/2))
			p.keep(head, pageKey{"", 200, true}, make([]byte, maxPagesBytes/2+1))
		}, head, "", 100, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var p pages
			test.keeps(&p)
			if got := p.get(test.head, pageKey{test.after, test.size, true}) != nil; got != test.want {
				t.Errorf("a page is found: %v, want %v", got, test.want)
			}
			if p.bytes > maxPagesBytes {
				t.Errorf("%d bytes are kept", p.bytes)
			}
		})
	}
}
