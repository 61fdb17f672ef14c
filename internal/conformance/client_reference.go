package conformance

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/licseal/licseal/internal/fault"
)

// maxRequest is the length of the longest line that [Reference] reads: a chain of trust
// in base64, and a little more.
const maxRequest = maxChain*4/3 + (1 << 20)

// Reference is a client, with the arguments after CMD: serve, verify KEYS TIME GRACE, or
// trust ROOT. The error says why a licence or a chain is refused, too.
func Reference(in io.Reader, out io.Writer, args []string) error {
	if len(args) == 1 && args[0] == "serve" {
		return serve(in, out)
	}
	r, err := requestOf(in, args)
	if err != nil {
		return err
	}
	if a := Judge(r); a.Reason != "" {
		return fault.New(fault.Reason(a.Reason), "%s", words(a))
	}
	return nil
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxRequest)
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var r Request
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("a request is not as docs/conformance.md says: %w", err)
		}
		if err := encoder.Encode(Judge(&r)); err != nil {
			return err
		}
	}
	return lines.Err()
}

var errArguments = fault.Usage("a client is called as docs/conformance.md says: serve, verify KEYS TIME GRACE [LIST], or trust ROOT [SEEN]")

// requestOf returns the request that a command line stands for.
func requestOf(in io.Reader, args []string) (*Request, error) {
	data, err := io.ReadAll(io.LimitReader(in, maxChain+1))
	if err != nil {
		return nil, err
	}
	file := func(path string) []byte {
		content, readErr := os.ReadFile(path)
		err = errors.Join(err, readErr)
		return content
	}
	switch {
	case len(args) >= 2 && len(args) <= 3 && args[0] == "trust":
		r := &Request{Trust: &Trust{Root: args[1], Chain: data}}
		if len(args) == 3 {
			r.Trust.Seen = [][]byte{file(args[2])}
		}
		return r, err
	case len(args) >= 4 && len(args) <= 5 && args[0] == "verify":
		grace, notNumber := strconv.ParseInt(args[3], 10, 64)
		if notNumber != nil {
			return nil, errArguments
		}
		r := &Request{Document: data, Keys: string(file(args[1])), Time: args[2], Grace: grace}
		if len(args) == 5 {
			r.Revocations = file(args[4])
		}
		return r, err
	}
	return nil, errArguments
}
