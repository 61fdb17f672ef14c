// Package idset finds duplicates among millions of ids.
package idset

import (
	"crypto/sha256"
	"encoding/binary"
)

// Set is a set of ids, each with the number that it was added under first. An id takes
// 16 bytes: 11 bytes of its SHA-256 and 5 of its number. The chance that two of a million
// ids are mistaken for one is one in 600 trillion. The zero value is an empty set.
//
// A set takes 21 to 43 MB for a million ids. It has 256 parts, by the first byte of
// the hash, so that only a small part of it is copied at a time when it grows.
type Set struct {
	parts [256]part
}

// part is a hash table with open addressing. It is three to six eighths full.
type part struct {
	entries []entry // their number is a power of two; the zero value is an empty entry
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

// Add adds an id under a number from 1 to 2^40−1. If the id is in the set, it returns the
// number that it was added under first, otherwise number.
func (s *Set) Add(id []byte, number int) (first int) {
	p, e := s.entry(id)
	return p.add(e, number)
}

func (p *part) add(e entry, number int) (first int) {
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

// Find returns the number that an id was added under first, or 0 if it is not in the
// set.
func (s *Set) Find(id []byte) (first int) {
	hash := sha256.Sum256(id)
	return s.FindSum([SumSize]byte(hash[:]))
}

// SumSize is how many bytes of the SHA-256 of an id are used.
const SumSize = 16

// AddSum is [Set.Add] for the start of the SHA-256 of an id.
func (s *Set) AddSum(sum [SumSize]byte, number int) (first int) {
	p, e := s.entryOf(sum)
	return p.add(e, number)
}

// FindSum is [Set.Find] for the start of the SHA-256 of an id.
func (s *Set) FindSum(sum [SumSize]byte) (first int) {
	p, e := s.entryOf(sum)
	if p.used == 0 {
		return 0
	}
	return int(p.find(e).low & numberMask)
}

// entry returns the entry of an id, without its number, and the part that it belongs to.
func (s *Set) entry(id []byte) (*part, entry) {
	hash := sha256.Sum256(id)
	return s.entryOf([SumSize]byte(hash[:]))
}

func (s *Set) entryOf(hash [SumSize]byte) (*part, entry) {
	return &s.parts[hash[0]], entry{
		high: binary.BigEndian.Uint64(hash[1:]),
		low:  uint64(binary.BigEndian.Uint32(hash[9:])) << 32 &^ numberMask,
	}
}

// find returns the entry in the table, or the empty entry at which it belongs.
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
