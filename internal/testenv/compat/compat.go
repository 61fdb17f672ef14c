// Package compat compares outputs of today with those of earlier releases, which are kept
// in testdata/compatibility, by the promise in docs/compatibility.md.
package compat

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/licseal/licseal/internal/testenv"
)

// What a test says when a promise is broken.
const remedy = `
This breaks what docs/compatibility.md promises to the users of earlier releases. Keep the
old form next to the new one, or give the new one another name. While the folder has a file
not-released, nobody has the old form yet: run the test with -update, and read the changes.`

// Any is, in a kept output, any text.
const Any = "…"

// isOpen reports whether a kept file is of a release that has not been made yet, so that it
// may change.
func isOpen(path string) bool {
	for dir := filepath.Dir(path); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "not-released")); err == nil {
			return true
		}
	}
	return false
}

// Lines compares a kept list, such as one of flags, with today's. Each line of the list must
// still be there. With update, new lines are added to it; none is removed once the release
// is made.
func Lines(t *testing.T, path string, today []string, update bool) {
	t.Helper()
	kept := []string{}
	if data, err := os.ReadFile(path); err == nil {
		kept = strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	} else if !update {
		t.Fatal(err)
	}
	if update && isOpen(path) {
		kept = nil
	}
	var gone []string
	for _, line := range kept {
		if !slices.Contains(today, line) {
			gone = append(gone, line)
		}
	}
	if len(gone) > 0 {
		t.Errorf("%s: gone, or changed:\n  %s\n%s", path, strings.Join(gone, "\n  "), remedy)
	}
	if update {
		all := append(kept, today...)
		slices.Sort(all)
		testenv.WriteFile(t, path, strings.Join(slices.Compact(all), "\n")+"\n")
	}
}

// Output compares a kept output with today's. A file that ends with .json has JSON values,
// and [Changed] compares them; any other is compared line by line, where [Any] is any
// text. With update, an output is written that is not kept yet, or has changed before the
// release is made: what differs from another output of the same is written as [Any].
func Output(t *testing.T, path, today, another string, update bool) {
	t.Helper()
	isJSON := filepath.Ext(path) == ".json"
	data, err := os.ReadFile(path)
	isNew := errors.Is(err, os.ErrNotExist)
	if err != nil && !(isNew && update) {
		t.Fatalf("%v: run the test with -update to keep the output of today", err)
	}
	var found []string
	switch {
	case isNew:
	case isJSON:
		found = changedValues(values(t, string(data)), values(t, today))
	default:
		found = changedLines(string(data), today)
	}
	if update && (isNew || len(found) > 0 && isOpen(path)) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		testenv.WriteFile(t, path, masked(t, today, another, isJSON))
		return
	}
	if len(found) > 0 {
		t.Errorf("%s:\n  %s\nprinted was\n%s\n%s", path, strings.Join(found, "\n  "), today, remedy)
	}
}

// values returns the JSON values in a text.
func values(t *testing.T, text string) (all []any) {
	t.Helper()
	for decoder := json.NewDecoder(strings.NewReader(text)); ; {
		var value any
		err := decoder.Decode(&value)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		all = append(all, value)
	}
}

func changedValues(kept, today []any) (found []string) {
	if len(kept) != len(today) {
		return []string{fmt.Sprintf("%d values were printed, and now %d", len(kept), len(today))}
	}
	for i := range kept {
		found = append(found, Changed("", kept[i], today[i])...)
	}
	return found
}

