package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/licseal/licseal/internal/atomicfile"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// output is standard output. It keeps its first error, which the printing of a help text
// does not return.
type output struct {
	*os.File
	err error
}

func (o *output) Write(data []byte) (int, error) {
	n, err := o.File.Write(data)
	if err != nil && o.err == nil {
		o.err = fmt.Errorf("writing standard output: %w", cause(err))
	}
	return n, err
}

// say writes a line for people to standard output.
func say(c *cli.Context, format string, args ...any) error {
	return show(c, text.Sprintf("%s\n", text.Sprintf(format, args...)))
}

// show writes lines for people to standard output.
func show(c *cli.Context, lines text.Line) error { return result(c, lines.String()) }

// note writes a line for people to standard error.
func note(format string, args ...any) {
	text.Fprintf(os.Stderr, "%s\n", text.Sprintf(format, args...))
}

// warn writes a warning to standard error.
func warn(format string, args ...any) {
	note("%s: %s", paint(os.Stderr, text.Yellow, "warning"), text.Sprintf(format, args...))
}

// hint writes a hint to standard error.
func hint(format string, args ...any) {
	note("%s: %s", paint(os.Stderr, text.Cyan, "hint"), text.Sprintf(format, args...))
}

// complain writes an error to standard error, and returns its exit code.
func complain(err error) int { return fault.Write(os.Stderr, err, isColored(os.Stderr)) }

// paint returns a word in a color if f shows colors.
func paint(f *os.File, color text.Color, word string) text.Line {
	if !isColored(f) {
		color = ""
	}
	return color.Paint(text.Sprintf("%s", word))
}

// isColored reports whether f is a terminal whose user has not turned colors off; see
// no-color.org.
func isColored(f *os.File) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd())) && showsColors(f)
}

// result writes what programs read to standard output, byte for byte.
func result(c *cli.Context, data string) error {
	if _, err := io.WriteString(c.App.Writer, data); err != nil {
		return fmt.Errorf("writing standard output: %w", cause(err))
	}
	return nil
}

// document writes a result as [result] does. On a terminal, a newline ends it.
func document(c *cli.Context, data string) error {
	if term.IsTerminal(int(os.Stdout.Fd())) && !strings.HasSuffix(data, "\n") {
		data += "\n"
	}
	return result(c, data)
}

// printJSON writes a value as one line of JSON, with escapes for the characters that a
// terminal acts on.
func printJSON(c *cli.Context, v any) error {
	line, err := jsonLine(v)
	if err != nil {
		return err
	}
	return say(c, "%s", line)
}

// jsonLine returns a value as one line of JSON. The error says why JSON cannot express it.
func jsonLine(v any) (string, error) {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", fmt.Errorf("writing JSON: %w", err)
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}

// closeStdout closes standard output, so that delayed write errors are reported.
func closeStdout() error {
	if err := os.Stdout.Close(); err != nil {
		return fmt.Errorf("writing standard output: %w", cause(err))
	}
	return nil
}

var outputFlag = &cli.StringFlag{
	Name: "o", Aliases: []string{"output"}, Usage: "write to `FILE`, whole or not at all", TakesFile: true, Category: writes,
}

var forceFlag = &cli.BoolFlag{Name: "force", Usage: "overwrite FILE if it exists"}

// writeResult writes a result to the file that -o names, or to standard output.
func writeResult(c *cli.Context, data string) error {
	path := c.String("o")
	if path == "" || path == "-" {
		return document(c, data)
	}
	return about(path, writeFile(path, []byte(data), 0o644, c.Bool("force")))
}

func writeFile(path string, data []byte, perm fs.FileMode, force bool) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errIsDir
	case err == nil && !info.Mode().IsRegular():
		return cause(writeSpecial(path, data))
	case force:
		return noFolder(path, atomicfile.Replace(path, data, perm))
	}
	err = createFile(path, data, perm)
	if errors.Is(err, fs.ErrExist) {
		return withHint(errors.New("the file exists, and was kept"), "--force overwrites it")
	}
	return err
}

// writeSpecial writes to a device or a pipe, which need not be able to be truncated.
func writeSpecial(path string, data []byte) error {
	f, err := atomicfile.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return cmp.Or(err, f.Close())
}

// createFile writes a new file, whole or not at all.
func createFile(path string, data []byte, perm fs.FileMode) error {
	return noFolder(path, atomicfile.Create(path, data, perm))
}

// noFolder words the error of writing a file whose folder does not exist.
func noFolder(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	}
	return cause(err)
}

var errIsDir = errors.New("is a directory; name a file in it")
