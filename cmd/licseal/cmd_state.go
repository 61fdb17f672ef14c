package main

import (
	"errors"
	"io/fs"
	"time"

	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

func stateCommand() *cli.Command {
	return &cli.Command{
		Name:      "state",
		Usage:     "manage the file in which a verifier remembers time and lists",
		UsageText: "licseal state new|show|reset FILE",
		Description: `'licseal verify --state FILE' records there the latest time and the newest revocation
list that it has seen, so that it notices a clock that was set back and an old list.
It never creates the file: a missing one is an error. Create it once, when the
verifier is installed.`,
		Subcommands: []*cli.Command{
			{Name: "new", Usage: "create a state file", UsageText: "licseal state new FILE", ArgsUsage: edits, Action: newState},
			{Name: "show", Usage: "print what a state file records", UsageText: "licseal state show [--json] FILE", Flags: []cli.Flag{jsonFlag}, Action: showState,
				Description: `--json prints one object: latest, and if a list was seen generation, issued,
list (the SHA-256 of its payload), signer and revoked_keys. If a chain of trust is
followed, trust has its generation, and the digests of its anchor and newest document.`},
			{Name: "reset", Usage: "forget a time that is later than the clock's", UsageText: "licseal state reset FILE", ArgsUsage: edits, Action: resetState,
				Description: `For a clock that was ahead once. Sets the latest time seen to that of the clock, or
to the issue of the newest revocation list if that is later. What is recorded about
the list stays.`},
		},
	}
}

// stateFile returns the one file that a command of 'licseal state' takes.
func stateFile(c *cli.Context) (string, error) {
	if c.NArg() != 1 || c.Args().First() == "-" {
		return "", usagef("'licseal state %s' takes exactly one file, the state file", c.Command.Name)
	}
	return c.Args().First(), nil
}

func newState(c *cli.Context) error {
	path, err := stateFile(c)
	if err != nil {
		return err
	}
	err = state.Create(path, verify.Memory{Latest: now()})
	if errors.Is(err, fs.ErrExist) {
		return withHint(about(path, errors.New("the file exists, and was kept")), "'licseal state show %s' prints what it records", path)
	}
	return about(path, noFolder(path, err))
}

func showState(c *cli.Context) error {
	path, err := stateFile(c)
	if err != nil {
		return err
	}
	m, err := state.Read(path)
	if err != nil {
		return stateError(path, err)
	}
	if c.Bool("json") {
		return printJSON(c, newJSONState(m))
	}
	return show(c, memoryText(m))
}

func memoryText(m *verify.Memory) text.Line {
	var b text.Block
	b.Printf("latest time seen: %s\n", instant(m.Latest))
	if len(m.Trust.Digests) > 0 {
		b.Printf("chain of trust: %s\n", trustStateText(m))
	}
	if m.List.Generation == 0 {
		b.Printf("revocation list: none seen\n")
		return b.Line()
	}
	b.Printf("revocation list: generation %d, issued %s%s\n", m.List.Generation, instant(m.List.Issued), signedBy(m.List.Signer))
	for _, key := range m.List.Keys {
		b.Printf("revoked key: %s %s\n", key.ID, fromText(key.From))
	}
	return b.Line()
}

func signedBy(id string) string {
	if id == "" {
		return ""
	}
	return ", signed by " + id
}

// fromText says from which creation date on licences of a revoked key are refused.
func fromText(from time.Time) string {
	if from.IsZero() {
		return "from the beginning"
	}
	return "from " + instant(from)
}

// jsonState is what 'licseal state show --json' prints.
type jsonState struct {
	Latest      string           `json:"latest"`
	Generation  int64            `json:"generation,omitempty"`
	Issued      string           `json:"issued,omitempty"`
	List        string           `json:"list,omitempty"`
	Signer      string           `json:"signer,omitempty"`
	RevokedKeys []jsonRevokedKey `json:"revoked_keys,omitempty"`
	Trust       *jsonTrustState  `json:"trust,omitempty"`
}

// jsonTrustState describes the chain of trust that is followed.
type jsonTrustState struct {
	Generation int    `json:"generation"`
	Anchor     string `json:"anchor"`
	Digest     string `json:"digest"` // of the newest document
}

type jsonRevokedKey struct {
	ID     string `json:"id"`
	From   string `json:"from,omitempty"` // absent: from the beginning
	Reason string `json:"reason,omitempty"`
}

func newJSONState(m *verify.Memory) jsonState {
	j := jsonState{Latest: instant(m.Latest), Generation: m.List.Generation, List: m.List.Digest, Signer: m.List.Signer}
	if m.List.Generation > 0 {
		j.Issued = instant(m.List.Issued)
	}
	if n := len(m.Trust.Digests); n > 0 {
		j.Trust = &jsonTrustState{n, m.Trust.Digests[0], m.Trust.Digests[n-1]}
	}
	for _, key := range m.List.Keys {
		j.RevokedKeys = append(j.RevokedKeys, newJSONRevokedKey(key.ID, key.From, ""))
	}
	return j
}

func newJSONRevokedKey(id string, from time.Time, reason string) jsonRevokedKey {
	j := jsonRevokedKey{ID: id, Reason: reason}
	if !from.IsZero() {
		j.From = instant(from)
	}
	return j
}

func resetState(c *cli.Context) error {
	path, err := stateFile(c)
	if err != nil {
		return err
	}
	now := now()
	before, m, err := state.Reset(path, now)
	if err != nil {
		return stateError(path, err)
	}
	if m.Latest.After(now) {
		warn("%s has seen a revocation list that was issued at %s: either this clock is slow, or that of the issuer was fast", path, instant(m.List.Issued))
	}
	return say(c, "%s: the latest time seen was %s, and is now %s", path, instant(before), instant(m.Latest))
}
