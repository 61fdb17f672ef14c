package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/licseal/licseal"
	"github.com/licseal/licseal/check"
	"github.com/licseal/licseal/internal/armor"
	"github.com/licseal/licseal/internal/fault"
	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

const stdinName = "standard input"

// What a command reads, as people call it.
const (
	aLicence = "a licence"
	aPayload = "a payload"
)

// readDocument reads a file that holds a licence or a payload, which what says.
func readDocument(name, what string) ([]byte, error) {
	if name == "-" {
		announceStdin(what)
	}
	data, err := readFile(name, licseal.DefaultMaxBytes)
	if tooLarge := (*sizeError)(nil); errors.As(err, &tooLarge) {
		return nil, fault.Because(licseal.ReasonParse, err)
	}
	return data, err
}

// readFile reads a file, or standard input if name is "-", of at most limit bytes.
func readFile(name string, limit int) ([]byte, error) {
	if name == "-" {
		return readLimited(os.Stdin, limit)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("is a directory, not a file")
	}
	return readLimited(f, limit)
}

// announceStdin says what a command waits for if standard input is a terminal.
func announceStdin(what string) {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return
	}
	end := "press Ctrl-D"
	if runtime.GOOS == "windows" {
		end = "press Ctrl-Z and Enter"
	}
	note("waiting for %s on standard input: paste it, and then %s on a new line; or name a FILE", what, end)
}

func readLimited(r io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("reading: %w", cause(err))
	}
	if len(data) > limit {
		return nil, &sizeError{limit}
	}
	return data, nil
}

// sizeError says that a file is larger than the limit for its kind.
type sizeError struct {
	limit int // in bytes
}

func (e *sizeError) Error() string {
	return fmt.Sprintf("is larger than %d bytes, the most that is read", e.limit)
}

// cause returns an error of package os without the file name, which messages begin with.
func cause(err error) error { return text.Cause(err) }

// displayName returns what messages call a file.
func displayName(file string) string {
	if file == "-" {
		return stdinName
	}
	return file
}

// readArmored reads a licence document, which may be armored for mail.
func readArmored(file string) ([]byte, error) {
	data, err := readDocument(file, aLicence)
	if err != nil {
		return nil, err
	}
	return unarmored(data)
}

// unarmored returns the licence document in an armored block, and any other document as
// it is.
func unarmored(data []byte) ([]byte, error) {
	licence, isArmored, err := armor.Decode(data)
	switch {
	case err != nil:
		return nil, fault.Because(licseal.ReasonParse, err)
	case isArmored:
		return licence, nil
	}
	return data, nil
}

// readLicense reads a licence document without verifying it.
func readLicense(file string) (*licseal.License, error) {
	data, err := readArmored(file)
	if err != nil {
		return nil, about(displayName(file), err)
	}
	lic, err := licseal.ParseUnverified(data)
	return lic, hintCheck(about(displayName(file), err), file)
}

// hintCheck adds a hint to an error about a text that is not a licence.
func hintCheck(err error, file string) error {
	if err == nil || fault.Exit(err) != exitNotALicence {
		return err
	}
	if file == "-" || file == stdinName {
		file = "FILE"
	}
	return withHint(err, "'licseal check --no-signature %s' diagnoses the file and suggests a fix", file)
}

// oneFile returns the one file name that a command takes, "-" if there is none.
func oneFile(c *cli.Context) (string, error) {
	if c.NArg() > 1 {
		return "", usagef("'licseal %s' takes one file, not %d", c.Command.Name, c.NArg())
	}
	if c.NArg() == 0 {
		return "-", nil
	}
	return c.Args().First(), nil
}

// checkStdin refuses to read standard input more than once.
func checkStdin(names ...string) error {
	count := 0
	for _, name := range names {
		if name == "-" {
			count++
		}
	}
	if count > 1 {
		return usagef("standard input can be read only once, but is named %d times; a missing FILE counts, too", count)
	}
	return nil
}

// parseLength reads a length of time as [check.ParseLength] does.
func parseLength(s string) (time.Duration, error) {
	d, err := check.ParseLength(s)
	if err != nil {
		return 0, usagef("%v", err)
	}
	return d, nil
}

// instantOf returns the time of --at, and the zero time if it is not given. The zero time
// itself would mean now, so it is refused.
func instantOf(c *cli.Context, loc *time.Location) (time.Time, error) {
	at := c.String("at")
	if at == "" {
		return time.Time{}, nil
	}
	t, err := licseal.ParseDate(at, loc)
	if err != nil || t.IsZero() {
		return time.Time{}, usagef("--at %q is not a time; write it as 2027-12-31 or 2027-12-31T12:00:00Z", at)
	}
	return t, nil
}
