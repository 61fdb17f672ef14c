package state

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/licseal/licseal/revoke"
	"github.com/licseal/licseal/trust"
	"github.com/licseal/licseal/verify"
)

// format writes a memory as the file holds it.
func format(m verify.Memory) []byte {
	b := fmt.Appendf(nil, "%s\nlatest: %s\n", heading, formatTime(m.Latest))
	if m.Lead.Sum != 0 {
		b = fmt.Appendf(b, "lead: %s %s\n", m.Lead.Sum, formatTime(m.Lead.At))
	}
	if !m.Lead.Since.IsZero() {
		b = fmt.Appendf(b, "ahead-since: %s\n", formatTime(m.Lead.Since))
	}
	for _, mark := range m.Used {
		b = fmt.Appendf(b, "used: %s %d %q %q\n", mark.Month, mark.Count, mark.Installation, mark.Name)
	}
	for _, mark := range m.Unwritten {
		b = fmt.Appendf(b, "unwritten: %s %d %q %q\n", mark.Month, mark.Count, mark.Installation, mark.Name)
	}
	if m.List.Generation > 0 {
		b = fmt.Appendf(b, "generation: %d\nlist: %s\nissued: %s\n", m.List.Generation, m.List.Digest, formatTime(m.List.Issued))
	}
	if m.List.Signer != "" {
		b = fmt.Appendf(b, "signer: %s\n", m.List.Signer)
	}
	for _, key := range m.List.Keys {
		from := "always"
		if !key.From.IsZero() {
			from = formatTime(key.From)
		}
		b = fmt.Appendf(b, "revoked: %s %s\n", key.ID, from)
	}
	if !m.List.NotBefore.IsZero() {
		b = fmt.Appendf(b, "not-before: %s\n", formatTime(m.List.NotBefore))
	}
	b = appendTrust(b, &m.Trust)
	return fmt.Appendf(b, "checksum: %x\n", sha256.Sum256(b))
}

func appendTrust(b []byte, s *trust.Seen) []byte {
	for _, digest := range s.Digests {
		b = fmt.Appendf(b, "trust: %s\n", digest)
	}
	for _, id := range s.Roots {
		b = fmt.Appendf(b, "root: %s\n", id)
	}
	for _, id := range s.Keys {
		b = fmt.Appendf(b, "key: %s\n", id)
	}
	if s.Newest != "" {
		b = fmt.Appendf(b, "newest: %s\n", s.Newest)
	}
	return b
}

func formatTime(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// parse reads what format writes, and nothing else.
func parse(data []byte) (*verify.Memory, error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("it is larger than %d bytes", maxBytes)
	}
	end := max(bytes.LastIndex(data, []byte("checksum: ")), 0) // a name in a trust document may have one too
	text, sum := string(data[:end]), strings.TrimPrefix(string(data[end:]), "checksum: ")
	if !strings.HasPrefix(text, heading+"\n") {
		return nil, errors.New("it does not begin and end as one does")
	}
	if sum != fmt.Sprintf("%x\n", sha256.Sum256([]byte(text))) {
		return nil, errors.New("its checksum does not fit")
	}
	m := new(verify.Memory)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		if err := parseLine(m, line); err != nil {
			return nil, fmt.Errorf("line %q: %v", line, err)
		}
	}
	if !bytes.Equal(format(*m), data) {
		return nil, errors.New("its lines are not those of one")
	}
	if _, err := m.Trust.Chain(); err != nil {
		return nil, fmt.Errorf("its chain of trust does not hold together: %v", err)
	}
	return m, nil
}

func parseLine(m *verify.Memory, line string) (err error) {
	name, value, _ := strings.Cut(line, ": ")
	switch name {
	case heading:
	case "latest":
		m.Latest, err = time.Parse(time.RFC3339Nano, value)
	case "used":
		var mark verify.Mark
		mark, err = parseMark(value)
		m.Used = append(m.Used, mark)
	case "unwritten":
		var mark verify.Mark
		mark, err = parseMark(value)
		m.Unwritten = append(m.Unwritten, mark)
	case "lead":
		sum, at, _ := strings.Cut(value, " ")
		if m.Lead.Sum, err = time.ParseDuration(sum); err == nil {
			m.Lead.At, err = time.Parse(time.RFC3339Nano, at)
		}
	case "ahead-since":
		m.Lead.Since, err = time.Parse(time.RFC3339Nano, value)
	case "generation":
		m.List.Generation, err = strconv.ParseInt(value, 10, 64)
	case "list":
		m.List.Digest = value
	case "issued":
		m.List.Issued, err = time.Parse(time.RFC3339Nano, value)
	case "signer":
		m.List.Signer = value
	case "revoked":
		key := revoke.Key{}
		var from string
		key.ID, from, _ = strings.Cut(value, " ")
		if from != "always" {
			key.From, err = time.Parse(time.RFC3339Nano, from)
		}
		m.List.Keys = append(m.List.Keys, key)
	case "not-before":
		m.List.NotBefore, err = time.Parse(time.RFC3339Nano, value)
	case "trust":
		m.Trust.Digests = append(m.Trust.Digests, value)
	case "root":
		m.Trust.Roots = append(m.Trust.Roots, value)
	case "key":
		m.Trust.Keys = append(m.Trust.Keys, value)
	case "newest":
		m.Trust.Newest = value
	default:
		err = errors.New("unknown")
	}
	return err
}

// parseMark reads MONTH COUNT "INSTALLATION" "NAME". fmt.Sscanf would do it, and make
// every program that verifies larger by 60 KB.
func parseMark(value string) (mark verify.Mark, err error) {
	var count, rest string
	mark.Month, rest, _ = strings.Cut(value, " ")
	count, rest, _ = strings.Cut(rest, " ")
	if mark.Count, err = strconv.ParseInt(count, 10, 64); err != nil {
		return mark, err
	}
	installation, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return mark, err
	}
	if mark.Installation, err = strconv.Unquote(installation); err != nil {
		return mark, err
	}
	mark.Name, err = strconv.Unquote(strings.TrimPrefix(rest[len(installation):], " "))
	return mark, err
}
