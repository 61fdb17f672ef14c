package trust_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/trust"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// faults is a model of the rules. It returns every reason to
// refuse a chain by a reader that has seen documents. It shares no code with the
// package, looks at all documents and stops nowhere.
func faults(seen, chain []*draft) map[trust.Reason]bool {
	found := map[trust.Reason]bool{}
	newest := len(seen)
	first := 0 // of what is new
	for i, d := range chain {
		if d.generation <= newest {
			first = i + 1
		}
	}
	fresh := chain[first:]
	if first > 0 {
		last := chain[first-1]
		if seen[last.generation-1].digest() != last.digest() {
			found[trust.Fork] = true
		}
		if len(fresh) > 0 && last.generation != newest {
			found[trust.Gap] = true
		}
		if first > last.generation {
			found[trust.Rollback] = true // more documents than generations
		}
	}
	was := map[pair]string{}
	for _, d := range seen {
		noteRoles(was, d)
	}
	stepFaults(found, was, seen[newest-1], fresh)
	return found
}

// stepFaults finds the reasons to refuse documents that come after prev.
func stepFaults(found map[trust.Reason]bool, was map[pair]string, prev *draft, fresh []*draft) {
	for _, d := range fresh {
		if d.generation > prev.generation+1 {
			found[trust.Gap] = true
		}
		if d.generation == prev.generation && d.digest() != prev.digest() {
			found[trust.Fork] = true
		}
		if d.generation <= prev.generation {
			found[trust.Rollback] = true
		}
		if d.previous != prev.digest() {
			found[trust.Previous] = true
		}
		if d.issued <= prev.issued {
			found[trust.Issued] = true
		}
		if noteRoles(was, d) {
			found[trust.Role] = true
		}
		signatureFaults(found, prev, d)
		prev = d
	}
}

// openFaults returns every reason to refuse a chain by a reader that knows its anchor
// only.
func openFaults(anchor string, chain []*draft) map[trust.Reason]bool {
	found, was, first := map[trust.Reason]bool{}, map[pair]string{}, chain[0]
	if first.generation != 1 {
		found[trust.Gap] = true
	}
	if first.digest() != anchor {
		found[trust.WrongAnchor] = true
	}
	if noteRoles(was, first) {
		found[trust.Role] = true
	}
	signatureFaults(found, first, first)
	stepFaults(found, was, first, chain[1:])
	return found
}

// noteRoles remembers what the keys of a document are for, and reports whether one of
// them was for something else.
func noteRoles(was map[pair]string, d *draft) (clash bool) {
	note := func(all []pair, role string) {
		for _, p := range all {
			clash = clash || was[p] != "" && was[p] != role
			was[p] = role
		}
	}
	note(d.roots, "root")
	note(d.keys, "key")
	return clash
}

func signatureFaults(found map[trust.Reason]bool, prev, d *draft) {
	signed := map[pair]bool{}
	for i, p := range d.signers {
		if signed[p] {
			found[trust.Duplicate] = true
		}
		signed[p] = true
		if i < d.broken || d.context != "" {
			found[trust.Wrong] = true
		}
		if !slices.Contains(prev.roots, p) && !slices.Contains(d.roots, p) {
			found[trust.Foreign] = true
		}
	}
	for _, roots := range []*draft{prev, d} {
		n := 0
		for _, p := range roots.roots {
			if signed[p] {
				n++
			}
		}
		if n < roots.threshold {
			found[trust.Threshold] = true
		}
	}
}

// randomChain returns a chain that is good: thresholds 1 to 5 of 1 to 7 roots. Roots
// are the pairs 1 to 30, keys 31 to 60.
func randomChain(r *rand.Rand, generations int) []*draft {
	var chain []*draft
	for g := 1; g <= generations; g++ {
		roots := sample(r, 1, 30, 1+r.IntN(7))
		d := &draft{generation: g, issued: g * 10, roots: roots, threshold: min(1+r.IntN(5), len(roots)), keys: sample(r, 31, 60, r.IntN(5))}
		d.signers = slices.Clone(roots[:d.threshold])
		if g > 1 {
			prev := chain[g-2]
			d.previous = prev.digest()
			for _, p := range prev.roots[:prev.threshold] {
				if !slices.Contains(d.signers, p) {
					d.signers = append(d.signers, p)
				}
			}
		}
		chain = append(chain, d)
	}
	return chain
}

func sample(r *rand.Rand, from, to, n int) []pair {
	var all []pair
	for _, i := range r.Perm(to - from + 1)[:n] {
		all = append(all, pair(from+i))
	}
	return all
}

