package entitle

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// defaultLapse is how long a machine that does not report keeps its seat.
const defaultLapse = 10 * time.Minute

// Binding is a machine's seat under a licence. The guard reports to the store four times
// in [Options].Lapse that the seat is in use, until it is released.
type Binding struct {
	guard       *Guard
	fingerprint string
	held        atomic.Bool
	heard       time.Time // when it last reported to the store; Guard.seatsMu guards it
}

// Bind takes a seat for a machine. The fingerprint has at most 200 bytes; see
// [Fingerprint]. If other machines have all the seats that the licence allows, the
// error is a [*MachinesError]. Processes with the same fingerprint are one machine, which
// keeps its seat until the last of them releases it.
//
// If no licence is installed yet, which [Options].MayBeMissing allows, the seat is taken
// once there is one.
//
// The seat of a machine that stops without releasing it lapses. A machine that cannot
// reach the store for that long may lose its seat: see [Binding.Held]. Until it has its
// seat, the guard allows nothing.
func (g *Guard) Bind(ctx context.Context, fingerprint string) (*Binding, error) {
	l, now := g.current.Load(), g.now()
	switch {
	case g.closed.Load():
		return nil, ErrClosed
	case fingerprint == "" || len(fingerprint) > 200:
		return nil, errFingerprint
	case l != nil && !l.stateAt(now).Good():
		return nil, l.inactiveError(l.stateAt(now), now)
	}
	b := &Binding{guard: g, fingerprint: fingerprint}
	err := g.bounded(ctx, func(ctx context.Context) error {
		if err := g.seatsMu.Lock(ctx); err != nil {
			return err
		}
		defer g.seatsMu.Unlock()
		if l != nil {
			if err := g.advise("", b.hold(ctx, l.maxMachines), nil); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil { // nobody waits for it any longer; the seat lapses
			return err
		}
		g.seats = append(g.seats, b)
		g.countSeats()
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// countSeats notes how many seats are missing. The caller has locked Guard.seatsMu.
func (g *Guard) countSeats() {
	var missing int32
	for _, b := range g.seats {
		if !b.Held() {
			missing++
		}
	}
	g.unseated.Store(missing)
}

// hold takes the seat, or keeps it. The caller has locked Guard.seatsMu.
func (b *Binding) hold(ctx context.Context, machines int64) error {
	g := b.guard
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	if err := g.share(ctx); err != nil {
		return &StoreError{err}
	}
	held, err := g.store.Hold(ctx, Seat{
		Installation: g.opts.Installation, Fingerprint: b.fingerprint, Writer: g.writer,
		Time: timeOf(g.shared()), Lapse: g.opts.Lapse, Max: machines,
	})
	if err != nil {
		return &StoreError{err}
	}
	b.held.Store(held.OK)
	g.countSeats()
	if !held.OK {
		return &MachinesError{machines}
	}
	b.heard = time.Now()
	return nil
}

// Held reports whether the machine has its seat, as of its last report to the store. It
// is false after Release, and if another machine has taken the seat after it lapsed; the
// guard keeps trying to get it back.
func (b *Binding) Held() bool { return b.held.Load() }

// Release gives up the seat. The error is a [*StoreError]; the seat lapses later.
func (b *Binding) Release(ctx context.Context) error {
	g := b.guard
	return g.bounded(ctx, func(ctx context.Context) error {
		if err := g.seatsMu.Lock(ctx); err != nil {
			return err
		}
		defer g.seatsMu.Unlock()
		return b.release(ctx)
	})
}

// release gives up the seat. The caller has locked Guard.seatsMu.
func (b *Binding) release(ctx context.Context) error {
	g := b.guard
	g.seats = slices.DeleteFunc(g.seats, func(other *Binding) bool { return other == b })
	b.held.Store(false)
	g.countSeats()
	if slices.ContainsFunc(g.seats, func(other *Binding) bool { return other.fingerprint == b.fingerprint }) {
		return nil // another binding of the machine holds it
	}
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	if err := g.store.Release(ctx, g.opts.Installation, b.fingerprint, g.writer); err != nil {
		return &StoreError{err}
	}
	return nil
}

// beat keeps the seats, and reports one that was lost.
func (g *Guard) beat(ctx context.Context) {
	if err := g.keepSeats(ctx); err != nil {
		g.note(func(*notes) []Event { return g.event(SeatLost, err) })
	}
}

// keepSeats reports to the store all seats that are due. The error is about a seat that
// another machine has taken.
func (g *Guard) keepSeats(ctx context.Context) error {
	l := g.current.Load()
	if l == nil || g.seatsMu.Lock(ctx) != nil {
		return nil
	}
	defer g.seatsMu.Unlock()
	var lost error
	for _, b := range g.seats {
		had := b.Held()
		if had && time.Since(b.heard) < g.opts.Lapse/4 {
			continue
		}
		if err := b.hold(ctx, l.maxMachines); had && !b.Held() {
			lost = err
		}
	}
	return lost
}

// releaseAll gives up every seat.
func (g *Guard) releaseAll(ctx context.Context) error {
	if err := g.seatsMu.Lock(ctx); err != nil {
		return &StoreError{err}
	}
	defer g.seatsMu.Unlock()
	for len(g.seats) > 0 {
		if err := g.seats[0].release(ctx); err != nil {
			return err
		}
	}
	return nil
}
