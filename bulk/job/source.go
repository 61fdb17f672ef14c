package job

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/bulk"
	"github.com/licseal/licseal/bulk/rows"
	"github.com/licseal/licseal/internal/idset"
)

// source is where the payloads of a job come from: the rows of a batch, or licences to
// renew.
type source interface {
	// payloads returns the payloads of the shard, checked. It is called once, after start.
	payloads() iter.Seq2[*place, bulk.Row]

	// err returns the error that ended the payloads before their end, or nil.
	err() error

	name() string         // for errors
	sum() string          // of everything that was read, as parts contain it
	settings() []string   // what decides what the job writes
	roles() licseal.Roles // where payloads have the id and the dates
	made() []string       // the fields that are made, as JSON Pointers
	usesToday() bool      // the payloads depend on the day

	// begin returns what the source must keep to return the same payloads when the job is
	// resumed, and start gives it back, with the day that "today" means.
	begin(now time.Time) start
	start(s start, today string)

	// asWritten returns a row with the made fields of the licence that was written for it.
	asWritten(p *place, row bulk.Row, written licseal.Payload) bulk.Row
}

// start is what a source keeps from the beginning of a job.
type start struct {
	Seed   []byte  `json:"seed,omitempty"` // of the fields that are made
	Moment *Moment `json:"moment,omitempty"`
}

// newSource opens the source of a job.
func newSource(ctx context.Context, o *SignOptions, progress *Progress) (source, error) {
	if o.Renew != nil {
		return &renewSource{ctx: ctx, o: o.Renew, shard: o.Shard, digest: newLineSum()}, nil
	}
	return newRowSource(ctx, o, progress)
}

// rowSource makes payloads of the rows of a batch.
type rowSource struct {
	ctx     context.Context
	o       *SignOptions
	input   *input
	builder *rows.Builder
	seed    []byte
	written idset.Set // the made values of lines that were written
}

// newRowSource opens a batch.
func newRowSource(ctx context.Context, o *SignOptions, progress *Progress) (*rowSource, error) {
	plan := o.Plan
	plan.Make = plan.Make && o.Folder == nil // a folder has no place for the seed
	s := &rowSource{ctx: ctx, o: o}
	var err error
	if s.input, err = openInput(ctx, o.Input, o.Shard, progress, plan); err != nil {
		return nil, about(o.Input.Name, err)
	}
	s.builder, err = rows.NewBuilder(s.input.rows, &s.input.plan)
	return s, err
}

func (s *rowSource) payloads() iter.Seq2[*place, bulk.Row] {
	plan := &s.o.Plan
	return bulk.Payloads(s.ctx, s.input.all(s.ctx), &bulk.PayloadOptions{
		Schema: plan.Schema, AllowOddID: plan.AllowOddID, AllowShortTerm: plan.AllowShortTerm,
		ParseNumbered: s.payload, Number: s.o.Shard.row,
		AllowDuplicates: s.o.Folder != nil && s.o.Folder.Names.onlyOf(s.roles().ID),
	})
}

func (s *rowSource) err() error           { return s.input.err() }
func (s *rowSource) name() string         { return s.input.name }
func (s *rowSource) sum() string          { return s.input.sum() }
func (s *rowSource) settings() []string   { return settingsOf(&s.o.Plan) }
func (s *rowSource) roles() licseal.Roles { return s.o.Plan.Roles() }
func (s *rowSource) usesToday() bool      { return s.builder.UsesToday() }

func (s *rowSource) made() (pointers []string) {
	for _, field := range s.builder.Made() {
		pointers = append(pointers, field.Pointer)
	}
	return pointers
}

// begin returns a seed if fields are made.
func (s *rowSource) begin(time.Time) start {
	if len(s.builder.Made()) == 0 {
		return start{}
	}
	return start{Seed: newSeed()}
}

func (s *rowSource) start(begun start, today string) {
	s.seed = begun.Seed
	s.builder.SetToday(today)
}

// where returns where a row is.
func (p *place) where(name string) string {
	if p.name != "" {
		return p.name
	}
	return fmt.Sprintf("line %d of %s", p.line, name)
}
