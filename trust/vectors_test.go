package trust_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/licseal/licseal"
	"github.com/licseal/licseal/trust"
)

var update = flag.Bool("update", false, "write testdata/trust again")

const chainVectorsDir = "../testdata/trust"

// chainVector is a chain and what a reader must find, as testdata/README.md describes.
type chainVector struct {
	Expect, Why, Anchor string
	Seen                []string
	Generation          int
	Keys                []string
	File                string
}

func (v *chainVector) bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "expect: %s\nwhy: %s\nanchor: %s\n", v.Expect, v.Why, v.Anchor)
	for _, document := range v.Seen {
		fmt.Fprintf(&b, "seen: %s\n", document)
	}
	if v.Generation > 0 {
		fmt.Fprintf(&b, "generation: %d\n", v.Generation)
	}
	for _, key := range v.Keys {
		fmt.Fprintf(&b, "key: %s\n", key)
	}
	b.WriteString("\n" + v.File)
	return b.Bytes()
}

func parseChainVector(text string) (v chainVector, err error) {
	header, file, ok := strings.Cut(text, "\n\n")
	if !ok {
		return v, errors.New("no blank line after the header")
	}
	v.File = file
	for line := range strings.SplitSeq(header, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "expect":
			v.Expect = value
		case "why":
			v.Why = value
		case "anchor":
			v.Anchor = value
		case "seen":
			v.Seen = append(v.Seen, value)
		case "generation":
			v.Generation, err = strconv.Atoi(value)
		case "key":
			v.Keys = append(v.Keys, value)
		default:
			err = fmt.Errorf("unknown header line %q", line)
		}
		if err != nil {
			return v, err
		}
	}
	return v, nil
}

func readChainVectors(t *testing.T) chainVectors {
	t.Helper()
	files, err := filepath.Glob(chainVectorsDir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", chainVectorsDir, err)
	}
	set := chainVectors{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if set[strings.TrimSuffix(filepath.Base(file), ".txt")], err = parseChainVector(string(text)); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	return set
}

// replayChain judges a vector. A chain that was seen is remembered as a state file
// would.
func replayChain(v *chainVector) (*trust.Chain, error) {
	origin, err := trust.DigestOrigin(v.Anchor)
	if err != nil {
		return nil, err
	}
	var known *trust.Chain
	if len(v.Seen) > 0 {
		c, err := trust.Open([]byte(strings.Join(v.Seen, "\n")), v.Anchor)
		if err != nil {
			return nil, fmt.Errorf("what was seen: %w", err)
		}
		seen := c.Seen()
		if known, err = seen.Chain(); err != nil {
			return nil, err
		}
	}
	if known, err = origin.Known(known); err != nil {
		return nil, err
	}
	return origin.Follow(known, []byte(v.File))
}

func wordOf(err error) string {
	var parse *licseal.ParseError
	var refused *trust.Error
	switch {
	case err == nil:
		return "accepted"
	case errors.As(err, &parse):
		return string(parse.Class)
	case errors.As(err, &refused):
		return string(refused.Reason)
	}
	return "unexpected: " + err.Error()
}

func TestVectors(t *testing.T) {
	set := readChainVectors(t)
	for _, name := range slices.Sorted(maps.Keys(set)) {
		v := set[name]
		t.Run(name, func(t *testing.T) {
			c, err := replayChain(&v)
			if got := wordOf(err); got != v.Expect {
				t.Fatalf("got %s (%v), want %s: %s", got, err, v.Expect, v.Why)
			}
			if err != nil {
				return
			}
			var keys []string
			for _, key := range c.Trusted() {
				keys = append(keys, licseal.KeyID(key.Key))
			}
			if c.Generation() != int64(v.Generation) || !slices.Equal(keys, v.Keys) {
				t.Errorf("generation %d with the keys %v, want %d with %v", c.Generation(), keys, v.Generation, v.Keys)
			}
		})
	}
}

// The files are what the generator makes, no more and no less.
func TestVectorsAreCurrent(t *testing.T) {
	made := makeChainVectors()
	if *update {
		if err := os.RemoveAll(chainVectorsDir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(chainVectorsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, v := range made {
			if err := os.WriteFile(filepath.Join(chainVectorsDir, name+".txt"), v.bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff(made, readChainVectors(t)); diff != "" {
		t.Errorf("go test ./trust -run TestVectorsAreCurrent -update makes other vectors: -made +stored\n%s", diff)
	}
}

// Every reason has its vector. A chain of 8 MiB is not kept; see TestBounds.
func TestVectorsCoverEveryReason(t *testing.T) {
	seen := map[string]bool{string(trust.TooLong): true}
	for _, v := range readChainVectors(t) {
		seen[v.Expect] = true
	}
	for _, reason := range []trust.Reason{
		trust.WrongAnchor, trust.Fork, trust.Rollback, trust.Gap, trust.Previous, trust.Issued, trust.Role,
		trust.Duplicate, trust.Foreign, trust.Wrong, trust.Threshold, trust.TooLong, trust.Reason(licseal.ClassTrust),
	} {
		if !seen[string(reason)] {
			t.Errorf("no vector expects %q", reason)
		}
	}
}

// highS returns the other signature with the same r, which every ECDSA library accepts.
func highS(digits string) string {
	raw, err := hex.DecodeString(digits[64:])
	if err != nil {
		panic(err)
	}
	s := new(big.Int).Sub(elliptic.P256().Params().N, new(big.Int).SetBytes(raw))
	return digits[:64] + fmt.Sprintf("%064x", s)
}
