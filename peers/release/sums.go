package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/keys"
)

// The names of the files that are about the others.
const (
	sumsFile      = "SHA256SUMS"
	signatureFile = sumsFile + ".sig"     // by ssh-keygen -Y
	fieldsFile    = "release.fields.json" // what is to be signed; removed then
	licenceFile   = "release.json"        // the same, signed as a licence is
	schemaFile    = "release.schema.json" // what the fields must look like
	namespace     = "licseal-release"     // of the signature by ssh-keygen -Y
	yearsOfTrust  = 10                    // for which the signed fields are valid
	identity      = "release@licseal"     // of the key, for ssh-keygen -Y verify
)

// fields are what licseal signs of a release.
type fields struct {
	Release string            `json:"release"`
	Commit  string            `json:"commit"`
	Go      string            `json:"go"`
	Created string            `json:"created"`
	Expires string            `json:"expires"`
	Files   map[string]string `json:"files"` // the SHA-256 of each
}

// writeSums writes the checksums of all files, and what is to be signed of the release.
func (r *release) writeSums() error {
	sums, err := sumsOf(r.out)
	if err != nil {
		return err
	}
	list := listOf(sums)
	if err := r.write(sumsFile, list); err != nil {
		return err
	}
	sums[sumsFile] = sumOf(list)
	text, err := json.MarshalIndent(fields{
		Release: "licseal " + r.version, Commit: r.commit, Go: r.goes, Files: sums,
		Created: r.time.Format(time.DateOnly), Expires: r.time.AddDate(yearsOfTrust, 0, 0).Format(time.DateOnly),
	}, "", "  ")
	if err != nil {
		return err
	}
	return r.write(fieldsFile, append(text, '\n'))
}

// sumsOf returns the SHA-256 of each file in a folder.
func sumsOf(dir string) (map[string]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for _, entry := range entries {
		data, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		sums[entry.Name()] = sumOf(data)
	}
	return sums, nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// listOf returns the checksums in the format of sha256sum.
func listOf(sums map[string]string) []byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
	}
	return b.Bytes()
}

// signRelease signs what was built into a folder, in the two ways, after a look at every
// file. A signature that does not verify is an error.
func signRelease(root, dir, key string) error {
	if err := checkBuilt(dir); err != nil {
		return err
	}
	licsealKey, public, err := keyNames(key)
	if err != nil {
		return err
	}
	licsealTool, done, err := hostTool(root)
	if err != nil {
		return err
	}
	defer done()
	in := func(name string) string { return filepath.Join(dir, name) }
	allowed, err := allowedSigners(public)
	if err != nil {
		return err
	}
	defer os.Remove(allowed)
	for _, step := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{licsealTool, "sign", "-k", licsealKey, "--schema", in(schemaFile), "--from", in(fieldsFile), "-o", in(licenceFile)}},
		{"", []string{"ssh-keygen", "-Y", "sign", "-q", "-f", key, "-n", namespace, in(sumsFile)}},
		{"", []string{licsealTool, "verify", "-t", public, "--schema", in(schemaFile), in(licenceFile)}},
		{in(sumsFile), []string{"ssh-keygen", "-Y", "verify", "-f", allowed, "-I", identity, "-n", namespace, "-s", in(signatureFile)}},
	} {
		if err := run(step.stdin, step.args...); err != nil {
			return err
		}
	}
	return os.Remove(in(fieldsFile))
}

// checkBuilt fails unless the files of a folder are those that its checksums name.
func checkBuilt(dir string) error {
	sums, err := sumsOf(dir)
	if err != nil {
		return err
	}
	for _, name := range []string{signatureFile, licenceFile} {
		if sums[name] != "" {
			return fmt.Errorf("%s is there: the release was signed before", name)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, fieldsFile))
	if err != nil {
		return err
	}
	var f fields
	if err := json.Unmarshal(text, &f); err != nil {
		return fmt.Errorf("%s: %w", fieldsFile, err)
	}
	delete(sums, fieldsFile)
	if !maps.Equal(f.Files, sums) {
		return errors.New("the files are not those that were built: build them again")
	}
	list, err := os.ReadFile(filepath.Join(dir, sumsFile))
	delete(sums, sumsFile)
	if err == nil && !bytes.Equal(list, listOf(sums)) {
		err = fmt.Errorf("%s names other files", sumsFile)
	}
	return err
}

// keyNames returns what licseal calls a key, and the file of its public half. A public key
// is that of a key in the agent.
func keyNames(key string) (licsealKey, public string, err error) {
	if !strings.HasSuffix(key, ".pub") {
		return key, key + ".pub", nil
	}
	text, err := os.ReadFile(key)
	if err != nil {
		return "", "", err
	}
	trusted, err := keys.ParseTrusted(key, text)
	if err != nil {
		return "", "", err
	}
	return "agent:" + licseal.KeyID(trusted[0].Key), key, nil
}

// allowedSigners writes a file for ssh-keygen -Y verify.
func allowedSigners(public string) (string, error) {
	key, err := os.ReadFile(public)
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "licseal-signers-")
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(f, "%s namespaces=%q %s", identity, namespace, key)
	return f.Name(), errors.Join(err, f.Close())
}

// hostTool builds licseal for this machine, as it is released.
func hostTool(root string) (path string, done func(), err error) {
	dir, err := os.MkdirTemp("", "licseal-tool-")
	if err != nil {
		return "", nil, err
	}
	path = filepath.Join(dir, "licseal")
	host := target{runtime.GOOS, runtime.GOARCH}
	return path, func() { os.RemoveAll(dir) }, goBuild(root, host, programs[0].name, programs[0].flags, path)
}

// run runs a program, which may ask for a passphrase, with a file as standard input.
func run(stdin string, args ...string) error {
	command := exec.Command(args[0], args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	if stdin != "" {
		f, err := os.Open(stdin)
		if err != nil {
			return err
		}
		defer f.Close()
		command.Stdin = f
	}
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(args[0]), args[1], err)
	}
	return nil
}
