package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"testing"
	"time"
)

// A key in memory signs on all cores; an agent or a token is asked for one signature at
// a time.
func TestSignWorkers(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private := ed25519.NewKeyFromSeed(make([]byte, 32))
	if signWorkers(private) != 0 || signWorkers(&private) != 0 || signWorkers(p256) != 0 {
		t.Error("a key in memory is not used on all cores")
	}
	type agent struct{ ed25519.PrivateKey }
	if got := signWorkers(agent{private}); got != 1 {
		t.Errorf("%d goroutines use an agent", got)
	}
}

// What a terminal shows of a run.
func TestProgressLine(t *testing.T) {
	tests := []struct {
		done    int64
		share   float64
		elapsed time.Duration
		want    string
	}{
		{61_440, 0.4, 2 * time.Second, "61,440 rows, 30,720 a second, 40 %, 3 s left"},
		{1000, 0, 10 * time.Second, "1,000 rows, 100 a second"},
		{10, 0.1, time.Minute, "10 rows, 0 a second, 10 %, 9 min left"},
		{3_600, 0.25, time.Hour, "3,600 rows, 1 a second, 25 %, 3 h 0 min left"},
		{5, 1, time.Second, "5 rows, 5 a second, 100 %, 0 s left"},
	}
	for _, test := range tests {
		p := &batchProgress{things: "rows", share: func() float64 { return test.share }}
		p.done.Store(test.done)
		if got := p.line(test.elapsed); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
