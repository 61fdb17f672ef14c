package entitle

import (
	"context"
	"time"
)

// Tick does what a guard does twice a second.
func (g *Guard) Tick(ctx context.Context) { g.tick(ctx) }

// Beat does what a guard does four times in Options.Lapse.
func (g *Guard) Beat(ctx context.Context) {
	for _, b := range g.seats {
		b.heard = time.Time{}
	}
	g.beat(ctx)
}

// WithTolerance is withTolerance.
var WithTolerance = withTolerance

// MachineIDFiles and ContainerFiles are where the machine's own id is looked for.
var (
	MachineIDFiles = &machineIDFiles
	ContainerFiles = &containerFiles
)
