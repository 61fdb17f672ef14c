package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Head is the last entry of a history, or the place before the first one if it is zero.
// Since each hash follows from all entries before it, two histories with the same head
// are the same. A head that is kept elsewhere shows whether a history was changed.
type Head struct {
	Number int64
	Hash   string // SHA-256 in hexadecimal, "" before the first entry
}

// String returns the head as NUMBER:HASH.
func (h Head) String() string { return strconv.FormatInt(h.Number, 10) + ":" + h.Hash }

// ParseHead parses what [Head.String] returns.
func ParseHead(text string) (Head, error) {
	number, hash, ok := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	sum, hexErr := hex.DecodeString(hash)
	if !ok || err != nil || n < 0 || hexErr != nil || (len(sum) != sha256.Size) != (n == 0 && hash == "") {
		return Head{}, fmt.Errorf("%q is not the head of a history: write it as NUMBER:HASH", text)
	}
	return Head{n, hash}, nil
}

// ErrHistoryChanged is in the error about a history in which entries are missing or are
// not what they were.
var ErrHistoryChanged = errors.New("the history was changed")

// Next returns the head after one more entry. The error is about an entry that does not
// follow. An entry without a hash was written before histories had them: none of the
// entries after one with a hash may be without.
func (h Head) Next(c Change, hadHash bool) (Head, error) {
	if c.Number != h.Number+1 {
		return h, fmt.Errorf("%w: after entry %d comes entry %d", ErrHistoryChanged, h.Number, c.Number)
	}
	next := h.append(c)
	if c.Hash != next.Hash && (c.Hash != "" || hadHash) {
		return h, fmt.Errorf("%w: the hash of entry %d does not follow from it and the entries before it", ErrHistoryChanged, c.Number)
	}
	return next, nil
}

// append returns the head after an entry, whatever number and hash the entry has.
func (h Head) append(c Change) Head {
	b := make([]byte, 0, 512)
	b = appendField(b, h.Hash)
	b = appendField(b, strconv.FormatInt(c.Number, 10))
	b = appendField(b, strconv.FormatInt(c.Time.UnixMilli(), 10))
	b = appendField(b, c.Who)
	b = appendField(b, string(c.Action))
	b = appendField(b, c.ID)
	b = appendRecord(b, c.Before)
	b = appendRecord(b, c.After)
	sum := sha256.Sum256(b)
	return Head{c.Number, hex.EncodeToString(sum[:])}
}

func appendRecord(b []byte, r *Record) []byte {
	if r == nil {
		return append(b, "-,-,-,"...)
	}
	b = appendField(b, r.Payload)
	b = appendField(b, strconv.FormatInt(r.CreatedAt, 10))
	return appendField(b, strconv.FormatInt(r.UpdatedAt, 10))
}

func appendField(b []byte, field string) []byte {
	b = append(strconv.AppendInt(b, int64(len(field)), 10), ':')
	return append(append(b, field...), ',')
}

// HashOf returns the hash of the entry after a head. It is the SHA-256 of netstrings: the
// hash of the entry before, number, milliseconds, who, action, id, and payload, created
// and updated time of the record before and of the one after; "-," for what is not there.
func (h Head) HashOf(c Change) string { return h.append(c).Hash }
