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
	if j.chain, j.refusal, err = followTrust(c); err != nil {
		return err
	}
	if path := c.String("state"); path != "" && !c.IsSet("at") {
		_, err = state.Update(path, func(m *verify.Memory) error { return m.Follow(j.chain) })
		if err != nil {
			return stateError(path, err)
		}
	}
	if j.trusted = j.chain.Trusted(); len(j.trusted) == 0 {
		return fault.New(fault.ReasonTrust, "generation %d of the chain of trust trusts no key", j.chain.Generation())
	}
	return nil
}

// followTrust returns the chain that the flags lead to. If the file of --trust-chain is
// missing or refused, what was known before stays in force, and refusal says why.
func followTrust(c *cli.Context) (_ *trust.Chain, refusal, _ error) {
	origin, err := trustOrigin(c)
	if err != nil {
		return nil, nil, err
	}
	known, err := trustInForce(origin, c.String("state"))
	if err != nil {
		return nil, nil, err
	}
	path := c.String("trust-chain")
	if path == "" {
		if known == nil {
			return nil, nil, withHint(usagef("--trust-root gives a digest, and there is no document"), "--trust-chain FILE has the documents")
		}
		return known, nil, nil
	}
	data, err := readFile(path, trust.MaxChainBytes)
	if err == nil {
		var chain *trust.Chain
		if chain, err = origin.Follow(known, data); err == nil {
			return chain, nil, nil
		}
	}
	if known == nil {
		return nil, nil, chainError(path, err)
	}
	return known, fmt.Errorf("%s: %w; generation %d stays in force", displayName(path), fault.Of(err).Err, known.Generation()), nil
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
