package entitle_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/licseal/licseal/entitle"
)

// Every instant around the dates × suspended or not × tolerance × kind of limit ×
// how much is used already: what is shown, what is allowed, what is left.
func TestMatrix(t *testing.T) {
	instants := []struct {
		at    string
		state entitle.State
	}{
		{"2025-12-31T23:59:59.999Z", entitle.NotYetValid},
		{"2026-01-01T00:00:00Z", entitle.Active},
		{"2026-12-31T23:59:59.999Z", entitle.Active},
		{"2027-01-01T00:00:00Z", entitle.Grace},
		{"2027-01-10T23:59:59.999Z", entitle.Grace},
		{"2027-01-11T00:00:00Z", entitle.Expired},
	}
	kinds := []struct {
		max              any
		counted, bounded bool
	}{
		{900, true, true}, {1, true, true}, {0, true, true},
		{"unlimited", true, false}, {nil, false, false}, {"null", false, false},
	}
	cells := 0
	for _, i := range instants {
		for _, suspended := range []bool{false, true} {
			revoked := "another"
			state := i.state
			if suspended {
				revoked, state = "A-1", entitle.Suspended
			}
			// A list that was issued before all of these instants.
			revocations := entitle.Text(listFor(t, "2025-12-30", "2027-06-01", 1, revoked))
			for _, percent := range []int64{0, 10, 50} {
				for _, kind := range kinds {
					p := plan().with("delay_max_uses_perc", percent)
					p["entitlements"].(object)["requests"] = object{"is_limited": kind.counted, "max_uses": kind.max, "name": "Requests"}
					source := entitle.Text(signed(t, p))
					for _, used := range []int64{0, 1, 899, 900, 901, 989, 990, 991, 1350, 1351} {
						cells++
						name := fmt.Sprintf("%s suspended %v, %d%%, max %v, used %d", i.at, suspended, percent, kind.max, used)
						store := entitle.NewMemory()
						at := at(i.at)
						if kind.counted && used > 0 {
							_, err := store.Apply(t.Context(), entitle.Batch{Installation: installation, Writer: "w", Seq: 1, Time: at.now(), Adds: []entitle.Add{
								{Month: entitle.MonthOf(at.now()), Name: "requests", N: used, Limit: entitle.MaxCount}}})
							if err != nil {
								t.Fatal(err)
							}
						}
						g, err := entitle.Open(t.Context(), source, trusted, &entitle.Options{Store: store, Clock: at.now, Revocations: revocations})
						if err != nil {
							t.Fatalf("%s: %v", name, err)
						}
						want := expected{state: state, limit: entitle.Limit{Name: "requests", Label: "Requests", Counted: kind.counted, Bounded: kind.bounded}}
						want.fill(kind.max, percent, used)
						got := expected{state: g.Status().State, limit: g.Limits()[0], allows: g.Allows("requests")}
						got.use = g.Use(t.Context(), "requests", 1) == nil
						if got != want {
							t.Errorf("%s:\n got %+v\nwant %+v", name, got, want)
						}
						g.Close()
					}
				}
			}
		}
	}
	t.Logf("%d cells", cells)
}

// expected is what is found in one cell.
type expected struct {
	state       entitle.State
	limit       entitle.Limit
	allows, use bool
}

// fill says what is right, by the definition: the limit is reached when one more use
// would exceed max × (1 + percent/100).
func (e *expected) fill(max any, percent, used int64) {
	good := e.state.Good()
	e.allows, e.use = good && max != 0, good
	if e.limit.Counted {
		e.limit.Used = used
	}
	if good {
		e.limit.Remaining = entitle.Unlimited
	}
	n, bounded := max.(int)
	if !bounded {
		return
	}
	isPast := func(count int64) bool {
		limit := new(big.Rat).Mul(big.NewRat(int64(n), 1), new(big.Rat).Add(big.NewRat(1, 1), big.NewRat(percent, 100)))
		return big.NewRat(count, 1).Cmp(limit) > 0
	}
	e.limit.Max, e.limit.Reached, e.limit.Remaining = int64(n), isPast(used+1), 0
	for good && !isPast(used+e.limit.Remaining+1) {
		e.limit.Remaining++
	}
	e.use = good && e.limit.Remaining > 0
}
