// Package storetest tests that an [admin.Store] keeps its contract. Every store of this
// module passes these tests; your own should, too:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, now func() time.Time) admin.Store {
//			return newStore(t, now) // an empty one
//		})
//	}
package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
)

// Open returns a new, empty store that takes its time from now.
type Open func(t *testing.T, now func() time.Time) admin.Store

// Run runs the tests.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, *fixture){
		"Conditions": testConditions,
		"Unique":     testUnique,
		"Delete":     testDelete,
		"Match":      testMatch,
		"Bytes":      testBytes,
		"Clock":      testClock,
		"List":       testList,
		"LargePages": testLargePages,
		"History":    testHistory,
		"Concurrent": testConcurrent,
		"Cancelled":  testCancelled,
		"Model":      testModel,
	} {
		t.Run(name, func(t *testing.T) {
			f := &fixture{time: time.Unix(1_800_000_000, 0)}
			f.Store = open(t, f.now)
			test(t, f)
		})
	}
}

type fixture struct {
	admin.Store
	mu   sync.Mutex
	time time.Time
}

func (f *fixture) now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.time
}

func (f *fixture) setTime(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.time = t
}

// id returns the UUID number n. Their order is that of their numbers.
func id(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-000000000000", n) }

func (f *fixture) write(t *testing.T, n int, payload string, condition admin.Condition) admin.Record {
	t.Helper()
	record, err := f.Write(t.Context(), admin.Write{ID: id(n), Payload: payload, If: condition, Who: "tester"})
	if err != nil {
		t.Fatal(err)
	}
	return record
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\ngot  %+v\nwant %+v", what, got, want)
	}
}

func testConditions(t *testing.T, f *fixture) {
	ctx := t.Context()
	if _, err := f.Newest(ctx); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("the newest of none: %v", err)
	}
	if _, err := f.Get(ctx, id(1)); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("a record that is not there: %v", err)
	}
	if _, err := f.Write(ctx, admin.Write{ID: id(1), Payload: "a", If: admin.IfPresent}); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("changing what is not there: %v", err)
	}
	now := f.now().Unix()
	created := f.write(t, 1, "a", admin.IfAbsent)
	equal(t, "created", created, admin.Record{ID: id(1), Payload: "a", CreatedAt: now, UpdatedAt: now})
	_, err := f.Write(ctx, admin.Write{ID: id(1), Payload: "b", If: admin.IfAbsent})
	var exists *admin.ExistsError
	if !errors.As(err, &exists) || *exists != (admin.ExistsError{ID: id(1), SameValue: "id"}) {
		t.Errorf("creating what is there: %v", err)
	}
	f.setTime(f.now().Add(time.Hour))
	changed := f.write(t, 1, "b", admin.IfPresent)
	equal(t, "changed", changed, admin.Record{ID: id(1), Payload: "b", CreatedAt: now, UpdatedAt: now + 3600})
	got, err := f.Get(ctx, id(1))
	equal(t, "what is there", got, changed)
	equal(t, "error", err, nil)
	equal(t, "put, new", f.write(t, 2, "c", admin.Always).CreatedAt, now+3601)
	equal(t, "put again", f.write(t, 2, "d", admin.Always).CreatedAt, now+3601)
	newest, err := f.Newest(ctx)
	equal(t, "newest", newest.Payload, "d")
	equal(t, "error", err, nil)
}

