package check

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/licseal/licseal/internal/text"
)

// Where a gateway looks for its licence, in this order; the Admin API is last.
const (
	DataVariable = "KONG_LICENSE_DATA" // holds the licence
	DefaultPath  = "/etc/kong/license.json"
	PathVariable = "KONG_LICENSE_PATH" // names a file
)

// SourceState is what became of a source.
type SourceState string

// The states of a source.
const (
	SourceActive     SourceState = "active"     // the gateway uses it
	SourceShadowed   SourceState = "shadowed"   // there is a licence, and an earlier source wins
	SourceUnset      SourceState = "not set"    // the variable is not set
	SourceMissing    SourceState = "not there"  // no such file, or no records
	SourceUnreadable SourceState = "unreadable" // a gateway skips it, often in silence
	SourceUnasked    SourceState = "not asked"  // the Admin API, where no URL was given
	SourceSame       SourceState = "same file"  // the variable names the default file
)

// Source is a place where a gateway looks for its licence.
type Source struct {
	Name   string // KONG_LICENSE_DATA, a path, a URL
	State  SourceState
	Detail string // why it is unreadable, or what shadows it

	licences []Installed
}

// Effective is what a gateway would find.
type Effective struct {
	Sources []Source  // in the order in which a gateway looks
	Active  *Result   // of the licence that it uses; nil if there is none
	Others  []*Result // of those that are shadowed

	// Findings are about the sources as a whole.
	Findings []Finding
}

// OK reports whether there is an active licence and nothing about it, or about
// the sources, is an error. A shadowed licence may be what it likes.
func (e *Effective) OK() bool { return e.Active != nil && e.Active.OK() && e.Decisive() == nil }

// Decisive returns the first error about the sources, nil if there is none.
func (e *Effective) Decisive() *Finding {
	for i, f := range e.Findings {
		if f.Severity == Error {
			return &e.Findings[i]
		}
	}
	return nil
}

// Effective finds the licence that a gateway would use, as Kong documents it:
// the variable KONG_LICENSE_DATA, the default file, the file that
// KONG_LICENSE_PATH names, then the newest record of the Admin API. The first
// that is there and can be read wins, whatever its text is.
func (c *Checker) Effective(ctx context.Context, place Place) *Effective {
	e := new(Effective)
	variables := place.environ()
	byDefault := e.fileSource(place, DefaultPath, false)
	e.Sources = []Source{variableSource(variables), byDefault, e.pathSource(place, variables, byDefault), e.recordSource(ctx, place)}
	e.addLookAlikes(variables)
	winner := slices.IndexFunc(e.Sources, func(s Source) bool { return len(s.licences) > 0 })
	if winner < 0 {
		e.add(CodeNoLicence, Error, "no licence was found in any of the places where a gateway looks", "set KONG_LICENSE_DATA, write /etc/kong/license.json, or add one to the Admin API")
		return e
	}
	e.judgeSources(c, winner)
	if won := e.Sources[winner].licences; newest(won) < 0 {
		e.Findings = append(e.Findings, unclear(Error, fmt.Sprintf("the %s of %s", plural(len(won), "licence"), plain(e.Sources[winner].Name))))
	}
	e.shadows(winner)
	e.better()
	return e
}

func (e *Effective) add(code Code, severity Severity, found, remedy string) {
	e.Findings = append(e.Findings, Finding{Code: code, Stage: StageSource, Severity: severity, Found: found, Remedy: remedy})
}

// addLookAlikes reports variables with names that a gateway does not read.
func (e *Effective) addLookAlikes(variables map[string]string) {
	for _, name := range lookAlikes(variables) {
		e.add(CodeLookAlike, Warning, fmt.Sprintf("the variable %s is set, which a gateway does not read", plain(name)),
			"name it "+DataVariable+" if it holds the licence, or "+PathVariable+" if it names a file")
	}
}

func variableSource(variables map[string]string) Source {
	value := variables[DataVariable]
	if value == "" {
		return Source{Name: DataVariable, State: SourceUnset}
	}
	return Source{Name: DataVariable, licences: []Installed{{Name: DataVariable, Data: []byte(value)}}}
}

func (e *Effective) pathSource(place Place, variables map[string]string, byDefault Source) Source {
	name := variables[PathVariable]
	if name == "" {
		return Source{Name: PathVariable, State: SourceUnset}
	}
	if HoldsLicence(name) {
		e.add(CodeLicenceAsName, Error, PathVariable+" holds a licence; it names a file", "set KONG_LICENSE_DATA to the licence, or KONG_LICENSE_PATH to the name of its file; a gateway skips it in silence")
		return Source{Name: PathVariable, State: SourceUnreadable, Detail: "it holds a licence, not the name of a file"}
	}
	if path.Clean(filepath.ToSlash(name)) == DefaultPath && byDefault.State != SourceMissing {
		return Source{Name: PathVariable + "=" + name, State: SourceSame}
	}
	s := e.fileSource(place, name, true)
	s.Name = PathVariable + "=" + name
	for i := range s.licences {
		s.licences[i].Name = name
	}
	return s
}

// fileSource reads a file that a gateway would look at. Only a file that
// somebody has named must be there.
func (e *Effective) fileSource(place Place, name string, named bool) Source {
	file, err := place.readFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return Source{Name: name, State: SourceMissing}
	case errors.Is(err, fs.ErrNotExist):
		e.add(CodeSourceMissing, Error, fmt.Sprintf("%s names the file %s, which does not exist", PathVariable, plain(name)), "correct the variable, or put the file there; a gateway skips it in silence")
		return Source{Name: name, State: SourceMissing}
	case err != nil:
		e.add(CodeSourceUnreadable, Error, fmt.Sprintf("%s cannot be read: %v", plain(name), err), "let the user that the gateway runs as read it; a gateway skips it, often in silence")
		return Source{Name: name, State: SourceUnreadable, Detail: err.Error()}
	}
	if file.rootOnly {
		e.add(CodeRootOnly, Warning, fmt.Sprintf("only the user root can read %s", plain(name)), "let the user that the gateway runs as read it, such as kong; a gateway skips a file that it cannot read, often in silence")
	}
	return Source{Name: name, licences: []Installed{{Name: name, Data: file.data}}}
}

