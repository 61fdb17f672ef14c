package entitle

import "context"

// Tick does what a guard does twice a second.
func (g *Guard) Tick(ctx context.Context) { g.tick(ctx) }

// WithTolerance is withTolerance.
var WithTolerance = withTolerance

// MachineIDFiles and ContainerFiles are where the machine's own id is looked for.
var (
	MachineIDFiles = &machineIDFiles
	ContainerFiles = &containerFiles
)
