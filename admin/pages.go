package admin

import (
	"sync"
	"time"
)

// pages are the bodies of the pages that were last sent. They hold as long as the
// history has the same head.
type pages struct {
	mu     sync.Mutex
	head   Head
	begun  time.Time // when the first of them was kept
	bodies map[pageKey][]byte
	bytes  int
}

type pageKey struct {
	after string
	size  int
	whole bool // no record was hidden
}

const (
	maxPagesBytes = 8 << 20
	// maxPagesAge bounds how long a change is not seen that was made to the database by
	// hand, without an entry in the history.
	maxPagesAge = time.Second
)

// get returns a page, nil if it is not known.
func (p *pages) get(head Head, key pageKey) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head != head || time.Since(p.begun) > maxPagesAge {
		return nil
	}
	return p.bodies[key]
}

// keep keeps a page.
func (p *pages) keep(head Head, key pageKey, body []byte) {
	if head.Hash == "" && head.Number > 0 { // two stores may have the same number
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head != head || time.Since(p.begun) > maxPagesAge || p.bytes+len(body) > maxPagesBytes {
		p.head, p.begun, p.bodies, p.bytes = head, time.Now(), make(map[pageKey][]byte), 0
	}
	if _, ok := p.bodies[key]; !ok && p.bytes+len(body) <= maxPagesBytes {
		p.bodies[key] = body
		p.bytes += len(body)
	}
}
