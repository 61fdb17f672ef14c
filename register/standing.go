package register

import (
	"sync"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk/renewals"
)

// Standing tells what the register said of licences at an earlier size: a func for
// [renewals.Options]. Only one goroutine may call it, always with the same size.
func (r *Register) Standing() func(entries int64, id string, lic *licseal.License, at time.Time) (renewals.Standing, error) {
	var begin sync.Once
	var l *living
	var failed error
	reader := &entryReader{dir: r.dir}
	return func(entries int64, id string, lic *licseal.License, at time.Time) (renewals.Standing, error) {
		begin.Do(func() {
			rows, err := r.index()
			if failed = err; err == nil {
				l = newLiving(r.dir, rows[:min(entries, rows.size())*rowSize])
			}
		})
		if failed != nil || id == "" {
			return renewals.Newest, failed
		}
		number, alive, _, err := l.find(id, at)
		switch {
		case err != nil:
			return renewals.Newest, err
		case l.isRevoked(id):
			return renewals.Revoked, nil
		case !alive:
			return renewals.Newest, nil
		}
		row, err := l.lockedRow(number)
		if err != nil {
			return renewals.Newest, err
		}
		e, err := reader.read(&row, number)
		if err != nil || e.License == lic.String() {
			return renewals.Newest, err
		}
		return renewals.Replaced, nil
	}
}
