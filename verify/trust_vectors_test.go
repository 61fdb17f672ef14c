package verify_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

const talesDir = "../testdata/trust-lists"

func readTales(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(talesDir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", talesDir, err)
	}
	stored := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		stored[strings.TrimSuffix(filepath.Base(file), ".txt")] = string(text)
	}
	return stored
}

func TestTrustListVectorsAreCurrent(t *testing.T) {
	made := makeTales()
	if *update {
		if err := os.MkdirAll(talesDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range made {
			if err := os.WriteFile(filepath.Join(talesDir, name+".txt"), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(made, readTales(t)); diff != "" {
		t.Errorf("go test ./verify -run TestTrustListVectorsAreCurrent -update makes other vectors: -made +stored\n%s", diff)
	}
}

// taleReader is a reader to which a story happens.
type taleReader struct {
	origin *trust.Origin
	memory verify.Memory
	list   *revoke.List // in force, while the reader remembers it
	now    time.Time
}

// A reader finds at each step of a story what it must, whatever came before.
func TestTrustListVectors(t *testing.T) {
	for name, text := range readTales(t) {
		t.Run(name, func(t *testing.T) {
			header, steps, _ := strings.Cut(text, "\n\n")
			r := &taleReader{}
			for line := range strings.SplitSeq(header, "\n") {
				var err error
				switch name, value, _ := strings.Cut(line, ": "); name {
				case "anchor":
					r.origin, err = trust.DigestOrigin(value)
				case "time":
					r.now, err = time.Parse(time.RFC3339Nano, value)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			lines := strings.Split(strings.TrimSuffix(steps, "\n"), "\n")
			for i := 0; i+1 < len(lines); i += 2 {
				name, value, _ := strings.Cut(lines[i], ": ")
				want, ok := strings.CutPrefix(lines[i+1], "expect: ")
				if got := wordOfStep(r.do(name, value)); !ok || got != want {
					t.Errorf("step %d, %s: got %s, want %s", i/2+1, name, got, want)
				}
			}
		})
	}
}

// do hands the reader what a step has.
func (r *taleReader) do(name, value string) error {
	switch name {
	case "trust":
		_, err := r.memory.Advance(r.origin, nil, func() ([]byte, error) { return []byte(value), nil })
		return err
	case "anchor":
		other, err := trust.ReadOrigin([]byte(value))
		if err != nil {
			return err
		}
		_, err = r.memory.Advance(other, nil, nil)
		return err
	case "keys":
		return r.memory.Follow(nil)
	}
	chain, err := r.memory.Trust.Chain()
	if err != nil {
		return err
	}
	if name == "list" {
		list, err := revoke.Verify([]byte(value), chain.Trusted())
		if err == nil {
			err = r.memory.Observe(r.now, list, 0)
		}
		if err == nil {
			r.list = list
		}
		return err
	}
	if name != "licence" {
		return fmt.Errorf("unknown step %q", name)
	}
	if r.memory.List.Generation == 0 {
		r.list = nil // it is forgotten
	}
	_, err = verify.License([]byte(value), chain.Trusted(), &verify.Options{
		Clock: func() time.Time { return r.now }, Revocations: r.list, Floor: r.memory.Floor(),
	})
	return err
}

func wordOfStep(err error) string {
	var (
		chain   *trust.Error
		list    *revoke.Error
		revoked *verify.RevokedError
		signer  *verify.SignatureError
	)
	switch {
	case err == nil:
		return "accepted"
	case errors.Is(err, licseal.ErrNoTrustedKeys):
		return "no-keys"
	case errors.As(err, &chain):
		return string(chain.Reason)
	case errors.As(err, &revoked) && revoked.KeyID != "":
		return "key-revoked"
	case errors.As(err, &signer):
		return "signature"
	case errors.As(err, &list):
		return string(list.Reason)
	}
	return fmt.Sprint("unexpected: ", err)
}
