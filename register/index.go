package register

import (
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// The index has a row of a fixed size for each entry. It is derived from the packs: it is
// written again if it is missing or damaged, and nothing is proven by it.

const (
	indexPath = "index"
	rowSize   = 80
)

// row is what the index has of an entry.
type row struct {
	offset   int64 // of the line in its pack
	record   uint32
	license  uint32 // the lengths of the two
	id       idSum
	notAfter int64 // seconds since 1970; a fraction is dropped
	time     int64
	key      uint32 // the start of the SHA-256 of the fingerprint
	kind     Kind
	hasID    bool
	grace    uint16
	replaces int64 // -1 if the entry replaces none
	entry    uint64
}

// idSum is the start of the SHA-256 of an id.
type idSum [16]byte

func sumID(id string) idSum {
	sum := sha256.Sum256([]byte(id))
	return idSum(sum[:16])
}

// keyTag returns what a row has of a fingerprint.
func keyTag(fingerprint string) uint32 {
	sum := sha256.Sum256([]byte(fingerprint))
	return binary.BigEndian.Uint32(sum[:])
}

// newRow returns the row of an entry.
func newRow(r *Record, l line, offset int64, entry [32]byte) row {
	replaces := int64(-1)
	if r.HasReplaces {
		replaces = r.Replaces
	}
	return row{
		offset: offset, record: uint32(len(l.record)), license: uint32(len(l.license)),
		id: sumID(r.ID), hasID: r.ID != "", notAfter: r.NotAfter.Unix(), time: r.Time.Unix(), key: keyTag(r.Key), kind: r.Kind,
		grace: uint16(r.GraceDays), replaces: replaces, entry: binary.BigEndian.Uint64(entry[:]),
	}
}

// appendTo appends the row of an entry with a number.
func (r *row) appendTo(b []byte, number int64) []byte {
	start := len(b)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.offset))
	b = binary.LittleEndian.AppendUint32(b, r.record)
	b = binary.LittleEndian.AppendUint32(b, r.license)
	b = append(b, r.id[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.notAfter))
	b = binary.LittleEndian.AppendUint64(b, uint64(r.time))
	b = binary.LittleEndian.AppendUint32(b, r.key)
	hasID := byte(0)
	if r.hasID {
		hasID = 1
	}
	b = append(b, byte(slices.Index(kinds, r.kind)), hasID)
	b = binary.LittleEndian.AppendUint16(b, r.grace)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.replaces+1))
	b = binary.LittleEndian.AppendUint64(b, r.entry)
	b = append(b, 0, 0, 0, 0) // reserved
	return binary.LittleEndian.AppendUint32(b, rowCheck(b[start:], number))
}

// rowCheck returns the checksum of a row without its last four bytes.
func rowCheck(data []byte, number int64) uint32 {
	var n [8]byte
	binary.LittleEndian.PutUint64(n[:], uint64(number))
	return crc32.Update(crc32.ChecksumIEEE(n[:]), crc32.IEEETable, data)
}

// parseRow reads the row of an entry. ok is false if it is damaged.
func parseRow(b []byte, number int64) (r row, ok bool) {
	le := binary.LittleEndian
	if le.Uint32(b[rowSize-4:]) != rowCheck(b[:rowSize-4], number) || int(b[52]) >= len(kinds) {
		return row{}, false
	}
	return row{
		offset: int64(le.Uint64(b)), record: le.Uint32(b[8:]), license: le.Uint32(b[12:]), id: idSum(b[16:32]),
		notAfter: int64(le.Uint64(b[32:])), time: int64(le.Uint64(b[40:])), key: le.Uint32(b[48:]),
		kind: kinds[b[52]], hasID: b[53] == 1, grace: le.Uint16(b[54:]), replaces: int64(le.Uint64(b[56:])) - 1,
		entry: le.Uint64(b[64:]),
	}, true
}

// end returns the offset after the line in its pack.
func (r *row) end() int64 { return r.offset + int64(r.record) + int64(r.license) + 2 }

// expires returns when the licence is no longer accepted.
func (r *row) expires() int64 { return r.notAfter + int64(r.grace)*int64(24*time.Hour/time.Second) }

// index is the rows of all entries, as the file has them.
type index []byte

// row returns the row of an entry. The index was checked when it was loaded.
func (x index) row(number int64) row {
	r, _ := parseRow(x[number*rowSize:(number+1)*rowSize], number)
	return r
}

func (x index) size() int64 { return int64(len(x) / rowSize) }

// loadIndex reads the index of the first entries. Rows that are missing or damaged are
// derived from the packs, and repaired is then true.
func loadIndex(dir string, size int64) (x index, repaired bool, err error) {
	data, err := readIndex(filepath.Join(dir, indexPath), size)
	if err != nil {
		data = nil
	}
	good := int64(0)
	for ; good < int64(len(data)/rowSize); good++ {
		if _, ok := parseRow(data[good*rowSize:(good+1)*rowSize], good); !ok {
			break
		}
	}
	if good == size {
		return data, false, nil
	}
	x, err = extendIndex(dir, data[:good*rowSize], size)
	return x, true, err
}

// readIndex reads at most the rows of the first entries.
func readIndex(path string, size int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	data := make([]byte, min(info.Size()/rowSize, size)*rowSize)
	_, err = file.ReadAt(data, 0)
	return data, err
}

// extendIndex derives the rows that an index lacks from the packs.
func extendIndex(dir string, x index, size int64) (index, error) {
	packs := &packReader{dir: dir}
	defer packs.close()
	if n := x.size(); n > 0 && n < size {
		offset := int64(0)
		if last := x.row(n - 1); n%packSize != 0 {
			offset = last.end()
		}
		if err := packs.seek(n, offset); err != nil {
			return nil, err
		}
	}
	for n := x.size(); n < size; n++ {
		l, offset, err := packs.read()
		if err != nil {
			return nil, err
		}
		entry, err := l.entry(n)
		if err != nil {
			return nil, &EntryError{n, packPath(n), err}
		}
		r := newRow(&entry.Record, l, offset, sum(l.record))
		x = r.appendTo(x, n)
	}
	return x, nil
}
