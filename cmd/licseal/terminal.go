package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"

	"github.com/licseal/licseal/internal/text"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// messagesOnTerminal reports whether a person reads what goes to standard error.
func messagesOnTerminal() bool { return term.IsTerminal(int(os.Stderr.Fd())) }

// resultsAreColored reports whether standard output is a terminal that shows colours.
func resultsAreColored() bool { return isColored(os.Stdout) }

// readSecret asks for a line on the terminal that the process belongs to,
// whatever standard input and output are, and does not show what is typed.
func readSecret(prompt string) ([]byte, error) {
	in, out, err := openTerminal()
	if err != nil {
		return nil, errNoTerminal
	}
	defer in.Close()
	defer out.Close()
	defer restoreOnInterrupt(in)()
	text.Fprintf(out, "%s: ", prompt)
	secret, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprint(out, "\r\x1b[K") // remove the prompt
	if err != nil {
		return nil, fmt.Errorf("reading the passphrase: %w", err)
	}
	return secret, nil
}

// ask asks for a line on the terminal. An empty answer is byDefault.
func ask(question, byDefault string) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", errNoTerminal
	}
	defer in.Close()
	defer out.Close()
	if byDefault != "" {
		question = fmt.Sprintf("%s [%s]", question, byDefault)
	}
	text.Fprintf(out, "%s: ", question)
	line, err := readLine(in)
	if err != nil {
		return "", fmt.Errorf("reading the answer: %w", err)
	}
	return cmp.Or(strings.TrimSpace(line), byDefault), nil
}

// confirm asks whether to go on, unless -y is given. hint is for those without a terminal,
// and refused is the error if the answer is no.
func confirm(c *cli.Context, question, hint, refused string) error {
	if c.Bool("y") {
		return nil
	}
	answer, err := ask(question, "no")
	switch {
	case errors.Is(err, errNoTerminal):
		return withHint(usagef("there is no terminal to ask on"), "%s", hint)
	case err != nil:
		return err
	case !strings.EqualFold(answer, "yes") && !strings.EqualFold(answer, "y"):
		return errors.New(refused)
	}
	return nil
}

// readLine reads a line byte by byte, so that what follows is left for the next question.
func readLine(r io.Reader) (string, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxPassphrase; {
		n, err := r.Read(b)
		switch {
		case n == 1 && b[0] == '\n':
			return string(line), nil
		case n == 1:
			line = append(line, b[0])
		case err != nil:
			return "", err
		}
	}
	return "", errors.New("the line is too long")
}

func openTerminal() (in, out *os.File, err error) {
	inName, outName := "/dev/tty", "/dev/tty"
	if runtime.GOOS == "windows" {
		inName, outName = "CONIN$", "CONOUT$"
	}
	if in, err = os.OpenFile(inName, os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	if out, err = os.OpenFile(outName, os.O_RDWR, 0); err != nil {
		in.Close()
		return nil, nil, err
	}
	return in, out, nil
}

// restoreOnInterrupt restores the terminal, which does not show what is typed while a
// secret is read, if a signal ends the program. stop undoes that.
func restoreOnInterrupt(terminal *os.File) (stop func()) {
	state, err := term.GetState(int(terminal.Fd()))
	if err != nil {
		return func() {}
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	go func() {
		if s, ok := <-interrupts; ok {
			term.Restore(int(terminal.Fd()), state)
			os.Exit(128 + int(s.(syscall.Signal))) // what a shell reports
		}
	}()
	return func() {
		signal.Stop(interrupts)
		close(interrupts)
	}
}

// terminalWidth returns how many columns standard output has, 0 if it is not a
// terminal.
func terminalWidth() int {
	columns, _, err := term.GetSize(int(os.Stdout.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
