package conformance

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/junit"
	"github.com/licseal/licseal/internal/text"
)

// Report is what a run has found.
type Report struct {
	Client   []string `json:"client"`
	Call     string   `json:"call"` // CallServe or CallVerify
	Seed     uint64   `json:"seed"` // of the mutants
	OK       bool     `json:"ok"`
	Total    Count    `json:"total"`
	Groups   []Group  `json:"groups"`
	Problems []Result `json:"problems"` // all results but those that passed; of failures, and of the others, at most maxProblems

	// Unused lists the expected failures that did not happen.
	Unused []string `json:"unused,omitempty"`

	expected *Expected
	failures int // among the problems
	omitted  int // problems
	began    time.Time
	passed   []Result // without their texts, for JUnit; no mutants
}

// Group counts the results for one group of vectors.
type Group struct {
	Part  string `json:"part"`
	Group string `json:"group"`
	Count
}

// Count counts results.
type Count struct {
	Vectors    int `json:"vectors"`
	Passed     int `json:"passed"`
	Failed     int `json:"failed"`
	Expected   int `json:"expected"`    // failures that were expected
	NotAsked   int `json:"not_asked"`   // CMD verify cannot express them
	OtherClass int `json:"other_class"` // among those that passed
}

func (c *Count) add(r *Result) {
	c.Vectors++
	switch {
	case r.Known:
		c.Expected++
	case r.Status == NotAsked:
		c.NotAsked++
	case !r.OK():
		c.Failed++
	default:
		c.Passed++
		if r.Status == OtherClass {
			c.OtherClass++
		}
	}
}

// maxProblems is how many results are listed. A client that cannot do anything would
// fail on every one of a million mutants.
const maxProblems = 1000

// NewReport returns an empty report. expected may be nil.
func NewReport(client []string, expected *Expected, seed uint64, began time.Time) *Report {
	if expected == nil {
		expected = &Expected{}
	}
	return &Report{Client: client, Seed: seed, Problems: []Result{}, expected: expected, began: began}
}

// Add adds a result.
func (r *Report) Add(result Result) {
	r.expected.mark(&result)
	i := slices.IndexFunc(r.Groups, func(g Group) bool { return g.Part == result.Part && g.Group == result.Group })
	if i < 0 {
		i = len(r.Groups)
		r.Groups = append(r.Groups, Group{Part: result.Part, Group: result.Group})
	}
	r.Groups[i].add(&result)
	r.Total.add(&result)
	result.Request = Request{ID: result.Request.ID} // the rest can be found by it
	if result.Status != Passed {
		r.addProblem(result)
	} else if result.Group != mutants {
		r.passed = append(r.passed, result)
	}
}

// addProblem lists a result, if not too many of its kind are listed already. Thousands of
// mutants that a client could not be asked leave room for its failures.
func (r *Report) addProblem(result Result) {
	listed := len(r.Problems) - r.failures
	if !result.OK() {
		listed = r.failures
	}
	if listed == maxProblems {
		r.omitted++
		return
	}
	r.Problems = append(r.Problems, result)
	if !result.OK() {
		r.failures++
	}
}

// Close ends the report: the client was called so.
func (r *Report) Close(call string) {
	r.Call, r.Unused = call, r.expected.unused()
	r.OK = r.Total.Vectors > 0 && r.Total.Failed == 0 && len(r.Unused) == 0
	slices.SortStableFunc(r.Groups, func(a, b Group) int {
		return strings.Compare(a.sortKey(), b.sortKey())
	})
}

// sortKey has the mutants of a part after all else of it.
func (g *Group) sortKey() string {
	if g.Group == mutants {
		return g.Part + " ~"
	}
	return g.Part + " " + g.Group
}

// Table returns the counts by group, and a line for each failure.
func (r *Report) Table() text.Line {
	var t text.Table
	t.Row("PART", "CLASS", "VECTORS", "PASSED", "FAILED", "EXPECTED", "NOT ASKED", "OTHER CLASS")
	row := func(part, group string, c Count) {
		t.Row(part, group, c.Vectors, c.Passed, dash(c.Failed), dash(c.Expected), dash(c.NotAsked), dash(c.OtherClass))
	}
	for _, g := range r.Groups {
		row(g.Part, g.Group, g.Count)
	}
	row("all", "", r.Total)
	var b text.Block
	b.Add(t.Line())
	for i := range r.Problems {
		if p := &r.Problems[i]; !p.OK() {
			b.Printf("%s: %s: %s (%s)\n", p.Status, p.Request.ID, p.Detail, p.Why)
		}
	}
	if r.omitted > 0 {
		b.Printf("and %s\n", text.Plural(r.omitted, "result")+" more that did not pass")
	}
	for _, pattern := range r.Unused {
		b.Printf("expected to fail, and did not: %s\n", pattern)
	}
	return b.Line()
}

func dash(n int) any {
	if n == 0 {
		return "-"
	}
	return n
}

// resultJSON is what JSON says about a result.
type resultJSON struct {
	ID       string `json:"id"`
	Part     string `json:"part"`
	Group    string `json:"group"`
	Why      string `json:"why"`
	Status   Status `json:"status"`
	Expected bool   `json:"expected,omitempty"` // it is known to fail
	Detail   string `json:"detail,omitempty"`
	Want     Answer `json:"want"`
	Got      Answer `json:"got"`
}

// MarshalJSON leaves out what is judged: the id of the vector says it.
func (r Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(resultJSON{r.Request.ID, r.Part, r.Group, r.Why, r.Status, r.Known, r.Detail, r.Expect, r.Answer})
}

// WriteJUnit writes the report as JUnit's XML: a suite for each group, a case for each
// vector, and of the mutants for each that did not pass.
func (r *Report) WriteJUnit(w io.Writer) error {
	suites := junit.Suites{Name: "licseal conformance"}
	results := slices.Concat(r.passed, r.Problems)
	for _, g := range r.Groups {
		suite := junit.Suite{Name: g.Part + " " + g.Group, Timestamp: r.began.UTC().Format(junit.TimeFormat), Time: "0"}
		for _, result := range results {
			if result.Part == g.Part && result.Group == g.Group {
				suite.Add(caseOf(&result))
			}
		}
		suites.Add(suite)
	}
	if len(r.Unused) > 0 {
		suite := junit.Suite{Name: "expected failures", Timestamp: r.began.UTC().Format(junit.TimeFormat), Time: "0"}
		for _, pattern := range r.Unused {
			suite.Add(junit.Case{Name: junit.Text(pattern), Classname: suite.Name, Time: "0", Failure: &junit.Result{Message: "expected to fail, and did not"}})
		}
		suites.Add(suite)
	}
	return suites.Write(w)
}

func caseOf(r *Result) junit.Case {
	c := junit.Case{Name: r.Request.ID, Classname: r.Part + "." + r.Group, Time: "0"}
	switch problem := (&junit.Result{Message: junit.Text(r.Detail), Type: string(r.Status), Data: junit.Text(r.Why)}); {
	case r.Known, r.Status == NotAsked:
		c.Skipped = problem
	case !r.OK():
		c.Failure = problem
	case r.Status == OtherClass:
		c.SystemOut = &junit.Output{Data: problem.Message}
	}
	return c
}
