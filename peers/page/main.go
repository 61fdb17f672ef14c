// Command page builds web/verify.html: the page in web/src with the verifier in sdk/js,
// minified, and a Content-Security-Policy that allows just these. Run it in peers.
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

const target = "../web/verify.html"

func main() {
	log.SetFlags(0)
	page, err := build("../web/src")
	if err == nil {
		err = os.WriteFile(target, page, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
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
	return []byte(strings.NewReplacer(
		"{{style}}", style, "{{style-hash}}", hash(style),
		"{{script}}", script, "{{script-hash}}", hash(script),
	).Replace(string(page))), nil
}

// bundle returns a script with what it imports, or a style sheet, minified.
func bundle(path string) (string, error) {
	result := api.Build(api.BuildOptions{
		EntryPoints: []string{path}, Bundle: true, Format: api.FormatESModule, Target: api.ES2022, Charset: api.CharsetUTF8,
		MinifyWhitespace: true, MinifyIdentifiers: true, MinifySyntax: true, MangleProps: private,
		LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelError, Plugins: []api.Plugin{withoutChains},
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

// private are members that only the verifier itself uses, and that are no names of the
// language, of the browser or of a document. Shorter ones save a kilobyte.
const private = "^(byte|bytes|fault|truncated|unexpected|peek|written|scalar|number|colon|member|depth|isObject|unit|escape|space|string|" +
	"made|trusts|imported|point|maxBytes|integerVersion|keyID|copy|created|clock|signed)$"

// withoutChains leaves out chains of trust: the page is given keys.
var withoutChains = api.Plugin{Name: "without chains", Setup: func(build api.PluginBuild) {
	build.OnLoad(api.OnLoadOptions{Filter: `[/\\]trust\.js$`}, func(api.OnLoadArgs) (api.OnLoadResult, error) {
		text := "export const followChain = null;"
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}}

// hash returns what a Content-Security-Policy calls a text.
func hash(text string) string {
	digest := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(digest[:])
}
