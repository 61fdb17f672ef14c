package main

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/sign"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

// What the words of testdata/judgement.txt stand for. Every licence expires on
// 2027-03-01 and is given ten days of grace.
var (
	validities = map[string][2]string{
		"unbounded": {"", ""},
		"around":    {"2026-01-01", "2027-01-01"},
		"ended":     {"", "2026-06-01"},
		"later":     {"2026-09-01", ""},
	}
	creations = map[string]string{"first": "2026-03-01", "edge": "2026-06-01", "last": "2026-10-01"}

	listTexts = map[string]func(list *revoke.Contents, key string, from time.Time) error{
		"none":  nil,
		"clean": func(r *revoke.Contents, _ string, _ time.Time) error { return r.RevokeLicense("another", "") },
		"licence": func(r *revoke.Contents, _ string, _ time.Time) error {
			return r.RevokeLicense("LS-0001", "refunded")
		},
		"key": func(r *revoke.Contents, key string, _ time.Time) error {
			return r.RevokeKey(revoke.Key{ID: key})
		},
		"key-from": func(r *revoke.Contents, key string, from time.Time) error {
			return r.RevokeKey(revoke.Key{ID: key, From: from})
		},
	}

	// When the list was issued, when the next was due, and the age allowed.
	listAges = map[string]struct {
		issued, next, maxAge string
	}{
		"current": {"2026-11-01", "2027-12-01", ""},
		"overdue": {"2026-11-01", "2026-11-05", ""},
		"old":     {"2026-10-01", "2027-12-01", "30d"},
		"ahead":   {"2026-11-18", "2027-12-01", ""},
	}

	// What the clock of the machine says, where the state file has seen
	// 2026-11-15, and a time chosen with --at.
	clocks = map[string]struct{ time, at string }{
		"ahead-of-licence": {"2026-11-10", "2026-02-01"},
		"set-back":         {"2026-11-10", ""},
		"slightly-back":    {"2026-11-14T12:00:00Z", ""},
		"right":            {"2026-11-20", ""},
		"in-grace":         {"2027-03-05", ""},
		"past-grace":       {"2027-04-01", ""},
	}
)

func day(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	t, err := licseal.ParseDate(s, nil)
	if err != nil {
		panic(err)
	}
	return t
}

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// Every combination ends as the table says, and the table has every combination.
func TestJudgement(t *testing.T) {
	seen := map[string]bool{}
	for cell := range cells(t) {
		if seen[cell.name] {
			t.Errorf("%s is there twice", cell.name)
		}
		seen[cell.name] = true
		args := append([]string{"licseal", "verify"}, cell.flags()...)
		if got, err := judged(append(args, cell.m.licence(cell.creation))); got != cell.want {
			t.Errorf("%s: got %s (%v), want %s", cell.name, got, err, cell.want)
		}
	}
	withList := (len(listTexts) - 1) * len(listAges)
	if want := len(validities) * len(creations) * len(clocks) * (1 + withList); len(seen) != want {
		t.Errorf("the table has %d cells, want %d", len(seen), want)
	}
}

// A batch and a check of the same licence end with the same exit code.
func TestJudgementOfOtherCommands(t *testing.T) {
	h := &hostileRun{t: t}
	every, i := testenv.Rounds(29, 1), 0
	for cell := range cells(t) {
		if i++; i%every != 0 {
			continue
		}
		licence := cell.m.licence(cell.creation)
		for _, command := range [][]string{
			append([]string{"verify", "--batch", licence}, cell.flags()...),
			append([]string{"check", licence, "--min-remaining", "0", "--warn-remaining", "0"}, cell.flags()...),
		} {
			cell.m.state()
			if stdout, stderr, code := h.run(command, ""); strconv.Itoa(code) != cell.exit() {
				t.Errorf("%s: %s exits with %d, want %s\n%s%s", cell.name, command[0], code, cell.exit(), stdout, stderr)
			}
		}
	}
}

// A cell is a line of testdata/judgement.txt.
type cell struct {
	name                               string // its words but for the outcome
	m                                  *moment
	window, creation, list, age, clock string
	want                               string // exit code and state
}

// cells returns the lines of the table.
func cells(t *testing.T) iter.Seq[cell] {
	t.Helper()
	text, err := os.ReadFile("testdata/judgement.txt")
	if err != nil {
		t.Fatal(err)
	}
	moments := map[string]*moment{}
	for name, clock := range clocks {
		moments[name] = &moment{t, t.TempDir(), now().Sub(day(clock.time)).Truncate(time.Second)}
	}
	return func(yield func(cell) bool) {
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Fields(line)
			c := cell{strings.Join(f[:5], " "), moments[f[4]], f[0], f[1], f[2], f[3], f[4], strings.Join(f[5:], " ")}
			if _, known := validities[c.window]; !known {
				t.Fatalf("%s: no such window", c.name)
			}
			if !yield(c) {
				return
			}
		}
	}
}

