package checkreport

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/schema"
	"github.com/licseal/licseal/verify"
)

// prometheus writes metrics in the text format, for the textfile collector of
// the node exporter. The format groups them by name, so all are kept in memory.
//
// Every series has the label report: the collector fails if two files in its folder
// have the same series.
type prometheus struct {
	w        io.Writer
	report   string
	families []metricFamily
	kong     bool
	findings map[findingKey]int
	seen     map[string]bool
}

type findingKey struct {
	source string
	code   check.Code
	level  check.Severity
}

func newPrometheus(w io.Writer, h Header) Writer {
	p := &prometheus{w: w, report: plain(h.Name), kong: h.KongFields, findings: map[findingKey]int{}, seen: map[string]bool{}}
	p.gauge("licseal_check_timestamp_seconds", "When the licences were checked.", unix(h.Time))
	p.gauge("licseal_check_signature_checked", "1 if signatures were to be checked.", truth(h.SignatureChecked))
	for _, f := range h.Findings {
		p.findings[findingKey{"", f.Code, f.Severity}]++
	}
	return p
}

// gauge adds a value, with labels given as names and values in turn.
func (p *prometheus) gauge(name, help string, value float64, labels ...string) {
	i := slices.IndexFunc(p.families, func(f metricFamily) bool { return f.name == name })
	if i < 0 {
		i = len(p.families)
		p.families = append(p.families, metricFamily{name: name, help: help})
	}
	labels = append([]string{"report", p.report}, labels...)
	p.families[i].samples = append(p.families[i].samples, sample{labels, value})
}

func unix(t time.Time) float64 { return float64(t.Unix()) }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (p *prometheus) Entry(e Entry) error {
	source := plain(e.Name)
	for n := 2; p.seen[source]; n++ { // two licences of one name; a series must not be there twice
		source = fmt.Sprintf("%s #%d", plain(e.Name), n)
	}
	p.seen[source] = true
	if e.Active != nil {
		p.gauge("licseal_license_active", "1 if it is the licence in use; missing if unknown.", truth(*e.Active), "source", source)
	}
	p.gauge("licseal_license_dates_readable", "1 if the dates of the licence could be read.", truth(e.State != ""), "source", source)
	if e.State != "" {
		p.dates(e, source)
	}
	for _, state := range []verify.State{verify.NotYetValid, verify.Valid, verify.InGrace, verify.Expired} {
		p.gauge("licseal_license_state", "1 for the state that the licence is in.", truth(e.State == state), "source", source, "state", string(state))
	}
	p.gauge("licseal_license_ok", "1 if nothing about the licence is an error.", truth(e.Exit == 0), "source", source)
	p.gauge("licseal_license_exit_code", "What 'licseal check' ends with for this licence.", float64(e.Exit), "source", source)
	p.gauge("licseal_license_signature_checked", "1 if the signature was checked and is good.", truth(e.Signature == check.SignatureGood), "source", source)
	for _, f := range e.Findings {
		p.findings[findingKey{source, f.Code, f.Severity}]++
	}
	return nil
}

func (p *prometheus) dates(e Entry, source string) {
	if p.kong && !e.notActive() && e.License != nil && schema.Kong().Instead(e.License.Payload) == nil {
		// Dashboards and alerts for a gateway use this name, and what it means there.
		p.gauge("kong_enterprise_license_expiration", "Unix time at which the licence expires, less 24 hours, as in a gateway.", unix(e.NotAfter.Add(-24*time.Hour)), "source", source)
	}
	p.gauge("licseal_license_not_before_seconds", "From when on the licence is valid, in seconds since 1970.", unix(e.NotBefore), "source", source)
	p.gauge("licseal_license_expiration_seconds", "When the licence expires, in seconds since 1970.", unix(e.NotAfter), "source", source)
	p.gauge("licseal_license_remaining_seconds", "Seconds until the licence expires, as of the check; negative afterwards.", unix(e.NotAfter)-unix(e.Time), "source", source)
}

func (p *prometheus) Close(s Summary) error {
	byName := func(a, b findingKey) int {
		return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.code, b.code), cmp.Compare(a.level, b.level))
	}
	for _, k := range slices.SortedFunc(maps.Keys(p.findings), byName) {
		p.gauge("licseal_license_findings", "How many findings there are of a code.", float64(p.findings[k]), "source", k.source, "code", string(k.code), "severity", string(k.level))
	}
	p.gauge("licseal_check_exit_code", "What 'licseal check' ended with.", float64(s.Exit))
	slices.SortFunc(p.families, func(a, b metricFamily) int { return cmp.Compare(a.name, b.name) })
	return writeMetrics(p.w, p.families)
}
