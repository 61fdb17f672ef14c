package conformance

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/licseal/licseal/internal/text"
)

const (
	// maxAnswer is the length of the longest line that a client may answer, in bytes.
	maxAnswer = 64 << 10

	// sentAtOnce is how much is written to a client at once, in bytes.
	sentAtOnce = 64 << 10

	// maxStderr is how much of a client's standard error is kept, in bytes.
	maxStderr = 4 << 10

	// waitDelay is how long a process that was killed is waited for. Then its output is
	// closed, which one that it has started may keep open.
	waitDelay = 2 * time.Second

	// DefaultTimeout is how long a client may think about one request. The first answer
	// includes the start of its process.
	DefaultTimeout = 10 * time.Second
)

// server is one process of CMD serve.
type server struct {
	command *exec.Cmd
	input   io.WriteCloser
	answers chan []byte // a line each; closed at the end of its output
	stderr  *head
	timeout time.Duration
	stop    context.CancelFunc
	wait    func() error
	tooLong bool // a line was; once answers is closed
}

func startServer(ctx context.Context, command []string, timeout time.Duration) (*server, error) {
	ctx, stop := context.WithCancel(ctx)
	s := &server{answers: make(chan []byte), stderr: &head{}, timeout: timeout, stop: stop}
	s.command = clientCommand(ctx, append(command[1:len(command):len(command)], "serve"), command[0])
	s.command.Stderr = s.stderr
	s.wait = sync.OnceValue(s.command.Wait)
	output, err := s.command.StdoutPipe()
	if err == nil {
		s.input, err = s.command.StdinPipe()
	}
	if err == nil {
		err = s.command.Start()
	}
	if err != nil {
		stop()
		return nil, fmt.Errorf("the client cannot be started: %w", err)
	}
	go s.read(ctx, output)
	return s, nil
}

// clientCommand returns a process that ends, with all processes that it has started,
// when ctx does.
func clientCommand(ctx context.Context, args []string, name string) *exec.Cmd {
	command := exec.CommandContext(ctx, name, args...)
	command.WaitDelay = waitDelay
	killWhole(command)
	return command
}

// read passes the lines of the client on. A line that is too long ends it.
func (s *server) read(ctx context.Context, output io.Reader) {
	defer close(s.answers)
	lines := bufio.NewReaderSize(output, maxAnswer)
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil {
			s.tooLong = errors.Is(err, bufio.ErrBufferFull)
			return
		}
		select {
		case s.answers <- bytes.Clone(line):
		case <-ctx.Done():
			return
		}
	}
}

// close ends the process. If it was not killed, it has the time of one answer to end.
func (s *server) close() error {
	s.input.Close()
	timer := time.AfterFunc(s.timeout, s.stop)
	defer timer.Stop()
	defer s.stop()
	for range s.answers { // what nobody asked for
	}
	return s.wait()
}

// kill ends the process at once.
func (s *server) kill() error {
	s.stop()
	return s.close()
}

// ask has the client answer requests, which are sent without waiting for answers. It
// calls answered for each, in order, until one is missing or cannot be read; the error
// says why. Then the process is of no more use.
func (s *server) ask(requests []Request, answered func(Answer)) error {
	go func() {
		w := bufio.NewWriterSize(s.input, sentAtOnce)
		for i := range requests {
			line, err := json.Marshal(&requests[i])
			if err != nil {
				return
			}
			w.Write(line)
			if w.WriteByte('\n') != nil {
				return // the client has ended, which the answers show
			}
		}
		w.Flush()
	}()
	timer := time.NewTimer(s.timeout)
	defer timer.Stop()
	for i := range requests {
		timer.Reset(s.timeout)
		select {
		case line, ok := <-s.answers:
			if !ok {
				return s.why()
			}
			a, err := parseAnswer(line, requests[i].ID)
			if err != nil {
				return err
			}
			answered(a)
		case <-timer.C:
			return fmt.Errorf("no answer within %v", s.timeout)
		}
	}
	return nil
}

// why says how the process ended that gives no more answers.
func (s *server) why() error {
	if s.tooLong {
		return fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	err := s.close() // it has closed its output, and ends
	if line := s.stderr.firstLine(); line != "" {
		return fmt.Errorf("the client ended without an answer (%v): %s", state(err), line)
	}
	return fmt.Errorf("the client ended without an answer (%v)", state(err))
}

func state(err error) string {
	if err == nil {
		return "exit status 0"
	}
	return err.Error()
}

// parseAnswer reads a line of a client.
func parseAnswer(line []byte, id string) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(line, &a); err != nil {
		return a, fmt.Errorf("the answer %s is not as docs/conformance.md says: %w", text.Quote(string(line)), err)
	}
	if a.ID != id {
		return a, fmt.Errorf("the answer is for the request %s", text.Quote(a.ID))
	}
	a.ID = ""
	return a, nil
}

// head keeps the beginning of what is written to it.
type head struct {
	mutex sync.Mutex
	data  []byte
}

func (h *head) Write(data []byte) (int, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.data = append(h.data, data[:min(len(data), maxStderr-len(h.data))]...)
	return len(data), nil
}

func (h *head) firstLine() string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	line, _, _ := strings.Cut(strings.TrimSpace(string(h.data)), "\n")
	return line
}

// exitCode returns the exit code of a process that has ended by itself.
func exitCode(err error) (code int, ok bool) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, true
	case errors.As(err, &exit) && exit.Exited():
		return exit.ExitCode(), true
	}
	return 0, false
}
