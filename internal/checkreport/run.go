package checkreport

import (
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/fault"
)

// Run is a report in the making: it counts what is found, and keeps the reason of the
// first licence that fails.
type Run struct {
	Writer  Writer
	Summary Summary
	Reason  fault.Reason // "" while nothing has failed

	// Failed is called for the first failure, with what is about (may be "") and the
	// finding that decides.
	Failed func(reason fault.Reason, name string, f *check.Finding)
}

// Entry adds the result for one licence. Only a result that decides can make the run
// fail.
func (r *Run) Entry(e Entry, decides bool) error {
	reason := e.Result.Reason()
	e.Exit, e.Word = fault.ExitOf(reason), string(reason)
	r.Summary.Licences++
	if reason == "" {
		r.Summary.OK++
	} else {
		r.Summary.Failed++
	}
	r.Count(e.Findings)
	if decides && reason != "" {
		r.fail(reason, e.Name, e.Decisive())
	}
	return r.Writer.Entry(e)
}

// Sources makes the run fail if a finding about the sources is an error.
func (r *Run) Sources(findings []check.Finding) {
	for _, f := range findings {
		if f.Severity == check.Error {
			r.fail(check.ReasonSource, "", &f)
		}
	}
}

// Count adds findings to the summary.
func (r *Run) Count(findings []check.Finding) {
	for _, f := range findings {
		switch f.Severity {
		case check.Error:
			r.Summary.Errors++
		case check.Warning:
			r.Summary.Warnings++
		default:
			r.Summary.Notes++
		}
	}
}

func (r *Run) fail(reason fault.Reason, name string, f *check.Finding) {
	if r.Reason != "" {
		return
	}
	r.Reason = reason
	r.Summary.Exit, r.Summary.Word = fault.ExitOf(reason), string(reason)
	if r.Failed != nil {
		r.Failed(reason, name, f)
	}
}

// Close ends the report.
func (r *Run) Close() error { return r.Writer.Close(r.Summary) }
