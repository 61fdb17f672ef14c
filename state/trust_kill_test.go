package state_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// follow hands a chain to a state file, generation after generation from what the file
// knows, and prints each generation that it recorded. It begins again at the end, with
// what is known already.
func follow(path, chainFile string) {
	text, err := os.ReadFile(chainFile)
	if err != nil {
		panic(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	origin, err := trust.ReadOrigin(lines[0])
	if err != nil {
		panic(err)
	}
	for {
		m, err := state.Update(path, func(m *verify.Memory) error {
			seen, err := m.Trust.Chain()
			if err != nil {
				return err
			}
			known, err := origin.Known(seen)
			if err != nil {
				return err
			}
			n := min(len(m.Trust.Digests)+1, len(lines)-1)
			c, err := origin.Follow(known, bytes.Join(lines[:n], nil))
			if err != nil {
				return err
			}
			return m.Follow(c)
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(len(m.Trust.Digests))
	}
}

// kill -9 while two processes apply a chain to one state: after each round the file has
// at least the generation that was said to be recorded, and those of the chain only.
func TestKillWhileFollowing(t *testing.T) {
	const generations = 300
	whole := chainOf(t, generations).Seen()
	chainFile := filepath.Join(t.TempDir(), "chain")
	if err := os.WriteFile(chainFile, chainText(t, generations), 0o600); err != nil {
		t.Fatal(err)
	}
	path := create(t, verify.Memory{Latest: start})
	known, rounds, longest := 0, testenv.Rounds(6, 60), 0
	for round := range rounds {
		if known == generations { // once more from the beginning
			path, known = create(t, verify.Memory{Latest: start}), 0
		}
		var said [2]strings.Builder
		var running [2]*exec.Cmd
		for i := range running {
			running[i] = process(t, "", 0, 0)
			running[i].Env = append(os.Environ(), fmt.Sprintf("%s=follow %s %s", roleVariable, path, chainFile))
			running[i].Stdout, running[i].Stderr = &said[i], os.Stderr
			if err := running[i].Start(); err != nil {
				t.Fatal(err)
			}
		}
		for deadline := time.Now().Add(testenv.Patience); time.Now().Before(deadline); { // until one writes
			if m, err := state.Read(path); err != nil || len(m.Trust.Digests) > known {
				break
			}
			time.Sleep(200 * time.Microsecond)
		}
		time.Sleep(time.Duration(round) * 300 * time.Microsecond)
		for i, cmd := range running {
			cmd.Process.Kill()
			cmd.Wait()
			if printed := strings.Split(said[i].String(), "\n"); len(printed) > 1 { // the last one may be cut
				n, _ := strconv.Atoi(printed[len(printed)-2])
				known = max(known, n)
			}
		}
		m, err := state.Read(path)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if n := len(m.Trust.Digests); n < known || strings.Join(m.Trust.Digests, " ") != strings.Join(whole.Digests[:n], " ") {
			t.Fatalf("round %d: generation %d was recorded, and the file has %d", round, known, n)
		}
		known = len(m.Trust.Digests)
		longest = max(longest, known)
	}
	if longest == 0 {
		t.Error("nothing was ever written")
	}
	t.Logf("up to generation %d in %d rounds", longest, rounds)
}
