//go:build unix

package schema_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/schema"
)

func TestRefsBeside(t *testing.T) {
	const date = `{"type": "string", "format": "date"}`
	tests := []struct {
		title string
		files []string
	}{
		{"beside", []string{"main.json", `{"properties":{"a":{"$ref":"date.json"}}}`, "date.json", date}},
		{"below", []string{"main.json", `{"properties":{"a":{"$ref":"defs/date.json"}}}`, "defs/date.json", date}},
		{"here", []string{"main.json", `{"properties":{"a":{"$ref":"./date.json"}}}`, "date.json", date}},
		{"a part of it", []string{"main.json", `{"properties":{"a":{"$ref":"defs.json#/$defs/date"}}}`, "defs.json", `{"$defs":{"date":` + date + `}}`}},
		{"an anchor", []string{"main.json", `{"properties":{"a":{"$ref":"defs.json#date"}}}`, "defs.json", `{"$defs":{"date":{"$anchor":"date",` + date[1:] + `}}`}},
		{"odd names", []string{"ma in#.json", `{"properties":{"a":{"$ref":"d%20%C3%A4te.json"}}}`, "d äte.json", date}},
		{"through another", []string{"main.json", `{"properties":{"a":{"$ref":"x/one.json"}}}`, "x/one.json", `{"$ref":"two.json"}`, "x/two.json", date}},
		{"a file with an $id", []string{"main.json", `{"$id":"https://example.com/s/main.json","properties":{"a":{"$ref":"x/one.json"}}}`, "x/one.json", `{"$id":"https://example.com/s/x/one.json","$ref":"two.json"}`, "x/two.json", date}},
		{"an $id elsewhere", []string{"main.json", `{"properties":{"a":{"$ref":"x/one.json"}}}`, "x/one.json", `{"$id":"https://example.org/one.json","$ref":"two.json"}`, "x/two.json", date}},
		{"its own $id", []string{"main.json", `{"$id":"https://example.com/s/main.json","properties":{"a":{"$ref":"https://example.com/s/main.json#/$defs/d"}},"$defs":{"d":` + date + `}}`}},
		{"an embedded $id", []string{"main.json", `{"properties":{"a":{"$ref":"urn:acme:date"}},"$defs":{"d":{"$id":"urn:acme:date",` + date[1:] + `}}`}},
		{"a loop through a member", []string{"main.json", `{"properties":{"a":{"$ref":"date.json"},"b":{"$ref":"main.json"}}}`, "date.json", date}},
		{"built in", []string{"main.json", `{"properties":{"a":{"$ref":"https://licseal.github.io/schema/kong.json#/$defs/date"}}}`}},
		{"names that look like keywords", []string{"main.json", `{"properties":{"a":` + date + `,"$ref":{"const":{"$ref":"http://example.com/"}}},"examples":[{"$ref":"/etc/passwd"}]}`}},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			s, err := schema.Load(write(t, test.files...))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(mustParse(t, `{"a":"2027-12-31"}`)); err != nil {
				t.Error(err)
			}
			if got := violations(t, s, mustParse(t, `{"a":"2027-02-29"}`)); len(got) != 1 || got[0].Pointer != "/a" {
				t.Errorf("violations of the date: %v", got)
			}
		})
	}
}

func TestRefsRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialled := make(chan struct{}, 100)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			dialled <- struct{}{}
			c.Close()
		}
	}()
	outside := write(t, "secret.json", `{"type": "string"}`)
	targets := []string{
		"http://" + l.Addr().String() + "/x.json",
		"https://" + l.Addr().String() + "/x.json",
		"ftp://" + l.Addr().String() + "/x.json",
		"//" + l.Addr().String() + "/x.json",
		"file://" + outside,
		"FILE://" + outside,
		"file:secret.json",
		outside,
		"../secret.json",
		"sub/../../secret.json",
		"sub/../inside.json",
		"%2e%2e/secret.json",
		"..",
		"..%2fsecret.json",
		"inside.json?x",
		"urn:acme:unknown",
		"data:application/json,{}",
		"beside:///schema/inside.json",
		"beside:///etc/passwd",
		"https://licseal.github.io/schema/none.json",
		"https://licseal.github.io/schema/../kong.json",
	}
	for _, keyword := range []string{"$ref", "$dynamicRef"} {
		for _, target := range targets {
			text := fmt.Sprintf("{\n \"properties\": {\"a\": {%q: %q}}}", keyword, target)
			path := write(t, "main.json", text, "inside.json", "{}", "sub/inside.json", "{}")
			column := len(` "properties": {"a": {"": `) + len(keyword) + 1
			want := fmt.Sprintf("schema %s: 2:%d /properties/a/%s: the $ref %s is not followed: ", path, column, keyword, shortQuote(target))
			s, err := schema.Load(path)
			if s != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%s %s:\n got %v\nwant %s…", keyword, target, err, want)
			}
		}
	}
	// What the first look at a file leaves to the loader.
	for _, text := range []string{
		`{"$id":"file:///etc/","$ref":"passwd"}`,
		`{"$id":"http://` + l.Addr().String() + `/","$ref":"x.json"}`,
		`{"$id":"beside:///schema/../../etc/","$ref":"passwd"}`,
		`{"$id":"../../../../../../etc/x","$ref":"passwd"}`,
		`{"properties":{"a":{"$id":"http://` + l.Addr().String() + `/a/","$ref":"x.json"}}}`,
		`{"properties":{"a":{"$id":"file:///etc/","$ref":"passwd"}}}`,
		`{"x-hidden":{"$ref":"file:///etc/passwd"},"$ref":"#/x-hidden"}`,
		`{"default":{"$ref":"file:///etc/passwd"},"$ref":"#/default"}`,
		`{"default":{"$ref":"http://` + l.Addr().String() + `/x"},"$ref":"#/default"}`,
		`{"$ref":"https://json-schema.org/draft/2099-01/schema"}`,
		`{"$ref":"none.json"}`,
	} {
		if s, err := schema.Load(write(t, "main.json", text)); s != nil || err == nil ||
			!strings.Contains(err.Error(), "is not followed") && !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%s: %v", text, err)
		}
	}
	if s, err := schema.Compile("memory", []byte(`{"$ref":"inside.json"}`)); s != nil || err == nil ||
		err.Error() != `schema memory: the $ref to "inside.json": a schema that was not read from a file cannot refer to one` {
		t.Errorf("from memory: %v", err)
	}
	if len(dialled) > 0 {
		t.Error("a $ref was fetched")
	}
}

func shortQuote(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q…", s[:60])
	}
	return fmt.Sprintf("%q", s)
}

