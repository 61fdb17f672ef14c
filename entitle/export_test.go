package entitle

import (
	"context"
	"time"

	"github.com/licseal/licseal"
)

// Tick does what a guard does twice a second.
func (g *Guard) Tick(ctx context.Context) {
	g.look(ctx)
	g.keep(ctx)
}

// Look does what of it is to do with the sources, and Keep the rest.
func (g *Guard) Look(ctx context.Context) { g.look(ctx) }
func (g *Guard) Keep(ctx context.Context) { g.keep(ctx) }

// OpenStill is Open without anything that goes on by itself: a fuzzer takes what it
// covers for what the input covers.
func OpenStill(source Source, trusted []licseal.TrustedKey, opts *Options) (*Guard, error) {
	g := newGuard(source, trusted, opts)
	if err := g.reload(); err != nil && !g.mayStartWithout(err) {
		return nil, err
	}
	return g, nil
}

// RenewLeases does what a guard does twice a second, of leases.
func (g *Guard) RenewLeases(ctx context.Context) { g.keepLeases(ctx) }

// Beat does what a guard does four times in Options.Lapse.
func (g *Guard) Beat(ctx context.Context) {
	for _, b := range g.seats {
		b.heard = time.Time{}
	}
	g.beat(ctx)
}

// UseTogether asks for uses as if they came at the same moment, and returns which were
// granted.
func (g *Guard) UseTogether(adds []Add) (granted []bool) {
	var all []*request
	for _, add := range adds {
		all = append(all, &request{add, make(chan answer, 1)})
	}
	g.writeTogether(all)
	for _, r := range all {
		a := <-r.done
		granted = append(granted, a.granted && a.err == nil)
	}
	return granted
}

// ProductName is what Product returns, for tests.
var ProductName = &productName

// WithTolerance is withTolerance.
var WithTolerance = withTolerance

// MachineIDFiles and ContainerFiles are where the machine's own id is looked for.
var (
	MachineIDFiles = &machineIDFiles
	ContainerFiles = &containerFiles

	ContainerVariables = containerVariables
)
