package checkreport

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The text format of Prometheus: what is escaped, and how numbers are written.
func TestMetrics(t *testing.T) {
	var b bytes.Buffer
	err := writeMetrics(&b, []metricFamily{
		{"a", "one\\two\n\"three\"", []sample{{nil, 1}, {[]string{"l", "v"}, -0.5}, {[]string{"l", "\\\n\"", "m", ""}, 1e21}}},
		{"b", "", nil},
	})
	const want = "# HELP a one\\\\two\\n\"three\"\n# TYPE a gauge\na 1\na{l=\"v\"} -0.5\na{l=\"\\\\\\n\\\"\",m=\"\"} 1e+21\n# HELP b \n# TYPE b gauge\n"
	if diff := cmp.Diff(want, b.String()); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for value, want := range map[float64]string{0: "0", -1: "-1", 1.5: "1.5", 1e6: "1000000", 1<<53 - 1: "9007199254740991", 1 << 53: "9.007199254740992e+15", -(1 << 53): "-9.007199254740992e+15", -(1<<53 - 1): "-9007199254740991"} {
		if got := numberText(value); got != want {
			t.Errorf("%v: %s", value, got)
		}
	}
	full := errors.New("full")
	if err := writeMetrics(failing{full}, []metricFamily{{name: "a"}}); err != full {
		t.Errorf("the error is %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