func TestRefsToOddFiles(t *testing.T) {
	outside := write(t, "secret.json", `{"type": "string"}`)
	tests := []struct {
		title string
		make  func(name string) error
		want  string
	}{
		{"a symbolic link that leads out", func(name string) error { return os.Symlink(outside, name) }, "path escapes from parent"},
		{"one by a relative path", func(name string) error { return os.Symlink("../../../../../../etc/passwd", name) }, "path escapes from parent"},
		{"a folder", func(name string) error { return os.Mkdir(name, 0o755) }, "it is not a regular file"},
		{"a pipe", func(name string) error { return syscall.Mkfifo(name, 0o644) }, "it is not a regular file"},
		{"an empty file", func(name string) error { return os.WriteFile(name, nil, 0o644) }, "the text is empty"},
		{"a large file", func(name string) error { return os.WriteFile(name, make([]byte, 300<<10), 0o644) }, "it has more than 262144 bytes"},
		{"no JSON", func(name string) error { return os.WriteFile(name, []byte("root:x:0:0"), 0o644) }, "schema other.json: 1:1: not JSON"},
		{"a bad schema", func(name string) error { return os.WriteFile(name, []byte(`{"type":1}`), 0o644) }, "schema other.json: 1:9 /type: found the number 1"},
		{"a way out", func(name string) error { return os.WriteFile(name, []byte(`{"$ref":"/etc/passwd"}`), 0o644) }, `schema other.json: 1:9 /$ref: the $ref "/etc/passwd" is not followed`},
		{"another draft", func(name string) error { return os.WriteFile(name, []byte(`{"$schema":"urn:mine"}`), 0o644) }, `schema other.json: 1:12 /$schema: the $schema is "urn:mine"`},
	}
	for _, test := range tests {
		t.Run(test.title, func(t *testing.T) {
			path := write(t, "main.json", `{"$ref": "other.json"}`)
			if err := test.make(filepath.Join(filepath.Dir(path), "other.json")); err != nil {
				t.Fatal(err)
			}
			if s, err := schema.Load(path); s != nil || err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v\nwant … %s …", err, test.want)
			}
		})
	}
	t.Run("a folder that leads out", func(t *testing.T) {
		path := write(t, "main.json", `{"$ref": "out/secret.json"}`)
		if err := os.Symlink(filepath.Dir(outside), filepath.Join(filepath.Dir(path), "out")); err != nil {
			t.Fatal(err)
		}
		if s, err := schema.Load(path); s != nil || err == nil || !strings.Contains(err.Error(), "path escapes from parent") {
			t.Error(err)
		}
	})
	t.Run("a link that stays", func(t *testing.T) {
		path := write(t, "main.json", `{"$ref": "link.json"}`, "sub/real.json", `{"required":["a"]}`)
		if err := os.Symlink("sub/real.json", filepath.Join(filepath.Dir(path), "link.json")); err != nil {
			t.Fatal(err)
		}
		s, err := schema.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{`1:1 /a: member "a" is missing`}
		if diff := cmp.Diff(want, texts(violations(t, s, mustParse(t, "{}")))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTooManyFiles(t *testing.T) {
	chain := func(n int) []string {
		var files []string
		for i := range n {
			next := fmt.Sprintf(`{"$ref":"%d.json"}`, i+1)
			if i == n-1 {
				next = `{}`
			}
			files = append(files, fmt.Sprintf("%d.json", i), next)
		}
		return files
	}
	if _, err := schema.Load(write(t, chain(16)...)); err != nil {
		t.Error(err)
	}
	const want = "schema 16.json: it is one file too many; a schema may have 16"
	if s, err := schema.Load(write(t, chain(17)...)); s != nil || err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

// The schema that the user names may be anything that can be read.
func TestLoadFollowsTheUser(t *testing.T) {
	target := write(t, "real.json", `{"type": "object"}`)
	link := filepath.Join(t.TempDir(), "link.json")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Load(link); err != nil {
		t.Error(err)
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(pipe, []byte(`{"type": "object"}`), 0)
	if _, err := schema.Load(pipe); err != nil {
		t.Error(err)
	}
}

// LoadChecked shows its caller every file before it is used, and uses none that the
// caller refuses.
func TestLoadChecked(t *testing.T) {
	dir := t.TempDir()
	entry, other := filepath.Join(dir, "mine.json"), filepath.Join(dir, "parts", "seats.json")
	for path, text := range map[string]string{
		entry: `{"type": "object", "properties": {"seats": {"$ref": "parts/seats.json"}}}`,
		other: `{"type": "integer"}`,
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	_, err := schema.LoadChecked(entry, func(path string, text []byte) error {
		onDisk, err := os.ReadFile(path)
		if string(onDisk) != string(text) {
			t.Errorf("%s: got %q", path, text)
		}
		seen = append(seen, path)
		return err
	})
	if err != nil || !slices.Equal(seen, []string{entry, other}) {
		t.Errorf("saw %q: %v", seen, err)
	}
	for _, refused := range seen {
		no := errors.New("not this one")
		_, err := schema.LoadChecked(entry, func(path string, _ []byte) error {
			if path == refused {
				return no
			}
			return nil
		})
		if !errors.Is(err, no) {
			t.Errorf("%s was refused, and the error is %v", refused, err)
		}
	}
}

func TestWithRoles(t *testing.T) {
	s, err := schema.Compile("mine", []byte(`{"type": "object", "additionalProperties": false,
		"properties": {"serial": {"type": "string"}, "from": {"type": "string"}, "until": {"type": "string"}},
		"x-licseal": {"roles": {"id": "/serial", "not_before": "/until"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Warnings()) != 1 {
		t.Errorf("warnings: %v", s.Warnings())
	}
	roles := licseal.Roles{NotBefore: "/from", NotAfter: "/until"}
	changed, err := s.WithRoles(roles)
	if err != nil {
		t.Fatal(err)
	}
	want := licseal.Roles{ID: "/serial", NotBefore: "/from", NotAfter: "/until"}
	if got := changed.Roles(); got != want || len(changed.Warnings()) != 0 {
		t.Errorf("roles %+v, warnings %v", got, changed.Warnings())
	}
	if _, err := s.WithRoles(licseal.Roles{ID: "/serail"}); err == nil || !strings.Contains(err.Error(), `did you mean "serial"`) {
		t.Errorf("a role that leads nowhere: %v", err)
	}
	if _, err := schema.Kong().WithRoles(roles); err == nil {
		t.Error("the roles of a built-in schema were changed")
	}
}
