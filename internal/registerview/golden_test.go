package registerview_test

import (
	"errors"
	"flag"
	"fmt"
	"iter"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal/internal/registerview"
	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/register"
)

var update = flag.Bool("update", false, "write testdata/*.txt again")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".txt")
	if *update {
		testenv.WriteFile(t, path, got)
	}
	if diff := cmp.Diff(string(testenv.ReadFile(t, path)), got); diff != "" {
		t.Errorf("%s (-want +got): %s", name, diff)
	}
}

var july = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)

func item(number int64, kind register.Kind, state register.State, change func(*register.Record)) register.Item {
	i := register.Item{State: state, Entry: register.Entry{Number: number}}
	i.Kind, i.Time = kind, july
	if kind.HasLicense() {
		i.ID, i.NotBefore, i.NotAfter, i.Key = fmt.Sprint("LS-", number), july, july.AddDate(1, 0, 0), "SHA256:key"
	}
	if change != nil {
		change(&i.Record)
	}
	return i
}

// kinds are one item of each kind, with all that it can have, and with as little.
func kinds() []register.Item {
	return []register.Item{
		item(0, register.Issued, register.Valid, nil),
		item(1, register.Issued, register.InGrace, func(r *register.Record) {
			r.Customer, r.Plan, r.GraceDays, r.Row, r.NotAfter = "Müller <&> \"Co\",\x1b", "gold\n", 5, 1, july.Add(time.Millisecond)
		}),
		item(2, register.Renewed, register.ExpiredState, func(r *register.Record) { r.HasReplaces = true }),
		item(3, register.Imported, register.ReplacedState, func(r *register.Record) { r.HasReplaces, r.Replaces, r.Row = true, 2, 17 }),
		item(4, register.Revoked, "", func(r *register.Record) { r.ID, r.Reason, r.Key = "LS-1", "stolen", "SHA256:list" }),
		item(5, register.Revoked, "", func(r *register.Record) {
			r.SigningKey, r.CreatedAfter = "SHA256:lost", july.AddDate(0, 0, -1)
		}),
		item(6, register.Restored, "", func(r *register.Record) { r.ID = "LS-1" }),
		item(7, register.Continued, "", func(r *register.Record) { r.After = "a/b" }),
	}
}

func seq(items []register.Item, err error) iter.Seq2[register.Item, error] {
	return func(yield func(register.Item, error) bool) {
		for _, i := range items {
			if !yield(i, nil) {
				return
			}
		}
		if err != nil {
			yield(register.Item{}, err)
		}
	}
}

// Each format, as a whole.
func TestWrite(t *testing.T) {
	for _, format := range registerview.Formats {
		list := kinds()
		if format != "json" {
			list = list[:4] // a table is of licences
		}
		var all strings.Builder
		for _, items := range [][]register.Item{list, list[:1], nil} {
			n, err := registerview.Write(&all, format, seq(items, nil))
			if n != len(items) || err != nil {
				t.Errorf("%s: %d, %v", format, n, err)
			}
			all.WriteString("--\n")
		}
		golden(t, format, all.String())
	}
	var lines strings.Builder
	for _, i := range kinds() {
		lines.WriteString(registerview.Text(&i).String())
	}
	golden(t, "text", lines.String())
}

// failing is a file that is full after some writes.
type failing struct{ writes int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.writes--; f.writes < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// What cannot be read or written ends the list, and says so.
func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	many := make([]register.Item, 250)
	for i := range many {
		many[i] = item(int64(i), register.Issued, register.Valid, nil)
	}
	for _, format := range registerview.Formats {
		if n, err := registerview.Write(new(strings.Builder), format, seq(many, broken)); n != len(many) || err != broken {
			t.Errorf("%s: %d, %v", format, n, err)
		}
		for _, writes := range []int{0, 1, 2, 120} {
			if n, err := registerview.Write(&failing{writes}, format, seq(many, nil)); !errors.Is(err, errFull) && (format != "csv" || writes < 2) || format != "csv" && n > max(writes+1, 100) {
				t.Errorf("%s, after %d writes: %d, %v", format, writes, n, err)
			}
		}
	}
	if n, err := registerview.Write(new(strings.Builder), "xml", seq(many, nil)); n != 0 || err == nil || err.Error() != `"xml" is not a format; there are [table csv json]` {
		t.Errorf("%d, %v", n, err)
	}
}

