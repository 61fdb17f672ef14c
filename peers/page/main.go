// Command page builds web/verify.html: the page in web/src with the verifier in sdk/js,
// minified and packed, and a Content-Security-Policy that allows just these. Run it in
// peers. With -unpack FILE, it prints the script of a page.
package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const target = "../web/verify.html"

func main() {
	log.SetFlags(0)
	file := flag.String("unpack", "", "print the script of the page in `FILE`")
	flag.Parse()
	if err := run(*file); err != nil {
		log.Fatal(err)
	}
}

func run(file string) error {
	if file == "" {
		page, err := build("../web/src")
		if err != nil {
			return err
		}
		return os.WriteFile(target, page, 0o644)
	}
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	_, script, err := unpack(page)
	if err == nil {
		_, err = os.Stdout.Write(script)
	}
	return err
}

// build returns the page made of the sources in a folder.
func build(dir string) ([]byte, error) {
	page, err := os.ReadFile(filepath.Join(dir, "page.html"))
	if err != nil {
		return nil, err
	}
	style, err := bundle(filepath.Join(dir, "page.css"))
	if err != nil {
		return nil, err
	}
	script, err := bundle(filepath.Join(dir, "page.js"))
	if err != nil {
		return nil, err
	}
	loader, err := bundle(filepath.Join(dir, "loader.js"))
	if err != nil {
		return nil, err
	}
	packed, err := pack(script)
	if err != nil {
		return nil, err
	}
	return []byte(strings.NewReplacer(
		"{{style}}", style, "{{style-hash}}", hash(style),
		"{{loader}}", loader, "{{loader-hash}}", hash(loader),
		"{{packed}}", packed, "{{script-hash}}", hash(script),
	).Replace(string(page))), nil
}

// bundle returns a script with what it imports, or a style sheet, minified.
func bundle(path string) (string, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{path}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true,
		LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelError,
	})
	if len(result.Errors) > 0 {
		return "", fmt.Errorf("%s: %s", path, result.Errors[0].Text)
	}
	text := strings.TrimSuffix(string(result.OutputFiles[0].Contents), "\n")
	if strings.Contains(strings.ToLower(text), "</") {
		return "", errors.New(path + ": it would end its element in the page")
	}
	return text, nil
}

// pack compresses a script, to base64. The page is small then, and its messages need not be.
func pack(script string) (string, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err == nil {
		_, err = io.WriteString(w, script)
	}
	if err == nil {
		err = w.Close()
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), err
}

// unpack returns a page without its packed script, and the script. Another compressor makes
// another page of the same script.
func unpack(page []byte) (rest, script []byte, err error) {
	const start, end = `<script type="text/plain" id="packed">`, `</script>`
	before, after, found := bytes.Cut(page, []byte(start))
	packed, after, closed := bytes.Cut(after, []byte(end))
	if !found || !closed {
		return nil, nil, errors.New("the page has no packed script")
	}
	script, err = io.ReadAll(flate.NewReader(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(packed))))
	return append(before, after...), script, err
}

// hash returns what a Content-Security-Policy calls a text.
func hash(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(digest[:])
}