func testUnique(t *testing.T, f *fixture) {
	f.write(t, 1, "a", admin.IfAbsent)
	f.write(t, 2, "b", admin.IfAbsent)
	for n, condition := range map[int]admin.Condition{2: admin.IfPresent, 3: admin.IfAbsent, 4: admin.Always} {
		_, err := f.Write(t.Context(), admin.Write{ID: id(n), Payload: "a", If: condition})
		var exists *admin.ExistsError
		if !errors.As(err, &exists) || *exists != (admin.ExistsError{ID: id(1), SameValue: "payload"}) {
			t.Errorf("the same payload in record %d: %v", n, err)
		}
	}
	before := f.write(t, 1, "a", admin.Always) // the same payload in the same record is no conflict
	if after := f.write(t, 1, "a", admin.IfPresent); after.UpdatedAt <= before.UpdatedAt {
		t.Errorf("written again at %d, after %d", after.UpdatedAt, before.UpdatedAt)
	}
	f.write(t, 1, "c", admin.Always)
	f.write(t, 2, "a", admin.Always) // no longer used by record 1
	if history, err := f.History(t.Context(), 0, 100); len(history) != 6 || err != nil {
		t.Errorf("6 writes were done, %d are in the history: %v", len(history), err)
	}
}

func testDelete(t *testing.T, f *fixture) {
	ctx := t.Context()
	first := f.write(t, 1, "a", admin.IfAbsent)
	for range 2 {
		if err := f.Delete(ctx, id(1), "tester"); err != nil {
			t.Error(err)
		}
	}
	if _, err := f.Get(ctx, id(1)); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("after deleting it: %v", err)
	}
	if again := f.write(t, 1, "a", admin.IfAbsent); again.UpdatedAt <= first.UpdatedAt {
		t.Errorf("the time %d was given again after a deletion: %d", first.UpdatedAt, again.UpdatedAt)
	}
	if history, err := f.History(ctx, 0, 100); len(history) != 3 || err != nil {
		t.Errorf("%d changes in the history, want 3: %v", len(history), err)
	}
}

// Payloads come back byte for byte.
func testBytes(t *testing.T, f *fixture) {
	for i, payload := range []string{
		"{\"a\":1}\r\n", " \t ", "😀 \u2028 \u0001 ' \" \\ ; -- $1 ? %s", "'); DROP TABLE licenses; --",
		strings.Repeat("x", 64<<10), "é", "e\u0301",
	} {
		f.write(t, i+1, payload, admin.IfAbsent)
		if got, err := f.Get(t.Context(), id(i+1)); err != nil || got.Payload != payload {
			t.Errorf("payload %d: %.100q came back as %.100q: %v", i, payload, got.Payload, err)
		}
	}
}

// Times never repeat and never decrease, whatever the clock does.
func testClock(t *testing.T, f *fixture) {
	start := f.now()
	last := int64(0)
	for i, offset := range []time.Duration{0, 0, time.Hour, time.Hour, -time.Hour, -24 * 365 * time.Hour, 2 * time.Hour, 2 * time.Hour} {
		f.setTime(start.Add(offset))
		record := f.write(t, 1+i%3, fmt.Sprint(i), admin.Always)
		if record.UpdatedAt <= last || record.CreatedAt > record.UpdatedAt {
			t.Errorf("write %d at %v: updated at %d, after %d", i, offset, record.UpdatedAt, last)
		}
		if newest, err := f.Newest(t.Context()); err != nil || newest != record {
			t.Errorf("write %d is not the newest: %v", i, err)
		}
		last = record.UpdatedAt
	}
	if want := start.Add(2*time.Hour).Unix() + 1; last != want {
		t.Errorf("the last time is %d, want %d: the clock counts again once it has caught up", last, want)
	}
}

func testList(t *testing.T, f *fixture) {
	ctx := t.Context()
	if records, more, err := f.List(ctx, "", 10); len(records) > 0 || more || err != nil {
		t.Errorf("an empty store lists %v, %v, %v", records, more, err)
	}
	order := []int{3, 10, 1, 0xffffffff, 7, 0xa0, 2}
	for _, n := range order {
		f.write(t, n, fmt.Sprint(n), admin.IfAbsent)
	}
	slices.Sort(order)
	for size := 1; size <= len(order)+1; size++ {
		var ids []string
		after, more := "", true
		for more {
			var records []admin.Record
			var err error
			records, more, err = f.List(ctx, after, size)
			if err != nil || len(records) > size || more && len(records) == 0 {
				t.Fatalf("pages of %d: %d records, more %v: %v", size, len(records), more, err)
			}
			for _, record := range records {
				ids = append(ids, record.ID)
			}
			after = ids[len(ids)-1]
		}
		var want []string
		for _, n := range order {
			want = append(want, id(n))
		}
		equal(t, fmt.Sprintf("pages of %d", size), ids, want)
	}
}

