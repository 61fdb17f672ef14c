package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/internal/armor"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/licseal/licseal/keys"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/state"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// displayName returns what messages call a file.
func displayName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// errTooLarge says that a file is larger than is read.
var errTooLarge = errors.New("too large")

// readFile reads a file, or standard input if it is "-", of at most limit bytes.
func readFile(name string, limit int) ([]byte, error) {
	f := os.Stdin
	if name != "-" {
		var err error
		if f, err = os.Open(name); err != nil {
			return nil, text.Cause(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, errors.New("is a directory, not a file")
		}
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading: %w", text.Cause(err))
	case len(data) > limit:
		return nil, fmt.Errorf("is larger than %d bytes, the most that is read%w", limit, silent{errTooLarge})
	}
	return data, nil
}

// silent is an error that adds nothing to a message.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// readLicence reads a licence document, which may be armored for mail.
func readLicence(file string) ([]byte, error) {
	data, err := readFile(file, licseal.DefaultMaxBytes)
	if errors.Is(err, errTooLarge) {
		return nil, fault.Because(licseal.ReasonParse, err)
	}
	if err != nil {
		return nil, err
	}
	licence, armored, err := armor.Decode(data)
	switch {
	case err != nil:
		return nil, fault.Because(licseal.ReasonParse, err)
	case armored:
		return licence, nil
	}
	return data, nil
}

// loadKeys reads the trusted keys of -t.
func loadKeys(paths []string) ([]licseal.TrustedKey, error) {
	var files []*keys.TrustedFile
	for _, path := range paths {
		data, err := readFile(path, keys.MaxBytes)
		if err != nil {
			return nil, fault.About(displayName(path), err)
		}
		file, err := keys.ParseTrustedFile(displayName(path), data)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return keys.Trusted(files...)
}

// loadList reads and verifies the revocation list.
func loadList(path string, trusted []licseal.TrustedKey) (*revoke.List, error) {
	data, err := readFile(path, revoke.MaxBytes)
	if err != nil {
		return nil, listError(path, err)
	}
	list, err := revoke.Verify(data, trusted)
	return list, listError(path, err)
}

// listError says that an error is about the revocation list; nil stays nil.
func listError(path string, err error) error {
	return fault.About(displayName(path), fault.Because(licseal.ReasonRevocationList, err))
}

// loadChain returns the chain that the flags lead to. If the file of --trust-chain is
// missing or refused, what was known before stays in force.
func loadChain(o *options, p *printer) (*trust.Chain, error) {
	origin, err := loadOrigin(o.trustRoot)
	if err != nil {
		return nil, err
	}
	known, err := origin.Known(nil)
	if o.state != "" {
		known, err = seenChain(o.state, origin)
	}
	switch {
	case err != nil:
		return nil, err
	case o.trustChain == "" && known == nil:
		return nil, fault.Usage("--trust-root gives a digest, and there is no document")
	case o.trustChain == "":
		return known, nil
	}
	data, err := readFile(o.trustChain, trust.MaxChainBytes)
	if err == nil {
		var chain *trust.Chain
		if chain, err = origin.Follow(known, data); err == nil {
			return chain, nil
		}
	}
	if known == nil {
		return nil, chainError(o.trustChain, err)
	}
	p.warn("%s: %s; generation %d stays in force", displayName(o.trustChain), fault.Of(err).Err, known.Generation())
	return known, nil
}

// loadOrigin returns what --trust-root names.
func loadOrigin(root string) (*trust.Origin, error) {
	if digest, isDigest := strings.CutPrefix(root, "SHA256:"); isDigest {
		origin, err := trust.DigestOrigin(digest)
		if err != nil {
			return nil, fault.Usage("--trust-root %s: %w", root, err)
		}
		return origin, nil
	}
	data, err := readFile(root, trust.MaxChainBytes)
	if err != nil {
		return nil, fault.About(displayName(root), err)
	}
	origin, err := trust.ReadOrigin(data)
	return origin, chainError(root, err)
}

// seenChain returns the chain that was followed before, or the origin's own.
func seenChain(path string, origin *trust.Origin) (*trust.Chain, error) {
	m, err := state.Read(path)
	if err != nil {
		return nil, stateError(path, err)
	}
	seen, err := m.Trust.Chain()
	if err == nil {
		seen, err = origin.Known(seen)
	}
	return seen, stateError(path, err)
}

func chainError(path string, err error) error {
	return fault.About(displayName(path), fault.Because(fault.ReasonTrust, err))
}

// stateError names the state file in an error, but not in one about the list.
func stateError(path string, err error) error {
	switch {
	case err == nil, errors.As(err, new(*revoke.Error)):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return fault.WithHint(fault.About(path, errors.New("the state file does not exist")), "create it once: 'licseal-verify --new-state %s'", path)
	case errors.As(err, new(*state.DamagedError)), errors.As(err, new(*verify.ClockError)):
		return fault.About(path, err)
	}
	return fault.About(path, text.Cause(err))
}
