package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal/internal/fault"
)

// errNotAsked says that a vector needs more than a command line can express.
var errNotAsked = errors.New("only CMD serve can be asked this")

// askOnce has one process judge a request: CMD verify or CMD trust.
func askOnce(ctx context.Context, command []string, timeout time.Duration, r *Request) (Answer, error) {
	dir, err := os.MkdirTemp("", "licseal-conformance-")
	if err != nil {
		return Answer{}, err
	}
	defer os.RemoveAll(dir)
	args, input, err := arguments(dir, r)
	if err != nil {
		return Answer{}, err
	}
	if args == nil {
		return Answer{}, errNotAsked
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	process := clientCommand(ctx, append(command[1:len(command):len(command)], args...), command[0])
	stderr := &head{}
	process.Stdin, process.Stderr = bytes.NewReader(input), stderr
	err = process.Run()
	code, exited := exitCode(err)
	switch {
	case ctx.Err() != nil:
		return Answer{}, fmt.Errorf("no answer within %v", timeout)
	case process.Process == nil:
		return Answer{}, fmt.Errorf("the client cannot be started: %w", err)
	case !exited:
		return Answer{}, fmt.Errorf("the client was ended: %w", err)
	}
	return answerOf(code, stderr.firstLine())
}

// arguments writes the files of a request, and returns the arguments and the standard
// input; no arguments for what a command line cannot express.
func arguments(dir string, r *Request) (args []string, input []byte, err error) {
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if writeErr := os.WriteFile(path, data, 0o600); err == nil {
			err = writeErr
		}
		return path
	}
	switch {
	case r.Story != nil || r.Roles != nil || r.Trust != nil && r.Document != nil:
		return nil, nil, nil
	case r.Trust != nil:
		args = []string{"trust", r.Trust.Root}
		if r.Trust.Seen != nil {
			args = append(args, file("seen", bytes.Join(r.Trust.Seen, []byte("\n"))))
		}
		return args, r.Trust.Chain, err
	}
	args = []string{"verify", file("keys", []byte(r.Keys)), r.Time, strconv.FormatInt(r.Grace, 10)}
	if r.Revocations != nil {
		args = append(args, file("list", r.Revocations))
	}
	return args, r.Document, err
}

// answerOf returns the answer for an exit code.
func answerOf(code int, firstLine string) (Answer, error) {
	reason := string(fault.ReasonOfExit(code))
	if code != 1 && fault.ExitOf(fault.Reason(reason)) == code {
		return Answer{Reason: reason}, nil
	}
	for _, word := range []string{reasonList, reasonTrust} {
		if code == 1 && strings.HasPrefix(firstLine, word+":") {
			return Answer{Reason: word}, nil
		}
	}
	return Answer{}, fmt.Errorf("exit code %d: %s", code, firstLine)
}
