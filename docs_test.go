package licseal_test

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every link between the documents leads to a file that exists, and to a heading in it.
func TestLinks(t *testing.T) {
	documents := markdownFiles(t)
	if len(documents) < 25 {
		t.Fatalf("%d documents", len(documents))
	}
	for _, path := range documents {
		for _, link := range linksIn(readText(t, path)) {
			if err := brokenLink(t, path, link); err != "" {
				t.Errorf("%s links to %s: %s", path, link, err)
			}
		}
	}
}

// The test above notices what is wrong with a link.
func TestBrokenLinks(t *testing.T) {
	for link, broken := range map[string]bool{
		"README.md": false, "docs/index.md#the-vendor": false, "docs/pipelines": false, "https://example.com/x": false,
		"README": true, "docs/index.md#the-seller": true, "#no-such-part": true, "/README.md": true, "docs/pipelines#x": true,
		"../README.md": true,
	} {
		if got := brokenLink(t, "NEWS.md", link); (got != "") != broken {
			t.Errorf("%s: %q", link, got)
		}
	}
	text := "[a](b \"title\") ![c](d)\n```\n[no](no)\n```\n`[no](no)` [e](<f g>)\n[h]: i\n"
	if got := linksIn(text); !slices.Equal(got, []string{"b", "d", "f g", "i"}) {
		t.Errorf("found %q", got)
	}
	want := []string{"a-b", "its-c_d--e", "a-b-1", "link"}
	if got := anchorsIn("# A `b`!\n```\n# no\n```\n## It's c_d – E\n### A b\n#### [Link](x)\n"); !slices.Equal(got, want) {
		t.Errorf("anchors %q", got)
	}
}