// exit returns the exit code of the cell.
func (c cell) exit() string { return strings.Fields(c.want)[0] }

// flags returns the flags by which the licence of a cell is judged, with a new state file.
func (c cell) flags() []string {
	flags := []string{"-t", c.m.trusted(c.window), "--grace", "10d", "--state", c.m.state()}
	if c.list != "none" {
		flags = append(flags, "--revocations", c.m.list(c.list, c.age))
		if age := listAges[c.age].maxAge; age != "" {
			flags = append(flags, "--max-list-age", age)
		}
	}
	if at := clocks[c.clock].at; at != "" {
		flags = append(flags, "--at", c.m.at(at).Format(time.RFC3339))
	}
	return flags
}

// judged judges one licence as a command line says, and returns the exit code and
// the state that is known.
func judged(args []string) (outcome string, err error) {
	command := verifyCommand()
	command.Action = func(c *cli.Context) error {
		j, err := newJudge(c)
		if err != nil {
			return err
		}
		v := j.judge(c.Args().First())
		if v.Result != nil {
			outcome = fmt.Sprintf("%d %s", v.Exit(), v.Result.State)
		}
		return v.Err
	}
	err = (&cli.App{Commands: []*cli.Command{command}, ExitErrHandler: func(*cli.Context, error) {}}).Run(args)
	if outcome == "" {
		outcome = fmt.Sprintf("%d -", fault.Exit(err))
	}
	return outcome, err
}

// moment has the files of the table for one position of the clock. That of this
// machine cannot be set, so all the times in them are moved instead.
type moment struct {
	t      *testing.T
	folder string
	moved  time.Duration
}

// at returns what a time of the table is here.
func (m *moment) at(s string) time.Time {
	if s == "" {
		return time.Time{}
	}
	return day(s).Add(m.moved)
}

// file returns a file, which is made when it is asked for first.
func (m *moment) file(name string, text func() ([]byte, error)) string {
	m.t.Helper()
	path := filepath.Join(m.folder, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	data, err := text()
	if err == nil {
		err = os.WriteFile(path, data, 0o600)
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return path
}

// What signs the licences, and what signs the lists.
var issuingKey, listingKey = testKey(1), testKey(2)

func (m *moment) trusted(window string) string {
	return m.file("trusted-"+window, func() ([]byte, error) {
		file, err := keys.ParseTrustedFile("", nil)
		if err == nil {
			err = file.Add(licseal.TrustedKey{Key: listingKey.Public(), Principals: []string{"lists"}})
		}
		if err == nil {
			err = file.Add(licseal.TrustedKey{Key: issuingKey.Public(), Principals: []string{"licences"}, ValidAfter: m.at(validities[window][0]), ValidBefore: m.at(validities[window][1])})
		}
		return file.Bytes(), err
	})
}

func (m *moment) licence(creation string) string {
	return m.file("licence-"+creation, func() ([]byte, error) {
		payload, err := licseal.ParsePayload(fmt.Appendf(nil, `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":%q,"license_expiration_date":%q,"license_key":"LS-0001","product_subscription":"Konnect Enterprise","support_plan":"None"}`,
			m.at(creations[creation]).Format(time.RFC3339), m.at("2027-03-01").Format(time.RFC3339)))
		if err != nil {
			return nil, err
		}
		lic, err := sign.License(payload, issuingKey)
		return []byte(lic.String()), err
	})
}

func (m *moment) list(text, age string) string {
	return m.file("list-"+text+"-"+age, func() ([]byte, error) {
		contents := revoke.New(m.at(listAges[age].issued), m.at(listAges[age].next))
		if err := listTexts[text](contents, licseal.KeyID(issuingKey.Public()), m.at("2026-06-01")); err != nil {
			return nil, err
		}
		signed, err := revoke.Sign(contents, listingKey)
		return []byte(signed.String()), err
	})
}

// state returns a new state file.
func (m *moment) state() string {
	m.t.Helper()
	path := filepath.Join(m.folder, "state")
	os.Remove(path)
	if err := state.Create(path, verify.Memory{Latest: m.at("2026-11-15")}); err != nil {
		m.t.Fatal(err)
	}
	return path
}
