//go:build unix

package main

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/licseal/licseal/internal/testenv"
	"github.com/licseal/licseal/internal/testenv/brokendisk"
)

// writingCommand is a command that writes files.
type writingCommand struct {
	name   string // the command
	places string // where its line names what it writes: flags, or FILE
	line   string
	out    string // the files that it writes
	force  string // what makes it replace files that exist
	resume string // what makes it go on
	random bool   // what it writes is different each time
	soon   bool   // it does not wait for the disk
	slow   bool
	code   int // with which it ends
}

var writings = []writingCommand{
	{name: "keygen", places: "-o", line: "-o new.key --no-passphrase --comment new", out: "new.key new.key.pub", random: true},
	{name: "sign", places: "-o", line: "-k vendor.key payload.json -o out.json", out: "out.json", force: "--force"},
	{name: "sign", places: "-o --rejects", line: "-k vendor.key --from template.json --batch rows.csv -o out.ndjson --rejects bad.ndjson", out: "out.ndjson bad.ndjson", force: "--force", resume: "--resume", code: exitSchema},
	{name: "sign", places: "--out-dir --rejects", line: "-k vendor.key --from template.json --batch rows.csv --out-dir out --out-name {license_key}.json --rejects bad.ndjson", out: "out/LS-1.json out/LS-2.json bad.ndjson", force: "--force", resume: "--resume", code: exitSchema, soon: true},
	{name: "renew", places: "-o", line: "licence.json -k vendor.key -t vendor.key.pub --expires 2099-01-01 -o out.json", out: "out.json", force: "--force"},
	{name: "renew", places: "-o --rejects", line: "--batch licence.json forged.json -t vendor.key.pub -k vendor.key --extend +1y -o out.ndjson --rejects bad.ndjson", out: "out.ndjson bad.ndjson", force: "--force", resume: "--resume", code: exitSignature},
	{name: "merge", places: "-o --rejects", line: "-o out.ndjson --rejects bad.ndjson part-1 part-2", out: "out.ndjson bad.ndjson", force: "--force", code: exitSchema},
	{name: "check", places: "-o --report --state", line: "-t vendor.key.pub --fix -o out.json --report report.txt --state seen broken.txt", out: "out.json report.txt seen", force: "--force"},
	{name: "verify", places: "--state", line: "-t vendor.key.pub --state seen --revocations list.json licence.json", out: "seen"},
	{name: "conformance", places: "--junit", line: "--part trust --junit out.xml -- ./client", out: "out.xml", code: exitRequirement, slow: true},
	{name: "page", places: "-o", line: "-t vendor.key.pub -o out.html", out: "out.html", force: "--force"},
	{name: "schema init", places: "-o", line: "template.json --id-field dataplanes -o out.json", out: "out.json", force: "--force"},
	{name: "revoke new", places: "FILE --list", line: "new.json -k vendor.key", out: "new.json", random: true},
	{name: "revoke add", places: "FILE --list", line: "list.json -k vendor.key LS-7", out: "list.json"},
	{name: "revoke remove", places: "FILE --list", line: "list.json -k vendor.key LS-2", out: "list.json"},
	{name: "revoke renew", places: "FILE --list", line: "list.json -k vendor.key", out: "list.json"},
	{name: "state new", places: "FILE", line: "new.state", out: "new.state"},
	{name: "state reset", places: "FILE", line: "seen", out: "seen"},
	{name: "trust add", places: "FILE", line: "trusted.keys a.key.pub", out: "trusted.keys"},
	{name: "trust add", places: "FILE", line: "new.keys a.key.pub", out: "new.keys"},
	{name: "trust remove", places: "FILE", line: "trusted.keys vendor.key.pub --revocations list.json", out: "trusted.keys"},
	{name: "trust retire", places: "FILE", line: "trusted.keys vendor.key.pub --before 2027-01-01", out: "trusted.keys"},
	{name: "trust init", places: "-o", line: "--roots a.key.pub --threshold 1 --add vendor.key.pub -o out.json", out: "out.json", force: "--force"},
	{name: "trust propose", places: "-o", line: "root.json --retire vendor.key.pub --before 2027-01-01 -o out.json", out: "out.json", force: "--force"},
	{name: "trust sign", places: "FILE --record", line: "-y -k a.key --after root.json --record signed.record second.json", out: "second.json signed.record"},
	{name: "trust combine", places: "-o", line: "root.json root-unsigned.json -o out.json", out: "out.json", force: "--force"},
}

// written elsewhere is what other tests are about.
var writtenElsewhere = regexp.MustCompile(`^register |--register$|^revoke show |^admin .* (-o|--backup)$`)

