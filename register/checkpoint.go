package register

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint says what a register has: how many entries, and the hash of the tree of them.
// Whoever keeps one can find out later whether any of these entries was changed or
// removed.
type Checkpoint struct {
	Origin string // the name of the register
	Size   int64
	Root   tlog.Hash
}

// String returns the checkpoint on one line, which [ParseCheckpoint] reads.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s %d %s", c.Origin, c.Size, c.Root)
}

// maxCheckpoint bounds the length of a checkpoint in bytes, signatures included.
const maxCheckpoint = 64 << 10

var errCheckpoint = errors.New("is not a checkpoint")

// ParseCheckpoint reads a checkpoint: a line as [Checkpoint.String] returns it, or a note
// as the file checkpoint of a register. It does not verify signatures: the caller vouches
// for the text.
func ParseCheckpoint(text string) (Checkpoint, error) {
	if len(text) > maxCheckpoint {
		return Checkpoint{}, errCheckpoint
	}
	body, _, _ := strings.Cut(text, "\n\n")
	fields := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if len(fields) == 1 {
		fields = strings.Split(fields[0], " ")
	}
	return checkpointOf(fields)
}

// checkpointOf returns the checkpoint of an origin, a size and a root.
func checkpointOf(fields []string) (Checkpoint, error) {
	if len(fields) != 3 {
		return Checkpoint{}, errCheckpoint
	}
	size, err := strconv.ParseInt(fields[1], 10, 64)
	root, err2 := base64.StdEncoding.DecodeString(fields[2])
	c := Checkpoint{Origin: fields[0], Size: size}
	if err != nil || err2 != nil || len(root) != len(c.Root) || size < 0 || c.Origin == "" {
		return Checkpoint{}, errCheckpoint
	}
	copy(c.Root[:], root)
	if c.String() != strings.Join(fields, " ") { // such as a number with leading zeros
		return Checkpoint{}, errCheckpoint
	}
	return c, nil
}

// sign returns the checkpoint as a signed note.
func (c Checkpoint) sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)}, signer)
}

// openCheckpoint reads a signed checkpoint and verifies its signature.
func openCheckpoint(data []byte, verifier note.Verifier) (Checkpoint, error) {
	if len(data) > maxCheckpoint {
		return Checkpoint{}, errCheckpoint
	}
	signed, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, errors.New("the register's key did not sign this checkpoint")
	}
	c, err := checkpointOf(strings.Split(strings.TrimSuffix(signed.Text, "\n"), "\n"))
	if err == nil && c.Origin != verifier.Name() {
		err = fmt.Errorf("is the checkpoint of %s", c.Origin)
	}
	return c, err
}