// The index leads to every file in docs, and the README to the index.
func TestIndexIsComplete(t *testing.T) {
	reached := []string{"docs/index.md"}
	for i := 0; i < len(reached); i++ {
		if filepath.Ext(reached[i]) != ".md" || !strings.HasPrefix(reached[i], "docs/") {
			continue
		}
		for _, link := range linksIn(readText(t, reached[i])) {
			target, _, _ := strings.Cut(link, "#")
			if target = filepath.ToSlash(filepath.Join(filepath.Dir(reached[i]), target)); !slices.Contains(reached, target) {
				reached = append(reached, target)
			}
		}
	}
	err := filepath.WalkDir("docs", func(path string, entry fs.DirEntry, err error) error {
		if path = filepath.ToSlash(path); err == nil && !entry.IsDir() && !slices.Contains(reached, path) {
			t.Errorf("docs/index.md does not lead to %s: link to it where its readers look", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(readText(t, "README.md"), "(docs/index.md)") {
		t.Error("README.md does not link to docs/index.md")
	}
}

// guides names the test that runs each guide from top to bottom, or that writes it. What
// runs nothing has no test.
var guides = map[string]string{
	"docs/bulk.md":               "./cmd/licseal TestBulkGuide",
	"docs/check-codes.md":        "./check TestCodesAreListed",
	"docs/check.md":              "./cmd/licseal TestCheckGuide",
	"docs/compatibility.md":      "./cmd/licseal TestCompatibility",
	"docs/conformance.md":        "./cmd/licseal TestConformanceGuide",
	"docs/entitlements.md":       "./cmd/licseald TestEntitlementGuide",
	"docs/hardware-keys.md":      "./cmd/licseal TestHardwareGuide",
	"docs/index.md":              "",
	"docs/licseal-verify.md":     "./cmd/licseal TestSmallVerifierGuide",
	"docs/licseald.md":           "./cmd/licseald TestGuide",
	"docs/monitoring.md":         "./cmd/licseald TestAlerts",
	"docs/reference/licseal.md":  "./cmd/licseal TestReference",
	"docs/reference/licseald.md": "./cmd/licseald TestReference",
	"docs/releases.md":           "./peers/release TestGuide",
	"docs/register.md":           "./cmd/licseal TestRegisterGuide",
	"docs/rotation.md":           "./cmd/licseal TestRotationGuide",
	"docs/trusted-keys.md":       "./cmd/licseal TestTrustedKeysGuide",
}

// Every guide is run by a test. A document without one shows no commands.
func TestGuidesAreRun(t *testing.T) {
	for _, path := range markdownFiles(t) {
		if path = filepath.ToSlash(path); !strings.HasPrefix(path, "docs/") {
			continue
		}
		test, known := guides[path]
		switch text := readText(t, path); {
		case !known:
			t.Errorf("%s: name the test that runs it from top to bottom", path)
		case test == "" && strings.Contains(text, "```"):
			t.Errorf("%s shows commands or files, and no test runs it", path)
		case test != "" && !testExists(t, test):
			t.Errorf("%s: there is no test %s", path, test)
		}
	}
}

// namedTest finds the names of tests in a document.
var namedTest = regexp.MustCompile("`(\\.[a-z0-9/-]*) ((?:Test|Fuzz)[A-Za-z0-9/-]+)`")

// Every test that a document names exists.
func TestNamedTestsExist(t *testing.T) {
	found := 0
	for _, path := range markdownFiles(t) {
		for _, m := range namedTest.FindAllStringSubmatch(readText(t, path), -1) {
			if found++; !testExists(t, m[1]+" "+m[2]) {
				t.Errorf("%s: there is no test %s %s", path, m[1], m[2])
			}
		}
	}
	if found < 80 {
		t.Errorf("%d names of tests", found)
	}
}

// A row of SECURITY.md says what stops an attacker and which test shows it, or that nothing
// does.
func TestSecurityIsShown(t *testing.T) {
	text := readText(t, "SECURITY.md")
	_, text, _ = strings.Cut(text, "\n## What licseal promises\n")
	text, _, _ = strings.Cut(text, "\n## What licseal does not promise\n")
	rows := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| ---") || strings.HasSuffix(line, "| shown by |\n") {
			continue
		}
		rows++
		cells := strings.Split(strings.Trim(line, "|\n"), " | ")
		if last := cells[len(cells)-1]; !namedTest.MatchString(last) && !strings.Contains(line, "**not stopped**") {
			t.Errorf("no test is named in this row: %s", line)
		}
	}
	if rows < 35 {
		t.Errorf("%d rows", rows)
	}
}

// testExists reports whether there is a test such as "./verify TestReport". The name of a
// session is one, too: "./cmd/licseal TestScripts/verify".
func testExists(t *testing.T, name string) bool {
	t.Helper()
	folder, function, _ := strings.Cut(name, " ")
	function, session, isSession := strings.Cut(function, "/")
	if isSession {
		if _, err := os.Stat(filepath.Join(folder, "testdata", "script", session+".txtar")); err != nil {
			return false
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		return strings.Contains(readText(t, file), "\nfunc "+function+"(")
	})
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// markdownFiles returns all documents of the repository.
func markdownFiles(t *testing.T) (found []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var (
	codeBlock = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	codeSpan  = regexp.MustCompile("`[^`\n]*`")
	link      = regexp.MustCompile(`\]\((?:<([^>]*)>|([^) ]*))(?: "[^"]*")?\)|(?m)^\[[^]]+\]: (\S+)`)
	heading   = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

// linksIn returns the targets of the links in a document, outside of code.
func linksIn(text string) (targets []string) {
	text = codeBlock.ReplaceAllString(text, "")
	text = codeSpan.ReplaceAllString(text, "``")
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		targets = append(targets, m[1]+m[2]+m[3])
	}
	return targets
}

// anchorsIn returns the names by which links reach the headings of a document.
func anchorsIn(text string) (anchors []string) {
	seen := map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		title := regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`).ReplaceAllString(m[1], "$1")
		name := strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r), unicode.IsNumber(r), r == '-', r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))
		anchor := name
		if n := seen[name]; n > 0 {
			anchor += "-" + string(rune('0'+n))
		}
		seen[name]++
		anchors = append(anchors, anchor)
	}
	return anchors
}

// brokenLink says what is wrong with a link in a document, or nothing. Addresses of other
// servers are not asked for.
func brokenLink(t *testing.T, path, target string) string {
	t.Helper()
	address, err := url.Parse(target)
	switch {
	case err != nil:
		return err.Error()
	case address.Scheme == "https" || address.Scheme == "mailto":
		return ""
	case address.Scheme != "" || filepath.IsAbs(address.Path):
		return "use https, or a path from the document"
	}
	file := path
	if address.Path != "" {
		file = filepath.Join(filepath.Dir(path), address.Path)
	}
	info, err := os.Stat(file)
	switch {
	case strings.HasPrefix(file, ".."):
		return "it leads out of the repository"
	case err != nil:
		return err.Error()
	case address.Fragment == "":
		return ""
	case info.IsDir() || filepath.Ext(file) != ".md":
		return "only documents have headings"
	case !slices.Contains(anchorsIn(readText(t, file)), address.Fragment):
		return "there is no such heading"
	}
	return ""
}