// mutate breaks a chain in one of many ways, or not at all. What follows the changed
// document may follow it or what was there before.
func mutate(r *rand.Rand, chain []*draft) []*draft {
	at := r.IntN(len(chain))
	changed := *chain[at]
	d := &changed
	chain = slices.Clone(chain)
	chain[at] = d
	switch r.IntN(14) {
	case 0:
	case 1:
		d.generation = 1 + r.IntN(len(chain)+2)
		if d.generation == 1 {
			d.previous = ""
		} else if d.previous == "" {
			d.previous = chain[len(chain)-1].digest()
		}
	case 2:
		d.issued += r.IntN(21) - 10
	case 3:
		if d.previous != "" {
			d.previous = chain[r.IntN(len(chain))].digest()
		}
	case 4:
		d.threshold = 1 + r.IntN(len(d.roots))
	case 5:
		d.signers = d.signers[1:]
	case 6:
		d.signers = append(slices.Clone(d.signers), d.signers[0])
	case 7:
		d.signers = append(slices.Clone(d.signers), pair(1+r.IntN(70)))
	case 8:
		d.broken = 1
	case 9:
		d.keys = append(slices.Clone(d.keys), pair(1+r.IntN(30))) // perhaps a root
	case 10:
		d.roots = append(slices.Clone(d.roots), pair(31+r.IntN(30))) // perhaps a key
	case 11:
		d.context = []string{"licseal-revocations-v1\n", "licseal-trust-v1\r\n", "SSHSIG"}[r.IntN(3)]
	case 12:
		return slices.Delete(chain, at, at+1)
	case 13:
		other := r.IntN(len(chain))
		chain[at], chain[other] = chain[other], chain[at]
	}
	if r.IntN(2) == 0 {
		for i := at + 1; i < len(chain); i++ { // the rest follows what was changed
			next := *chain[i]
			if next.previous != "" {
				next.previous = chain[i-1].digest()
			}
			chain[i] = &next
		}
	}
	d.keys, d.roots = unique(d.keys), unique(d.roots)
	return chain
}

func unique(all []pair) []pair {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// Random chains and mutations of them are accepted or refused as the model says, and
// refused for a reason that the model has found.
func TestModel(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	rounds := testenv.Rounds(150, 100_000)
	for i := range rounds {
		good := randomChain(r, 1+r.IntN(5))
		seen := good[:1+r.IntN(len(good))]
		chain := mutate(r, good)
		checkOpen(t, good[0].digest(), chain)
		checkModel(t, seen, chain[r.IntN(len(chain)+1)*r.IntN(2):])
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
	}
}

func checkModel(t *testing.T, seen, chain []*draft) {
	t.Helper()
	if len(chain) == 0 {
		return
	}
	known, err := trust.Open([]byte(lines(seen)), seen[0].digest())
	if err != nil || known.Generation() != int64(len(seen)) {
		t.Fatalf("a good chain: %v", err)
	}
	want := faults(seen, chain)
	got, err := known.Extend([]byte(lines(chain)))
	var refused *trust.Error
	switch {
	case err == nil && len(want) > 0:
		t.Errorf("accepted, want %v\n%s", want, lines(chain))
	case err == nil && got.Generation() != int64(max(len(seen), chain[len(chain)-1].generation)):
		t.Errorf("generation %d", got.Generation())
	case err == nil && got.Newest().Digest() != newestOf(seen, chain).digest():
		t.Errorf("another document is the newest")
	case err != nil && !errors.As(err, &refused):
		t.Errorf("got %v\n%s", err, lines(chain))
	case err != nil && !want[refused.Reason]:
		t.Errorf("refused for %s (%v), want one of %v\n%s", refused.Reason, err, want, lines(chain))
	}
	if known.Generation() != int64(len(seen)) {
		t.Error("what was known has changed")
	}
}

// checkOpen compares the verdict of a reader without a memory with the model's.
func checkOpen(t *testing.T, anchor string, chain []*draft) {
	t.Helper()
	if len(chain) == 0 {
		return
	}
	want := openFaults(anchor, chain)
	got, err := trust.Open([]byte(lines(chain)), anchor)
	var refused *trust.Error
	switch {
	case err == nil && len(want) > 0:
		t.Errorf("opened, want %v\n%s", want, lines(chain))
	case err == nil && got.Newest().Digest() != chain[len(chain)-1].digest():
		t.Errorf("another document is the newest")
	case err != nil && (!errors.As(err, &refused) || !want[refused.Reason]):
		t.Errorf("not opened: %v, want one of %v\n%s", err, want, lines(chain))
	}
}

func newestOf(seen, chain []*draft) *draft {
	if last := chain[len(chain)-1]; last.generation > len(seen) {
		return last
	}
	return seen[len(seen)-1]
}