// Each place of a command line that names a file to be written is in the table.
func TestWritingsAreComplete(t *testing.T) {
	have := map[string]bool{}
	for _, w := range writings {
		for _, place := range strings.Fields(w.places) {
			have[w.name+" "+place] = true
		}
	}
	for name, cmd := range leaves(newApp().Commands) {
		for _, p := range places(cmd) {
			place := p.flag
			if place == "" {
				place = "FILE"
			}
			if p.use != reads && !have[name+" "+place] && !writtenElsewhere.MatchString(name+" "+place) {
				t.Errorf("%s %s is written, and is not in the table", name, place)
			}
		}
	}
}

// tree are the files of a folder, by name.
type tree map[string]string

func readFolder(t *testing.T, dir string) tree {
	t.Helper()
	files := tree{}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func (files tree) write(t *testing.T) {
	t.Helper()
	dir := testenv.QuickDir(t)
	t.Chdir(dir)
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

// runQuietly runs a command line in this process, in the current folder.
func runQuietly(t *testing.T, args ...string) (code int, stderr string) {
	t.Helper()
	in, out, errOut := os.Stdin, os.Stdout, os.Stderr
	defer func() { os.Stdin, os.Stdout, os.Stderr = in, out, errOut }()
	said := filepath.Join(t.TempDir(), "said")
	for stream, name := range map[**os.File]string{&os.Stdin: os.DevNull, &os.Stdout: os.DevNull, &os.Stderr: said} {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		*stream = f
	}
	code = run(append([]string{"licseal"}, args...))
	return code, string(testenv.ReadFile(t, said))
}

func (w *writingCommand) run(t *testing.T, more string) (code int, stderr string) {
	t.Helper()
	fields := strings.Fields(w.name + " " + more + " " + w.line)
	return runQuietly(t, fields...)
}

// base is a folder with what the commands read.
func baseFolder(t *testing.T, fixed time.Time) tree {
	t.Helper()
	now = func() time.Time { return fixed.Add(-time.Hour) }
	tree{
		"payload.json":  `{"admin_seats":"5","customer":"Example Company, Inc","dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2099-01-01","license_key":"LS-9","product_subscription":"Konnect Enterprise","support_plan":"None"}`,
		"template.json": `{"dataplanes":"2","license_creation_date":"2026-01-01","license_expiration_date":"2099-12-31","product_subscription":"Konnect Enterprise","support_plan":"None"}`,
		"rows.csv":      "license_key,customer,admin_seats\nLS-1,Example Company 1,1\nLS-2,Example Company 2,2\nLS-3,Example Company 3,many\n",
		"client":        "#!/bin/sh\nexec sed -u s/.*/{}/\n",
	}.write(t)
	for _, line := range []string{
		"keygen -o vendor.key --no-passphrase --comment vendor",
		"keygen -o a.key --no-passphrase --comment a",
		"sign -k vendor.key payload.json -o licence.json",
		"sign -k vendor.key --from template.json --batch rows.csv -o part-1 --shard 1/2",
		"sign -k vendor.key --from template.json --batch rows.csv -o part-2 --shard 2/2",
		"revoke new list.json -k vendor.key", "revoke add list.json -k vendor.key LS-2",
		"state new seen", "trust add trusted.keys vendor.key.pub",
		"trust init --roots a.key.pub --threshold 1 --add vendor.key.pub -o root.json",
	} {
		if code, said := runQuietly(t, strings.Fields(line)...); code != 0 && !strings.Contains(line, "--shard") {
			t.Fatalf("%s: exit code %d: %s", line, code, said)
		}
	}
	files := readFolder(t, ".")
	files["root-unsigned.json"] = files["root.json"]
	files.write(t)
	now = func() time.Time { return fixed.Add(-30 * time.Minute) }
	for _, line := range []string{"trust sign -y -k a.key root.json", "trust propose root.json --retire vendor.key.pub --before 2027-01-01 -o second.json"} {
		if code, said := runQuietly(t, strings.Fields(line)...); code != 0 {
			t.Fatalf("%s: exit code %d: %s", line, code, said)
		}
	}
	files = readFolder(t, ".")
	files["forged.json"] = strings.Replace(files["licence.json"], "Example Company", "Another Company", 1)
	files["broken.txt"] = "\ufeff" + files["licence.json"]
	return files
}

// Whatever goes wrong while a command writes, each file has its old content or its new one.
// The command says so if it is not the new one, and can be run again.
func TestWritings(t *testing.T) {
	fixed := now().Add(time.Hour).Truncate(time.Second)
	before := now
	defer func() { now = before }()
	base := baseFolder(t, fixed)
	now = func() time.Time { return fixed }
	trials := 0
	for _, w := range writings {
		for _, replaces := range []bool{false, true} {
			if replaces && w.force == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s %s replaces %t", w.name, w.places, replaces), func(t *testing.T) {
				trials += w.tryAll(t, base, replaces)
			})
		}
	}
	t.Logf("%d changes of %d commands went wrong", trials, len(writings))
}