// The first hundred rows decide the widths of a table, which appears then.
func TestWidths(t *testing.T) {
	for n, long := range map[int]int{99: 98, 100: 99, 101: 100} {
		var items []register.Item
		for i := range n {
			items = append(items, item(int64(i), register.Issued, register.Valid, func(r *register.Record) {
				r.ID = "x"
				if i == long {
					r.ID = "wider é"
				}
			}))
		}
		var b strings.Builder
		written := -1 // how much is there at the last item
		_, err := registerview.Write(&b, "table", func(yield func(register.Item, error) bool) {
			for _, i := range items {
				written = b.Len()
				if !yield(i, nil) {
					return
				}
			}
		})
		lines := strings.Split(b.String(), "\n")
		want := "ID       STATE"
		if long >= 100 {
			want = "ID  STATE"
		}
		if err != nil || !strings.HasPrefix(lines[0], want) || len(lines) != n+2 || (written > 0) != (n > 100) || !strings.HasPrefix(lines[1], "x ") {
			t.Errorf("%d rows: %d lines, %d bytes before the last, %q, %v", n, len(lines), written, lines[0], err)
		}
	}
}

// The page about licences of each state: what is due at the limits of each time, which
// bars there are, and which plans and customers are the largest.
func TestPage(t *testing.T) {
	now := time.Date(2026, 7, 15, 12, 0, 0, 500, time.UTC)
	due := func(state register.State, at time.Time, plan, customer string) register.Item {
		return item(0, register.Issued, state, func(r *register.Record) { r.NotAfter, r.Plan, r.Customer, r.ID = at, plan, customer, "LS" })
	}
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	list := []register.Item{
		due(register.Valid, day(30).Add(-1), "gold", "a"), due(register.Valid, day(30), "gold", "b"), due(register.Valid, day(60).Add(-1), "gold", "c"), due(register.Valid, day(60), "", "d"),
		due(register.Valid, day(90).Add(-1), "silver", ""), due(register.Valid, day(90), "silver", "a"), due(register.InGrace, day(-40), "silver", "a"),
		due(register.ExpiredState, day(-400), "old", "x"), due(register.ReplacedState, day(100), "old", "x"), due(register.RevokedState, day(100), "old", "x"),
		due(register.Valid, time.Date(2028, 6, 30, 0, 0, 0, 0, time.UTC), "gold", "e"), due(register.Valid, time.Date(2028, 7, 1, 0, 0, 0, 0, time.UTC), "gold", "f"), due(register.Valid, time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), "gold", "g"),
	}
	for i := range 12 {
		list = append(list, due(register.Valid, day(200), fmt.Sprint("plan ", i), "a"))
	}
	for range 150 {
		list = append(list, due(register.Valid, day(365), "gold", "z"))
	}
	withoutCode := func(html string) string {
		html = regexp.MustCompile(`(?s)<style>.*?</style>`).ReplaceAllString(html, "<style></style>")
		html = regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(html, "<script></script>")
		html = regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(html, "sha256-…&#39;")
		return regexp.MustCompile(`(<tr><td>LS<td>z.*\n?)+`).ReplaceAllString(html, "…\n")
	}
	for name, o := range map[string]*registerview.PageOptions{
		"page":    {Title: "T <&>", Now: now, Seats: func(i *register.Item) int { return len(i.Plan) }},
		"noseats": {Title: "T", Now: now},
		"one":     {Title: "T", Now: now},
	} {
		items := list
		switch name {
		case "noseats":
			items = nil
		case "one":
			items = []register.Item{due(register.Valid, day(1), "", "")} // in this month
		}
		var b strings.Builder
		if err := registerview.WritePage(&b, seq(items, nil), o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, withoutCode(b.String()))
	}
	broken := errors.New("broken")
	var b strings.Builder
	if err := registerview.WritePage(&b, seq(list, broken), &registerview.PageOptions{Now: now}); err != broken || b.Len() > 0 {
		t.Errorf("%v, %d bytes", err, b.Len())
	}
}