// Changed lists what a program that read the kept value would not find in today's: a member
// that is gone, or has another type; another word in its place; an element less of an
// array. Members that were added are not listed. A text of several words is for people, and
// may change, and numbers are what they are at the time, but for exit codes.
func Changed(at string, kept, today any) (found []string) {
	where := at
	if where == "" {
		where = "/"
	}
	switch kept := kept.(type) {
	case nil: // a member that may be null may have any value another time
		return nil
	case map[string]any:
		object, ok := today.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s was an object, and is %T", where, today)}
		}
		for name, value := range kept {
			if other, ok := object[name]; !ok {
				found = append(found, fmt.Sprintf("%s/%s is gone", at, name))
			} else if name == "exit" && other != value {
				found = append(found, fmt.Sprintf("%s/%s was %v, and is %v", at, name, value, other))
			} else {
				found = append(found, Changed(at+"/"+name, value, other)...)
			}
		}
		slices.Sort(found)
		return found
	case []any:
		array, ok := today.([]any)
		if !ok {
			return []string{fmt.Sprintf("%s was an array, and is %T", where, today)}
		}
		if len(array) < len(kept) {
			return []string{fmt.Sprintf("%s had %d elements, and has %d", where, len(kept), len(array))}
		}
		for i := range kept {
			found = append(found, Changed(fmt.Sprintf("%s/%d", at, i), kept[i], array[i])...)
		}
		return found
	case string:
		text, ok := today.(string)
		if !ok {
			return []string{fmt.Sprintf("%s was a string, and is %T", where, today)}
		}
		if text != kept && kept != Any && !strings.Contains(kept, " ") {
			return []string{fmt.Sprintf("%s was %q, and is %q", where, kept, text)}
		}
	case float64:
		if _, ok := today.(float64); !ok {
			return []string{fmt.Sprintf("%s was a number, and is %T", where, today)}
		}
	case bool:
		if today != kept {
			return []string{fmt.Sprintf("%s was %v, and is %v", where, kept, today)}
		}
	}
	return nil
}

// changedLines compares texts by their lines: each of the kept must be there, in order.
func changedLines(kept, today string) (found []string) {
	rest := strings.Split(today, "\n")
	for line := range strings.Lines(kept) {
		line = strings.TrimSuffix(line, "\n")
		i := slices.IndexFunc(rest, func(other string) bool { return fits(line, other) })
		if i < 0 {
			found = append(found, "gone, or changed: "+line)
			continue
		}
		rest = rest[i+1:]
	}
	return found
}

// fits reports whether a line is the kept one, in which Any is any text.
func fits(kept, line string) bool {
	parts := strings.Split(kept, Any)
	if !strings.HasPrefix(line, parts[0]) {
		return false
	}
	line = line[len(parts[0]):]
	for _, part := range parts[1:] {
		i := strings.LastIndex(line, part)
		if i < 0 {
			return false
		}
		line = line[i+len(part):]
	}
	return line == ""
}

// masked returns an output with [Any] in place of what another output has differently.
func masked(t *testing.T, text, another string, isJSON bool) string {
	t.Helper()
	if !isJSON {
		lines, others := strings.Split(text, "\n"), strings.Split(another, "\n")
		for i := range lines {
			if i < len(others) && lines[i] != others[i] {
				words, otherWords := strings.Fields(lines[i]), strings.Fields(others[i])
				for j := range words {
					if j >= len(otherWords) || words[j] != otherWords[j] {
						words[j] = Any
					}
				}
				lines[i] = strings.Join(words, " ")
			}
		}
		return strings.Join(lines, "\n")
	}
	all, others := values(t, text), values(t, another)
	var out bytes.Buffer
	for i := range all {
		value := all[i]
		if i < len(others) {
			value = maskedValue(value, others[i])
		}
		indented, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(indented, '\n'))
	}
	return out.String()
}

func maskedValue(value, other any) any {
	switch value := value.(type) {
	case map[string]any:
		if object, ok := other.(map[string]any); ok {
			for name := range value {
				value[name] = maskedValue(value[name], object[name])
			}
		}
	case []any:
		if array, ok := other.([]any); ok {
			for i := range min(len(value), len(array)) {
				value[i] = maskedValue(value[i], array[i])
			}
		}
	case string:
		if value != other {
			return Any
		}
	}
	return value
}
