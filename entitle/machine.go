package entitle

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// defaultLapse is after how long without a word a seat is free again.
const defaultLapse = 10 * time.Minute

// Binding is a machine's seat under a licence. The guard keeps it, by a word to
// the store four times in [Options].Lapse, until it is released.
type Binding struct {
	guard       *Guard
	fingerprint string
	held        atomic.Bool
	heard       time.Time // when the store last had a word; Guard.seatsMu guards it
}

// Bind takes a seat for a machine, by a fingerprint of at most 200 bytes, such as
// [Fingerprint] makes. Where as many other machines as the licence allows have
// one, the error is a [*MachinesError]. Several processes with one fingerprint are
// one machine, which keeps its seat until the last of them releases it.
//
// A machine that dies keeps its seat until that lapses. One that could not
// reach the store for so long may find its seat taken: see [Binding.Held].
func (g *Guard) Bind(ctx context.Context, fingerprint string) (*Binding, error) {
	l, now := g.current.Load(), g.now()
	switch {
	case g.closed.Load():
		return nil, ErrClosed
	case fingerprint == "" || len(fingerprint) > 200:
		return nil, errFingerprint
	case l == nil:
		return nil, ErrNoLicense
	}
	if state := l.stateAt(now); !state.Good() {
		return nil, l.inactiveError(state, now)
	}
	g.seatsMu.Lock()
	defer g.seatsMu.Unlock()
	b := &Binding{guard: g, fingerprint: fingerprint}
	if err := b.hold(ctx, l.maxMachines); err != nil {
		return nil, err
	}
	g.seats = append(g.seats, b)
	return b, nil
}

// hold takes the seat, or keeps it. The caller has locked Guard.seatsMu.
func (b *Binding) hold(ctx context.Context, machines int64) error {
	g := b.guard
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	held, err := g.store.Hold(ctx, Seat{
		Installation: g.opts.Installation, Fingerprint: b.fingerprint, Writer: g.writer,
		Time: timeOf(g.now()), Lapse: g.opts.Lapse, Max: machines,
	})
	if err != nil {
		return &StoreError{err}
	}
	b.held.Store(held.OK)
	if !held.OK {
		return &MachinesError{machines}
	}
	b.heard = time.Now()
	return nil
}

// Held reports whether the machine has its seat, as far as is known. It is false
// after Release, and where another machine has taken the seat because this one was
// not heard of for too long; the guard goes on asking for it.
func (b *Binding) Held() bool { return b.held.Load() }

// Release gives up the seat. The error is a [*StoreError]: the seat then lapses.
func (b *Binding) Release(ctx context.Context) error {
	g := b.guard
	g.seatsMu.Lock()
	defer g.seatsMu.Unlock()
	return b.release(ctx)
}

// release gives up the seat. The caller has locked Guard.seatsMu.
func (b *Binding) release(ctx context.Context) error {
	g := b.guard
	g.seats = slices.DeleteFunc(g.seats, func(other *Binding) bool { return other == b })
	b.held.Store(false)
	if slices.ContainsFunc(g.seats, func(other *Binding) bool { return other.fingerprint == b.fingerprint }) {
		return nil // it is still that other's
	}
	ctx, cancel := g.inTime(ctx)
	defer cancel()
	if err := g.store.Release(ctx, g.opts.Installation, b.fingerprint, g.writer); err != nil {
		return &StoreError{err}
	}
	return nil
}

// beat keeps the seats.
func (g *Guard) beat(ctx context.Context) {
	if err := g.keepSeats(ctx); err != nil {
		g.note(func(*notes) []Event { return g.event(SeatLost, err) })
	}
}

// keepSeats gives the store a word of each seat for which it is time. The error
// is of one that another machine has taken.
func (g *Guard) keepSeats(ctx context.Context) error {
	l := g.current.Load()
	if l == nil {
		return nil
	}
	g.seatsMu.Lock()
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
	g.seatsMu.Lock()
	defer g.seatsMu.Unlock()
	for len(g.seats) > 0 {
		if err := g.seats[0].release(ctx); err != nil {
			return err
		}
	}
	return nil
}
