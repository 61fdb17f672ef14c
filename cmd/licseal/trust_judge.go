package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
	"github.com/urfave/cli/v2"
)

var (
	trustRootFlag = &cli.StringFlag{Name: "trust-root", Usage: "trust the chain that begins with the document in `FILE`, or SHA256:… of it", TakesFile: true, Category: reads}

	trustChainFlag = &cli.StringFlag{Name: "trust-chain", Usage: "follow the chain of trust in `FILE`; requires --trust-root", TakesFile: true, Category: reads}
)

// digestPrefix begins the digest of a trust document on the command line.
const digestPrefix = "SHA256:"

// loadTrust finds the keys that a verifier trusts: those of -t, or those of the newest
// document of a chain.
func (j *judge) loadTrust(c *cli.Context) (err error) {
	switch root, chain := c.String("trust-root"), c.String("trust-chain"); {
	case root == "" && chain != "":
		return withHint(usagef("--trust-chain requires --trust-root"), "the root comes with the verifier, and never with the chain")
	case root == "":
		j.trusted, j.others, err = loadTrustedFiles(c)
		return err
	case len(c.StringSlice("t")) > 0:
		return usagef("-t and --trust-root are mutually exclusive")
	}
	if err := j.followTrust(c); err != nil {
		return err
	}
	if j.trusted = j.chain.Trusted(); len(j.trusted) == 0 {
		return fault.New(fault.ReasonTrust, "generation %d of the chain of trust trusts no key", j.chain.Generation())
	}
	return nil
}

// followTrust finds the chain that the flags lead to, and remembers it in the state file. If
// the file of --trust-chain is missing or refused, what was known before stays in force,
// and j.refusal says why.
func (j *judge) followTrust(c *cli.Context) error {
	origin, err := trustOrigin(c)
	if err != nil {
		return err
	}
	var load func() ([]byte, error)
	path := c.String("trust-chain")
	if path != "" {
		load = func() ([]byte, error) { return readFile(path, trust.MaxChainBytes) }
	}
	var noChain error
	err = changeMemory(c, func(m *verify.Memory) error {
		j.chain, j.refusal = m.Advance(origin, nil, load)
		switch {
		case j.chain != nil:
			return nil
		case len(m.Trust.Digests) > 0:
			return j.refusal // what is remembered is not of this origin
		case load == nil:
			noChain = withHint(usagef("--trust-root gives a digest, and there is no document"), "--trust-chain FILE has the documents")
		default:
			noChain = chainError(path, j.refusal)
		}
		return noChain
	})
	switch {
	case noChain != nil:
		return noChain
	case err != nil:
		return stateError(c.String("state"), err)
	case j.refusal != nil:
		j.refusal = fmt.Errorf("%s: %w; generation %d stays in force", displayName(path), fault.Of(j.refusal).Err, j.chain.Generation())
	}
	return nil
}

// changeMemory changes what --state remembers: in the file, but with --at, which is not the
// time of a clock, in a copy that is dropped. Without --state nothing is remembered.
func changeMemory(c *cli.Context, change func(*verify.Memory) error) error {
	path := c.String("state")
	if path != "" && !c.IsSet("at") {
		_, err := state.Update(path, change)
		return err
	}
	m := new(verify.Memory)
	if path != "" {
		var err error
		if m, err = state.Read(path); err != nil {
			return err
		}
	}
	return change(m)
}

// trustOrigin returns what --trust-root names.
func trustOrigin(c *cli.Context) (*trust.Origin, error) {
	root := c.String("trust-root")
	if root == "" {
		return nil, withHint(usagef("'%s' needs --trust-root", c.Command.HelpName), "--trust-root trust.json")
	}
	if digest, isDigest := strings.CutPrefix(root, digestPrefix); isDigest {
		origin, err := trust.DigestOrigin(digest)
		if err != nil {
			return nil, withHint(usagef("--trust-root %s: %w", root, err), "'licseal trust show' prints it")
		}
		return origin, nil
	}
	data, err := readFile(root, trust.MaxChainBytes)
	if err != nil {
		return nil, about(displayName(root), err)
	}
	origin, err := trust.ReadOrigin(data)
	if err != nil {
		return nil, chainError(root, err)
	}
	return origin, nil
}

// trustInForce returns the chain that was followed before, by the state file if there is
// one, or the origin's own; nil if there is neither.
func trustInForce(origin *trust.Origin, statePath string) (*trust.Chain, error) {
	if statePath == "" {
		return origin.Known(nil)
	}
	m, err := state.Read(statePath)
	if err != nil {
		return nil, stateError(statePath, err)
	}
	seen, err := m.Trust.Chain()
	if err == nil {
		seen, err = origin.Known(seen)
	}
	return seen, stateError(statePath, err)
}

// hintTrust adds what to do about a state that follows another chain.
func hintTrust(err error) error {
	if refused := (*trust.Error)(nil); errors.As(err, &refused) && refused.Reason == trust.WrongAnchor {
		return withHint(err, "give the --trust-root that this state began with; a verifier that is installed again begins with a new state")
	}
	return err
}

// trustStateText is what 'licseal state show' prints about a chain of trust.
func trustStateText(m *verify.Memory) string {
	if len(m.Trust.Digests) == 0 {
		return "none followed"
	}
	return fmt.Sprintf("generation %d, anchor %s%s", len(m.Trust.Digests), digestPrefix, m.Trust.Digests[0])
}
