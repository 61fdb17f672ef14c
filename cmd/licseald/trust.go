package main

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/verify"
)

// trust is what the trusted keys and the revocation list say. It does not change.
type trust struct {
	keys     []licseal.TrustedKey
	verifier *verify.Verifier // nil if no key is trusted
	noKey    error            // why no key is trusted

	// noList says why there is no revocation list, although there must be one. No licence
	// is accepted then, and what is stored is judged without a list.
	noList error
}

// keySource is where trusted keys come from.
type keySource interface {
	flag() string
	paths() []string

	// load reads the files. The error says why one of them cannot be used; what was in
	// force before stays in force then.
	load() error

	// current returns the keys in force: nil before any were read, and another pointer
	// whenever they have changed.
	current() *[]licseal.TrustedKey

	// disowns reports whether a revocation list must be forgotten, because the key that
	// signed it has lost its trust.
	disowns(*revoke.List) bool
}

// trustFiles reads trusted keys and a revocation list, again whenever they change: first
// the keys, which take effect at once, and then the list.
type trustFiles struct {
	failureLog
	keys     keySource
	listFile *watchedFile // nil if revocation is not checked
	options  verify.Options
	memory   *memory

	value atomic.Pointer[trust]

	mu       sync.Mutex
	keysSeen *[]licseal.TrustedKey // of the last reading
	list     *revoke.List          // in force
	listData []byte                // what was in the file, good or bad
	listErr  error                 // why that cannot be used
}

var errNoKey = errors.New("the newest generation of the chain of trust trusts no key")

// openTrust reads the files for the first time. All of them must be good, except that of
// a chain of which a part is known.
func openTrust(t *trustFiles) error {
	keysErr, listErr := t.load()
	now := t.value.Load()
	switch {
	case now == nil:
		return fmt.Errorf("%s: %w", t.keys.flag(), keysErr)
	case now.noKey != nil:
		return fmt.Errorf("%s: %w", t.keys.flag(), now.noKey)
	case listErr != nil:
		return fmt.Errorf("--revocations: %w", listErr)
	}
	t.report(keysErr, nil)
	return nil
}

// reload reads the files again.
func (t *trustFiles) reload() {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.value.Load()
	keysErr, listErr := t.load()
	if t.report(keysErr, listErr); t.failed == "" && t.value.Load() != before {
		t.log.Info("read again", "files", t.paths())
	}
}

func (t *trustFiles) paths() []string {
	paths := t.keys.paths()
	if t.listFile != nil {
		paths = append(paths, t.listFile.path)
	}
	return paths
}

// load reads the keys and then the list, and makes another value if one of them is
// another.
func (t *trustFiles) load() (keysErr, listErr error) {
	keysErr = t.keys.load()
	keys, list := t.keys.current(), t.list
	if keys == nil {
		return keysErr, nil
	}
	listErr = t.loadList(*keys, keys != t.keysSeen)
	if keys == t.keysSeen && list == t.list {
		return keysErr, listErr
	}
	t.keysSeen = keys
	now := &trust{keys: *keys}
	if t.listFile != nil && t.list == nil {
		now.noList = listErr
	}
	o := t.options
	o.Revocations, o.Floor = t.list, t.memory.floor()
	if len(*keys) == 0 {
		now.noKey = errNoKey
	} else {
		now.verifier, now.noKey = bulk.NewVerifier(*keys, &o)
	}
	t.value.Store(now)
	return keysErr, listErr
}

// loadList reads the list if it, or the keys, have changed. The error says why it cannot
// be used; the one in force stays in force then, unless its signer has lost its trust.
func (t *trustFiles) loadList(trusted []licseal.TrustedKey, keysChanged bool) error {
	if t.listFile == nil {
		return nil
	}
	if t.list != nil && t.keys.disowns(t.list) {
		t.list = nil
	}
	data, err := t.listFile.read()
	if err != nil {
		t.listData = nil
		return err
	}
	if t.listData != nil && !keysChanged && bytes.Equal(data, t.listData) {
		return t.listErr
	}
	list, err := revoke.Verify(data, trusted)
	if err == nil {
		err = t.memory.update(func(m *verify.Memory) error { return m.Observe(time.Now(), list, 0) })
	}
	if t.listData = data; err != nil {
		t.listErr = fmt.Errorf("%s: %w", t.listFile.path, err)
		return t.listErr
	}
	t.list, t.listErr = list, nil
	return nil
}

// report logs what went wrong, if it is not what went wrong before.
func (t *trustFiles) report(keysErr, listErr error) {
	now := t.value.Load()
	err := errors.Join(keysErr, listErr)
	switch {
	case now.noKey != nil:
		t.fail("no licence is accepted, because no key is trusted", t.paths(), errors.Join(now.noKey, err))
	case now.noList != nil:
		t.fail("no licence is accepted until there is another revocation list; the one before is forgotten, because the key that signed it has lost its trust", t.paths(), err)
	case err != nil:
		t.fail("a changed file cannot be used; its previous content stays in force", t.paths(), err)
	default:
		t.works()
	}
}
