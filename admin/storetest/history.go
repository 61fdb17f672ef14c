package storetest

import (
	"testing"
	"time"

	"github.com/licseal/licseal/admin"
)

// CheckHistory replays the whole history of a store. It fails the test unless the
// history has no gaps and its hashes follow, each change begins where the previous one
// ended, times increase, and it ends with the records in the store. A database may still
// be carrying out what a process has begun that was killed: then it starts again.
func CheckHistory(t *testing.T, store admin.Store) {
	t.Helper()
	head, records := replay(t, store)
	present, last := all(t, store)
	for tries := 0; last != head && tries < 100; tries++ {
		time.Sleep(10 * time.Millisecond)
		head, records = replay(t, store)
		present, last = all(t, store)
	}
	equal(t, "the head of the history", last, head)
	payloads := map[string]string{}
	for _, record := range present {
		if records[record.ID] != record {
			t.Errorf("the history ends with %v, the store has %v", records[record.ID], record)
		}
		if other := payloads[record.Payload]; other != "" {
			t.Errorf("%s and %s have the same payload", other, record.ID)
		}
		payloads[record.Payload] = record.ID
		delete(records, record.ID)
	}
	if len(records) > 0 {
		t.Errorf("%d records are in the history and not in the store", len(records))
	}
}

// replay returns where the history ends, and the records that it leads to.
func replay(t *testing.T, store admin.Store) (head admin.Head, records map[string]admin.Record) {
	t.Helper()
	records = map[string]admin.Record{}
	for stamp := int64(0); ; {
		changes, err := store.History(t.Context(), head.Number, 500)
		if err != nil {
			t.Fatal(err)
		}
		if len(changes) == 0 {
			return head, records
		}
		for _, c := range changes {
			before, there := records[c.ID]
			if head, err = head.Next(c, false); err != nil {
				t.Fatal(err)
			}
			if there != (c.Before != nil) || there && *c.Before != before {
				t.Errorf("change %d begins with %v, where %v was", c.Number, c.Before, before)
			}
			if c.After == nil {
				delete(records, c.ID)
				continue
			}
			if c.After.UpdatedAt <= stamp {
				t.Errorf("change %d at %d comes after %d", c.Number, c.After.UpdatedAt, stamp)
			}
			stamp = c.After.UpdatedAt
			records[c.ID] = *c.After
		}
	}
}

// all returns the records of a store, and the head of the history after they were read.
func all(t *testing.T, store admin.Store) (records []admin.Record, last admin.Head) {
	t.Helper()
	for after, more := "", true; more; {
		page, next, err := store.List(t.Context(), after, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range page {
			records = append(records, record)
			after = record.ID
		}
		more = next
	}
	last, err := store.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return records, last
}
