// Package idset finds what is there twice among millions.
package idset

import (
	"crypto/sha256"
	"encoding/binary"
)

// Set remembers ids, and the number that each came with first, in 16 bytes for
// each: 11 bytes of its SHA-256 and 5 of its number. Two of a million ids are taken
// for one with a chance of one in 600 trillion. The zero value is an empty set.
//
// Its table is between three and six parts in eight full: it takes 21 to 43 MB for
// a million. It is in 256 parts, by the first byte of the hash, so that little of
// it is in memory twice when it grows.
type Set struct {
	parts [256]part
}

// part is a hash table with open addressing.
type part struct {
	entries []entry // a power of two; the zero value is an empty place
	used    int
}

type entry struct {
	high uint64 // of the hash
	low  uint64 // 24 bits of the hash, then 40 of the number
}

const (
	numberBits = 40
	numberMask = 1<<numberBits - 1
)

// Add adds an id under a number from 1 to 2^40−1, and returns the number that it
// was added under first.
func (s *Set) Add(id []byte, number int) (first int) {
	p, e := s.entry(id)
	e.low |= uint64(number)
	if p.used*4 >= len(p.entries)*3 {
		p.grow()
	}
	place := p.find(e)
	if place.low == 0 {
		*place = e
		p.used++
	}
	return int(place.low & numberMask)
}

// Find returns the number that an id was added under first, 0 if it was not.
func (s *Set) Find(id []byte) (first int) {
	p, e := s.entry(id)
	if p.used == 0 {
		return 0
	}
	return int(p.find(e).low & numberMask)
}

// entry returns the entry of an id, without a number, and the part that it is in.
func (s *Set) entry(id []byte) (*part, entry) {
	hash := sha256.Sum256(id)
	return &s.parts[hash[0]], entry{
		high: binary.BigEndian.Uint64(hash[1:]),
		low:  binary.BigEndian.Uint64(hash[9:]) &^ numberMask,
	}
}

// find returns the place of an entry, or the empty one where it belongs.
func (p *part) find(e entry) *entry {
	mask := uint64(len(p.entries) - 1)
	for i := e.high & mask; ; i = (i + 1) & mask {
		place := &p.entries[i]
		if place.low == 0 || place.high == e.high && place.low&^numberMask == e.low&^numberMask {
			return place
		}
	}
}

func (p *part) grow() {
	old := p.entries
	p.entries = make([]entry, max(16, 2*len(old)))
	for _, e := range old {
		if e.low != 0 {
			*p.find(e) = e
		}
	}
}