// A page is limited in bytes, too.
func testLargePages(t *testing.T, f *fixture) {
	const large = 60 << 10
	count := admin.MaxPageBytes/large + 10
	for n := range count {
		f.write(t, n+1, fmt.Sprintf("%0*d", large, n), admin.IfAbsent)
	}
	records, more, err := f.List(t.Context(), "", 1000)
	if err != nil || !more || len(records) != admin.MaxPageBytes/large {
		t.Fatalf("%d records, more %v: %v", len(records), more, err)
	}
	rest, more, err := f.List(t.Context(), records[len(records)-1].ID, 1000)
	if err != nil || more || len(records)+len(rest) != count {
		t.Errorf("then %d records, more %v: %v", len(rest), more, err)
	}
}

func testHistory(t *testing.T, f *fixture) {
	ctx := t.Context()
	a := f.write(t, 1, "a", admin.IfAbsent)
	f.setTime(f.now().Add(1500 * time.Millisecond))
	b := f.write(t, 1, "b", admin.IfPresent)
	if err := f.Delete(ctx, id(1), "somebody else"); err != nil {
		t.Fatal(err)
	}
	second := f.now().UTC()
	first := second.Add(-1500 * time.Millisecond)
	want := []admin.Change{
		{Number: 1, Time: first, Who: "tester", Action: admin.Created, ID: id(1), After: &a},
		{Number: 2, Time: second, Who: "tester", Action: admin.Replaced, ID: id(1), Before: &a, After: &b},
		{Number: 3, Time: second, Who: "somebody else", Action: admin.Deleted, ID: id(1), Before: &b},
	}
	got, err := f.History(ctx, 0, 10)
	for i := range got {
		got[i].Hash = "" // CheckHistory checks it
	}
	equal(t, "history", got, want)
	equal(t, "error", err, nil)
	got, err = f.History(ctx, 1, 1)
	for i := range got {
		got[i].Hash = ""
	}
	equal(t, "one change after the first", got, want[1:2])
	equal(t, "error", err, nil)
	if got, err = f.History(ctx, 3, 10); len(got) > 0 || err != nil {
		t.Errorf("after the last: %v, %v", got, err)
	}
}

// With many concurrent writers, every acknowledged write is stored once, and the
// history is consistent.
func testConcurrent(t *testing.T, f *fixture) {
	const writers, each = 8, 12
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				// Half of the records belong to one writer, half to all.
				n := 1 + i%3
				if i%2 == 0 {
					n = 100 + w
				}
				write := admin.Write{ID: id(n), Payload: fmt.Sprintf("%d of %d", i, w), If: admin.Always, Who: fmt.Sprint(w)}
				if _, err := f.Write(context.Background(), write); err != nil {
					t.Error(err)
				}
				if i%5 == 4 {
					if err := f.Delete(context.Background(), id(n), fmt.Sprint(w)); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	group.Wait()
	CheckHistory(t, f.Store)
	history, err := f.History(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	writes := 0
	for _, change := range history {
		if change.Action != admin.Deleted {
			writes++
		}
	}
	equal(t, "writes in the history", writes, writers*each)
}

// A cancelled request changes everything or nothing.
func testCancelled(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f.Write(ctx, admin.Write{ID: id(1), Payload: "a", If: admin.IfAbsent})
	CheckHistory(t, f.Store)
	f.write(t, 2, "b", admin.IfAbsent)
}
