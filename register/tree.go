package register

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// tileWidth is the number of hashes in a full tile, and of entries in a full bundle.
const tileWidth = 256

// entriesLevel is what paths have in place of a level for bundles of entries.
const entriesLevel = "entries"

// file is a file of the log that is to be written.
type file struct {
	path string // with slashes, in the folder of the register
	data []byte
}

// tree is a Merkle tree (RFC 6962) of which only the right edge is in memory.
type tree struct {
	size   int64
	levels [][]tlog.Hash // the hashes of the incomplete tile of each level
	bundle []byte        // the entries of the incomplete bundle
	full   []file        // the tiles and bundles that are full and not yet written
}

// add adds an entry.
func (t *tree) add(entry [32]byte) {
	t.bundle = binary.BigEndian.AppendUint16(t.bundle, uint16(len(entry)))
	t.bundle = append(t.bundle, entry[:]...)
	t.size++
	if t.size%tileWidth == 0 {
		t.full = append(t.full, file{tilePath(entriesLevel, t.size/tileWidth-1, tileWidth), t.bundle})
		t.bundle = nil
	}
	t.push(0, tlog.RecordHash(entry[:]))
}

// push adds a hash to a level.
func (t *tree) push(level int, hash tlog.Hash) {
	if level == len(t.levels) {
		t.levels = append(t.levels, make([]tlog.Hash, 0, tileWidth))
	}
	t.levels[level] = append(t.levels[level], hash)
	hashes := t.levels[level]
	if len(hashes) < tileWidth {
		return
	}
	t.full = append(t.full, file{tilePath(fmt.Sprint(level), t.size>>(8*(level+1))-1, tileWidth), joinHashes(hashes)})
	t.levels[level] = hashes[:0]
	t.push(level+1, fold(hashes, nil))
}

// fold returns the root of the tree whose rightmost part has the root right, and whose
// other parts, to the left of it, have the given hashes: a perfect tree for each bit of
// their number.
func fold(hashes []tlog.Hash, right *tlog.Hash) tlog.Hash {
	for size := 1; len(hashes) > 0; size *= 2 {
		if len(hashes)&size == 0 {
			continue
		}
		hash := perfect(hashes[len(hashes)-size:])
		hashes = hashes[:len(hashes)-size]
		if right != nil {
			hash = tlog.NodeHash(hash, *right)
		}
		right = &hash
	}
	return *right
}

// perfect returns the root of a perfect tree.
func perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(perfect(hashes[:half]), perfect(hashes[half:]))
}

// root returns the hash of the tree.
func (t *tree) root() tlog.Hash {
	var root *tlog.Hash
	for _, hashes := range t.levels {
		if len(hashes) > 0 {
			hash := fold(hashes, root)
			root = &hash
		}
	}
	if root == nil {
		empty, _ := tlog.TreeHash(0, nil)
		return empty
	}
	return *root
}

// partial returns the tiles and the bundle that are not full.
func (t *tree) partial() []file { return t.partialSince(0) }

// partialSince returns those that have changed since there were a number of entries. The
// others are on the disk already, and are not written again: a writer that is killed
// meanwhile would spoil what was committed.
func (t *tree) partialSince(committed int64) []file {
	var files []file
	if len(t.bundle) > 0 && t.size != committed {
		files = append(files, file{tilePath(entriesLevel, t.size/tileWidth, int(t.size%tileWidth)), t.bundle})
	}
	for level, hashes := range t.levels {
		if n := len(hashes); n > 0 && t.size>>(8*level) != committed>>(8*level) {
			files = append(files, file{tilePath(fmt.Sprint(level), t.size>>(8*(level+1)), n), joinHashes(hashes)})
		}
	}
	return files
}

// loadTree reads the right edge of a tree, and checks that it has the right root.
func loadTree(read func(path string) ([]byte, error), size int64, root tlog.Hash) (*tree, error) {
	t := &tree{size: size}
	for level := 0; size>>(8*level) > 0; level++ {
		t.levels = append(t.levels, make([]tlog.Hash, 0, tileWidth))
		width := int(size >> (8 * level) % tileWidth)
		if width == 0 {
			continue
		}
		data, err := read(tilePath(fmt.Sprint(level), size>>(8*(level+1)), width))
		if err != nil {
			return nil, err
		}
		if len(data) != width*tlog.HashSize {
			return nil, errEdge
		}
		for i := range width {
			t.levels[level] = append(t.levels[level], tlog.Hash(data[i*tlog.HashSize:]))
		}
	}
	if width := int(size % tileWidth); width > 0 {
		data, err := read(tilePath(entriesLevel, size/tileWidth, width))
		if err != nil {
			return nil, err
		}
		if !isBundle(data, t.levels[0]) {
			return nil, errEdge
		}
		t.bundle = data
	}
	if t.root() != root {
		return nil, errEdge
	}
	return t, nil
}

var errEdge = errors.New("the tiles do not match the checkpoint")

// isBundle reports whether a bundle has the entries with the given hashes.
func isBundle(data []byte, hashes []tlog.Hash) bool {
	const one = 2 + tlog.HashSize
	if len(data) != one*len(hashes) {
		return false
	}
	for i, hash := range hashes {
		entry := data[i*one : (i+1)*one]
		if binary.BigEndian.Uint16(entry) != tlog.HashSize || tlog.RecordHash(entry[2:]) != hash {
			return false
		}
	}
	return true
}

func joinHashes(hashes []tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, hash := range hashes {
		data = append(data, hash[:]...)
	}
	return data
}

// tilePath returns the path of a tile, or of a bundle, as C2SP tlog-tiles has it.
func tilePath(level string, n int64, width int) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	path = "tile/" + level + "/" + path
	if width < tileWidth {
		path = fmt.Sprintf("%s%s/%d", path, partialEnding, width)
	}
	return path
}

// partialEnding ends the name of the folder that has the incomplete versions of a tile.
const partialEnding = ".p"
