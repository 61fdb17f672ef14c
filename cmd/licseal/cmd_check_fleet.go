package main

import (
	"fmt"
	"strings"

	"github.com/licseal/licseal/admin"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/checkreport"
)

// fleetPlace is what an Admin API has.
type fleetPlace struct {
	name    string // its URL
	results []*check.Result
	active  int           // the number of the active licence, -1 if that is not clear
	usage   []admin.Usage // what is used of what it allows; nil if that is not known
}

// gateways checks the licences of several Admin APIs.
func (p *preflight) gateways(urls []string) error {
	var all []fleetPlace
	var findings []check.Finding
	for _, url := range urls {
		g, found, err := p.gateway(url)
		if err != nil {
			return err
		}
		for _, f := range found {
			f.Found = g.name + ": " + f.Found
			findings = append(findings, f)
		}
		all = append(all, g)
	}
	if err := p.begin(nil, findings); err != nil {
		return err
	}
	p.run.Sources(findings)
	for _, g := range all {
		for i, r := range g.results {
			e := checkreport.Entry{Result: r, Place: g.name}
			isActive := i == g.active
			if g.active >= 0 {
				e.Active = &isActive
			}
			if isActive {
				e.Usage = g.usage
			}
			if err := p.entry(e, e.Active == nil || isActive); err != nil {
				return err
			}
		}
	}
	return nil
}

// gateway asks an Admin API for its licences. One that does not answer is a result, too.
func (p *preflight) gateway(url string) (fleetPlace, []check.Finding, error) {
	g := fleetPlace{name: strings.TrimRight(url, "/"), active: -1}
	client, err := connect(p.c, "admin-url", url, nil)
	if err != nil {
		return g, nil, err
	}
	installed, err := installedAt(p.c.Context, client)
	if p.c.Context.Err() != nil {
		return g, nil, p.c.Context.Err()
	}
	f := check.Finding{Stage: check.StageSource, Severity: check.Error}
	switch {
	case err != nil:
		f.Code, f.Found, f.Remedy = check.CodeSourceUnreadable, fmt.Sprintf("the Admin API cannot be asked: %v", err), "see that it runs, and that the URL and the token are right"
	case len(installed) == 0:
		f.Code, f.Found, f.Remedy = check.CodeNoLicence, "no licence is stored", "add one: 'licseal admin add --help'"
	}
	if f.Code != "" {
		g.results = []*check.Result{{Name: g.name + "/licenses", Time: now(), Findings: []check.Finding{f}}}
		return g, nil, nil
	}
	for i := range installed {
		installed[i].Name = g.name + "/licenses " + installed[i].Name
	}
	var findings []check.Finding
	g.results, g.active, findings = p.checker.Choose(installed)
	if g.active >= 0 && formatOf(p.c) == "html" {
		g.usage = usageAt(p, client, g.results[g.active])
	}
	return g, findings, nil
}

// usageAt returns what is used of what a licence allows, nil if the Admin API has no
// report.
func usageAt(p *preflight, client *admin.Client, r *check.Result) []admin.Usage {
	if r.License == nil {
		return nil
	}
	report, err := client.Report(p.c.Context)
	if err != nil {
		return nil
	}
	return report.Usage(r.License.Payload)
}