// tryAll lets each change of the disk go wrong, in each way.
func (w *writingCommand) tryAll(t *testing.T, base tree, replaces bool) (trials int) {
	old := maps.Clone(base)
	more := ""
	if replaces {
		more = w.force
		for _, name := range w.files(old) {
			if _, edits := base[name]; !edits {
				old[name] = `{"row":0,"old":true}` + "\n"
			}
		}
	}
	old.write(t)
	counter := new(brokendisk.Disk)
	var code int
	var said string
	counter.While(func() { code, said = w.run(t, more) })
	if code != w.code {
		t.Fatalf("exit code %d: %s", code, said)
	}
	whole := readFolder(t, ".")
	if !w.isNew(whole, whole) || counter.Changes < 4 {
		t.Fatalf("%d changes of the disk made %q", counter.Changes, slices.Sorted(maps.Keys(whole)))
	}
	all := testenv.Rounds(0, 1) == 1 && !w.slow // otherwise each change goes wrong in one way
	for at := 1; at <= counter.Changes; at++ {
		for _, kind := range brokendisk.Kinds {
			if w.soon && kind == brokendisk.PowerLost {
				continue // the command says so: see TestFolderAfterALossOfPower
			}
			if !all && kind != brokendisk.Kinds[at%len(brokendisk.Kinds)] {
				continue
			}
			b := &brokendisk.Disk{Kind: kind, At: at}
			if w.try(t, b, old, whole, more) {
				trials++
			}
		}
	}
	return trials
}

// files returns the files that the command writes.
func (w *writingCommand) files(all tree) (names []string) {
	for _, pattern := range strings.Fields(w.out) {
		if !strings.Contains(pattern, "*") {
			names = append(names, pattern)
			continue
		}
		for name := range all {
			if ok, _ := filepath.Match(pattern, name); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

// isNew reports whether the files have what the command writes.
func (w *writingCommand) isNew(found, whole tree) bool {
	names := w.files(whole)
	for _, name := range names {
		if text, ok := found[name]; !ok || !w.same(text, whole[name]) {
			return false
		}
	}
	return len(names) > 0
}

// hasSome reports whether there are some of the files that the command writes, except for what
// it edits.
func (w *writingCommand) hasSome(found, whole tree) bool {
	return slices.ContainsFunc(w.files(whole), func(name string) bool { _, ok := found[name]; return ok && w.force != "" })
}

// same reports whether a text is one that the command writes. What is different each time
// is known by its length.
func (w *writingCommand) same(text, whole string) bool {
	return text == whole || w.random && len(text) == len(whole)
}

// try runs the command on a broken disk. It returns false if nothing went wrong.
func (w *writingCommand) try(t *testing.T, b *brokendisk.Disk, old, whole tree, more string) bool {
	t.Helper()
	old.write(t)
	var code int
	var said string
	b.While(func() { code, said = w.run(t, more) })
	if b.What == "" {
		return false
	}
	found := readFolder(t, ".")
	for name, text := range found {
		before, existed := old[name]
		_, isWritten := whole[name]
		switch {
		case existed && text == before, isWritten && w.same(text, whole[name]):
		case strings.HasSuffix(name, ".part"), strings.HasSuffix(name, ".run"), strings.HasSuffix(name, ".lock"):
		case b.Dead && strings.HasPrefix(filepath.Base(name), ".") && strings.HasSuffix(name, ".tmp"):
		case strings.HasPrefix(b.What, brokendisk.Error+": remove ") && strings.HasSuffix(name, ".tmp"):
		case name == "bad.ndjson" && !b.Dead && text != "" && strings.HasPrefix(whole[name], text): // the rejects so far
		default:
			t.Errorf("%s: %s has %q", b.What, name, text)
		}
	}
	for name := range old {
		if _, ok := found[name]; !ok {
			t.Errorf("%s: %s is gone", b.What, name)
		}
	}
	switch isNew := w.isNew(found, whole); {
	case code == w.code && !isNew && !b.Dead:
		t.Errorf("%s: the command reports nothing, exit code %d: %s", b.What, code, said)
	case !isNew:
		w.again(t, b, old, whole, more)
	}
	return true
}

// again runs the command once more, on a disk that works.
func (w *writingCommand) again(t *testing.T, b *brokendisk.Disk, old, whole tree, more string) {
	t.Helper()
	switch {
	case w.resume != "" && !w.hasSome(old, whole):
		more = w.resume
	case w.hasSome(readFolder(t, "."), whole):
		more = w.force
	}
	code, said := w.run(t, more)
	found := readFolder(t, ".")
	if code == w.code && w.isNew(found, whole) {
		return
	}
	if w.name == "keygen" && found["new.key"] != old["new.key"] {
		return // a private key is never overwritten
	}
	var names []string
	for name := range found {
		if _, existed := old[name]; !existed {
			names = append(names, name)
		}
	}
	t.Errorf("%s: again, exit code %d: %s; there are %q", b.What, code, said, names)
}
