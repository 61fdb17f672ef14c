package job

import (
	"cmp"
	"context"
	"time"

	"github.com/licseal/licseal"
)

// Try reads the rows of a batch as [Sign] does, and signs nothing. It calls show with
// the payload of each row that is not rejected. Rejected rows go where o.Output says;
// the key, the folder and the other output of o are not used.
//
// The counts are those of the rows that would be signed.
func Try(ctx context.Context, o *SignOptions, show func(licseal.Payload) error) (*Signed, error) {
	s := &signer{ctx: ctx, o: o, now: cmp.Or(o.Now, time.Now()), progress: cmp.Or(o.Progress, new(Progress))}
	if err := s.openSource(); err != nil {
		return nil, err
	}
	s.source.start(s.begun, s.now.UTC().Format(time.DateOnly))
	mode := keepRejects
	if o.Output.Overwrite {
		mode = overwriteRejects
	}
	var err error
	if s.rejects, err = openRejects(ctx, o.Output.Rejects, o.Output.Reject, mode); err != nil {
		return nil, err
	}
	err = s.endRejects(s.tryAll(show))
	s.signed.Rejected = s.rejects.counts
	return &s.signed, err
}

func (s *signer) tryAll(show func(licseal.Payload) error) error {
	for p, row := range s.payloads() {
		s.progress.done.Add(1)
		reportMemory(s.o.Memory, s.rows())
		err := rowErr(p, row)
		if err != nil {
			err = s.takeReject(newReject(p, err), false)
		} else {
			s.note(p, row)
			s.signed.Signed++
			err = show(row.Payload)
		}
		if err != nil {
			return err
		}
	}
	return s.inputEnd()
}
