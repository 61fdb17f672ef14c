package admin

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"
)

// Memory is a [Store] in memory. The zero value is empty and ready to use.
type Memory struct {
	// Now is the clock. If nil, time.Now.
	Now func() time.Time

	mu       sync.RWMutex
	records  []Record          // by id
	payloads map[string]string // the id of the record that has a payload
	stamp    int64             // the last UpdatedAt
	history  []Change
	head     Head
}

// List implements [Store].
func (m *Memory) List(_ context.Context, after string, limit int) ([]Record, bool, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	start, found := m.find(after)
	if found {
		start++
	}
	end, size := start, 0
	for end < len(m.records) && end-start < limit && (size == 0 || size+len(m.records[end].Payload) <= MaxPageBytes) {
		size += len(m.records[end].Payload)
		end++
	}
	return slices.Clone(m.records[start:end]), end < len(m.records), nil
}

// Get implements [Store].
func (m *Memory) Get(_ context.Context, id string) (Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if i, found := m.find(id); found {
		return m.records[i], nil
	}
	return Record{}, ErrNotFound
}

// Newest implements [Store].
func (m *Memory) Newest(context.Context) (Record, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if len(m.records) == 0 {
		return Record{}, ErrNotFound
	}
	return slices.MaxFunc(m.records, func(a, b Record) int { return cmp.Compare(a.UpdatedAt, b.UpdatedAt) }), nil
}

// Write implements [Store].
func (m *Memory) Write(_ context.Context, w Write) (Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, found := m.find(w.ID)
	if err := CheckMatch(m.at(i, found), w.Match); err != nil {
		return Record{}, err
	}
	if found && w.If == IfAbsent {
		return Record{}, &ExistsError{w.ID, "id"}
	}
	if !found && w.If == IfPresent {
		return Record{}, ErrNotFound
	}
	if other, taken := m.payloads[w.Payload]; taken && other != w.ID {
		return Record{}, &ExistsError{other, "payload"}
	}
	m.stamp = max(m.now().Unix(), m.stamp+1)
	record := Record{ID: w.ID, Payload: w.Payload, CreatedAt: m.stamp, UpdatedAt: m.stamp}
	if m.payloads == nil {
		m.payloads = map[string]string{}
	}
	if !found {
		m.records = slices.Insert(m.records, i, record)
		m.payloads[w.Payload] = w.ID
		m.note(Created, w.ID, w.Who, nil, &record)
		return record, nil
	}
	before := m.records[i]
	record.CreatedAt = before.CreatedAt
	m.records[i] = record
	delete(m.payloads, before.Payload)
	m.payloads[w.Payload] = w.ID
	m.note(Replaced, w.ID, w.Who, &before, &record)
	return record, nil
}

// Delete implements [Store].
func (m *Memory) Delete(_ context.Context, id, who string, match ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, found := m.find(id)
	if err := CheckMatch(m.at(i, found), match); err != nil {
		return err
	}
	if found {
		before := m.records[i]
		m.records = slices.Delete(m.records, i, i+1)
		delete(m.payloads, before.Payload)
		m.note(Deleted, id, who, &before, nil)
	}
	return nil
}

// History implements [Store].
func (m *Memory) History(_ context.Context, after int64, limit int) ([]Change, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	start := min(max(after, 0), int64(len(m.history)))
	end := min(start+int64(max(limit, 0)), int64(len(m.history)))
	return slices.Clone(m.history[start:end]), nil
}

// Head implements [Store].
func (m *Memory) Head(context.Context) (Head, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.head, nil
}

func (m *Memory) find(id string) (int, bool) {
	return slices.BinarySearchFunc(m.records, id, func(r Record, id string) int { return cmp.Compare(r.ID, id) })
}

// at returns the record at i, nil if it was not found.
func (m *Memory) at(i int, found bool) *Record {
	if !found {
		return nil
	}
	return &m.records[i]
}

func (m *Memory) note(action Action, id, who string, before, after *Record) {
	c := Change{
		Number: m.head.Number + 1, Time: m.now().UTC().Truncate(time.Millisecond),
		Who: who, Action: action, ID: id, Before: before, After: after,
	}
	c.Hash = m.head.HashOf(c)
	m.head = Head{c.Number, c.Hash}
	m.history = append(m.history, c)
}

func (m *Memory) now() time.Time {
	if m.Now != nil {
		return m.Now()
	}
	return time.Now()
}
