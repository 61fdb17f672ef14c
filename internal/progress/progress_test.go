package progress

import (
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	tests := []struct {
		done    int
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
		job := Job{"rows", func() int { return test.done }, func() float64 { return test.share }}
		if got := job.line(test.elapsed); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
