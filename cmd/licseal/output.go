package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// output is standard output. It remembers that it failed, because what prints a
// help text does not say so.
type output struct {
	*os.File
	err error // the first
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.File.Write(data)
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("writing standard output: %w", cause(err))
	}
	return n, err
}

// print writes a result to standard output.
func print(c *cli.Context, text string) error {
	if _, err := c.App.Writer.Write([]byte(text)); err != nil {
		return fmt.Errorf("writing standard output: %w", cause(err))
	}
	return nil
}

// printExact writes a result whose bytes matter: nothing is added, but for the
// newline that keeps a terminal tidy.
func printExact(c *cli.Context, text string) error {
	if term.IsTerminal(int(os.Stdout.Fd())) && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return print(c, text)
}

// warn writes a warning to standard error.
func warn(format string, args ...any) {
	text.Fprintf(os.Stderr, "warning: %s\n", text.Sprintf(format, args...))
}

// closeStdout closes standard output, lest an error that comes late is lost.
func closeStdout() error {
	if err := os.Stdout.Close(); err != nil {
		return fmt.Errorf("writing standard output: %w", cause(err))
	}
	return nil
}

var outputFlag = &cli.StringFlag{
	Name: "o", Aliases: []string{"output"}, Usage: "write to `FILE`, whole or not at all", TakesFile: true,
}

var forceFlag = &cli.BoolFlag{Name: "force", Usage: "replace FILE if it exists"}

// writeResult writes a result to the file that -o names, or to standard output.
func writeResult(c *cli.Context, text string) error {
	path := c.String("o")
	if path == "" || path == "-" {
		return printExact(c, text)
	}
	return about(path, writeFile(path, []byte(text), 0o644, c.Bool("force")))
}

func writeFile(path string, data []byte, perm fs.FileMode, force bool) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errIsDir
	case err == nil && !info.Mode().IsRegular():
		return cause(os.WriteFile(path, data, perm)) // a device or a pipe
	case force:
		return noFolder(path, atomicfile.Replace(path, data, perm))
	}
	err = createFile(path, data, perm)
	if errors.Is(err, fs.ErrExist) {
		return withHint(errors.New("the file exists, and was kept"), "--force replaces it")
	}
	return err
}

// createFile writes a new file, whole or not at all.
func createFile(path string, data []byte, perm fs.FileMode) error {
	return noFolder(path, atomicfile.Create(path, data, perm))
}

// noFolder says what it means that a file to be written does not exist.
func noFolder(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	}
	return cause(err)
}

var errIsDir = errors.New("is a directory; name a file in it")
