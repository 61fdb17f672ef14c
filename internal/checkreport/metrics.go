package checkreport

import (
	"bufio"
	"io"
	"math"
	"strconv"
	"strings"
)

// metricFamily is all values of one metric, as the text format of Prometheus
// groups them: https://prometheus.io/docs/instrumenting/exposition_formats/.
type metricFamily struct {
	name, help string
	samples    []sample
}

type sample struct {
	labels []string // names and values in turn
	value  float64
}

// The text format escapes these characters in a help text and in a label's value.
var (
	escapeHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// writeMetrics writes families, all of them gauges, in the order given.
func writeMetrics(w io.Writer, families []metricFamily) error {
	b := bufio.NewWriter(w)
	for _, f := range families {
		b.WriteString("# HELP " + f.name + " " + escapeHelp.Replace(f.help) + "\n")
		b.WriteString("# TYPE " + f.name + " gauge\n")
		for _, s := range f.samples {
			b.WriteString(f.name + labelText(s.labels) + " " + numberText(s.value) + "\n")
		}
	}
	return b.Flush() // returns the first error of any write
}

func labelText(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	var pairs []string
	for i := 0; i+1 < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+escapeLabel.Replace(labels[i+1])+`"`)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

// numberText writes whole numbers without an exponent, so that a shell can
// compare them too.
func numberText(value float64) string {
	if value == math.Trunc(value) && math.Abs(value) < 1<<53 {
		return strconv.FormatInt(int64(value), 10)
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}