func (e *Effective) recordSource(ctx context.Context, place Place) Source {
	if place.Records == nil {
		return Source{Name: "the Admin API's /licenses", State: SourceUnasked}
	}
	s := Source{Name: place.RecordsName}
	all, err := place.Records(ctx)
	switch {
	case err != nil:
		e.add(CodeSourceUnreadable, Error, fmt.Sprintf("%s cannot be asked: %v", plain(s.Name), err), "check the URL, the network and the token")
		s.State, s.Detail = SourceUnreadable, err.Error()
		return s
	case len(all) == 0:
		s.State = SourceMissing
		return s
	}
	for _, in := range all {
		in.Name = s.Name + " " + in.Name
		s.licences = append(s.licences, in)
	}
	slices.SortStableFunc(s.licences, func(a, b Installed) int { return b.Updated.Compare(a.Updated) })
	return s
}

// judgeSources judges all licences that were found. The active one is the first of
// the winner.
func (e *Effective) judgeSources(c *Checker, winner int) {
	for i := range e.Sources {
		s := &e.Sources[i]
		if len(s.licences) == 0 {
			continue
		}
		s.State = SourceShadowed
		if i == winner {
			s.State = SourceActive
		} else {
			s.Detail = "by " + e.Sources[winner].Name
		}
		if n := len(s.licences); n > 1 {
			which := "the one changed last counts"
			if newest(s.licences) < 0 {
				which = "it is not clear which counts"
			}
			s.Detail = strings.TrimSpace(fmt.Sprintf("%s (%d licences; %s)", s.Detail, n, which))
		}
		for k, in := range s.licences {
			r := c.Installed(in)
			if i == winner && k == 0 {
				e.Active = r
			} else {
				e.Others = append(e.Others, r)
			}
		}
	}
}

// shadows says which licences have no effect.
func (e *Effective) shadows(winner int) {
	const adminSource = 3
	won := e.Sources[winner].Name
	for i, s := range e.Sources {
		switch {
		case s.State != SourceShadowed:
		case i == adminSource:
			e.add(CodeAdminShadowed, Warning, fmt.Sprintf("%s shadows the %s of %s", plain(won), plural(len(s.licences), "licence"), plain(s.Name)),
				"remove the local licence if that of the Admin API is meant to count; a local one is not passed on to data planes")
		default:
			e.add(CodeSourceShadowed, Warning, fmt.Sprintf("%s shadows the licence in %s", plain(won), plain(s.Name)), "remove the one that is not meant to count")
		}
	}
	if winner < adminSource {
		e.add(CodeLocalLicence, Note, fmt.Sprintf("the licence comes from %s, so a control plane does not pass it on to its data planes", plain(won)), "install it on every node, or use the Admin API")
	}
}

func plural(n int, noun string) string { return text.Plural(n, noun) }

// unclear says that no licence is known to be the one in use.
func unclear(severity Severity, what string) Finding {
	return Finding{Code: CodeUnclear, Stage: StageSource, Severity: severity,
		Found: "it is not clear which of " + what + " is active: none was changed last", Remedy: "remove those that are not meant to count"}
}

// better says whether a shadowed licence would be better than the active one.
func (e *Effective) better() {
	if f := betterThan(e.Active, e.Others); f != nil {
		e.Findings = append(e.Findings, *f)
	}
}

// betterThan compares licences: one that holds is better than one that does
// not, and of two that hold, the one that expires later.
func betterThan(active *Result, others []*Result) *Finding {
	best := active
	for _, r := range others {
		if r.OK() && (!best.OK() || r.NotAfter.After(best.NotAfter)) {
			best = r
		}
	}
	if best == active {
		return nil
	}
	why := fmt.Sprintf("expires later, at %s", Instant(best.NotAfter))
	if !active.OK() {
		why = fmt.Sprintf("would hold until %s, and the active one does not hold", Instant(best.NotAfter))
	}
	return &Finding{Code: CodeBetterLicence, Stage: StageSource, Severity: Warning,
		Found: fmt.Sprintf("the licence in %s %s", plain(best.Name), why), Remedy: "make that one the active licence"}
}

// Choose judges licences that are installed side by side, such as the records of
// an Admin API, and says which one is active: of those that are enabled, and not
// alone, the one that was changed last. active is -1 if there is none, or if that is
// not clear.
func (c *Checker) Choose(all []Installed) (results []*Result, active int, findings []Finding) {
	for _, in := range all {
		results = append(results, c.Installed(in))
	}
	if len(all) == 0 {
		findings = append(findings, Finding{Code: CodeNoLicence, Stage: StageSource, Severity: Error,
			Found: "no licence was found in any Secret or KongLicense", Remedy: "add one, and see that the Secret has the key license"})
	}
	active = newest(all)
	var others []*Result
	rivals := 0
	for i, in := range all {
		if !in.Alone && i != active {
			others = append(others, results[i])
		}
		if !in.Alone && !in.Disabled {
			rivals++
		}
	}
	if active < 0 && rivals > 1 {
		findings = append(findings, unclear(Warning, plural(rivals, "licence")))
	}
	if active >= 0 {
		if f := betterThan(results[active], others); f != nil {
			findings = append(findings, *f)
		}
	}
	return results, active, findings
}
