package text

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Line is text that is safe to show: one line, or several that the program itself has
// put together. The zero value is empty.
type Line struct{ s string }

func (l Line) String() string { return l.s }

// Sprintf formats as [fmt.Sprintf] does, and escapes every argument: strings,
// errors, and whatever else the verb turns into text. A [Line] stays as it is. The format
// must be a constant; it may hold line breaks and tabs, but not * for a width.
func Sprintf(format string, args ...any) Line {
	if false {
		_ = fmt.Sprintf(format, args...) // has go vet check the callers' formats
	}
	safe := make([]any, len(args))
	for i, arg := range args {
		safe[i] = safeArgument(arg)
	}
	return Line{fmt.Sprintf(format, safe...)}
}

// safeArgument returns an argument that no verb formats as unsafe text. The two common
// cases need no second formatting.
func safeArgument(arg any) any {
	switch a := arg.(type) {
	case Line:
		return a.s
	case string:
		if firstHidden(a) < 0 {
			return a
		}
	}
	return escaped{arg}
}

// Fprintf writes to w what [Sprintf] returns.
func Fprintf(w io.Writer, format string, args ...any) (int, error) {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Sprintf
	}
	return io.WriteString(w, Sprintf(format, args...).s)
}

// escaped is a value that is formatted as by fmt, and then escaped.
type escaped struct{ value any }

func (e escaped) Format(state fmt.State, verb rune) {
	s := fmt.Sprintf(fmt.FormatString(state, verb), e.value)
	if _, isLine := e.value.(Line); !isLine {
		s = Escape(s)
	}
	io.WriteString(state, s)
}

// Join joins lines with a separator, which must be a constant.
func Join(lines []Line, separator string) Line {
	parts := make([]string, len(lines))
	for i, line := range lines {
		parts[i] = line.s
	}
	return Line{strings.Join(parts, separator)}
}

// Block is text of several lines in the making. The zero value is empty and ready.
type Block struct{ b strings.Builder }

// Printf adds what [Sprintf] returns.
func (b *Block) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // as in Sprintf
	}
	b.b.WriteString(Sprintf(format, args...).s)
}

// Add adds lines as they are.
func (b *Block) Add(lines ...Line) {
	for _, line := range lines {
		b.b.WriteString(line.s)
	}
}

// Line returns all that was added.
func (b *Block) Line() Line { return Line{b.b.String()} }

// Table is rows whose cells are aligned in columns, two spaces apart. The zero
// value is empty and ready.
type Table struct{ rows [][]string }

// Row adds a row. Its cells are formatted as by %v, and escaped.
func (t *Table) Row(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Sprintf("%v", cell).s
	}
	t.rows = append(t.rows, row)
}

// Line returns the rows, a line each.
func (t *Table) Line() Line {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range t.rows {
		io.WriteString(w, strings.Join(row, "\t")+"\n")
	}
	w.Flush()
	return Line{b.String()}
}

// The colors of terminals.
const (
	Bold   Color = "1"
	Red    Color = "31"
	Green  Color = "32"
	Yellow Color = "33"
	Cyan   Color = "36"
)

// Color is how a terminal shows a line. The zero value changes nothing.
type Color string

// Paint returns a line in the color.
func (c Color) Paint(line Line) Line {
	if c == "" {
		return line
	}
	return Line{"\x1b[" + string(c) + "m" + line.s + "\x1b[0m"}
}
