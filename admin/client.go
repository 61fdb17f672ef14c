package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// Client speaks the Admin API to a server. Several goroutines may use one at the
// same time.
//
// What it writes it reads back, and compares byte for byte. It repeats a request
// that failed for a reason that may pass only where repeating is safe: a POST that
// was sent is never sent again.
type Client struct {
	base    string // without a slash at its end
	options ClientOptions
}

// ClientOptions says how a client works. The zero value of each field is the
// careful one.
type ClientOptions struct {
	// Workspace is put before the paths, if it is not empty.
	Workspace string

	// Token is sent in the header Kong-Admin-Token, if it is not empty.
	Token string

	// Check decides which licences may be written. If nil, none may.
	Check Check

	// HTTP sends the requests. If nil, it is a client that verifies certificates
	// by the system's authorities. Redirects are never followed: they would
	// carry the token away.
	HTTP *http.Client

	// Timeout bounds each request. If zero, 30 seconds.
	Timeout time.Duration

	// Tries is how often a request is sent at most. If zero, 4.
	Tries int
}

// NewClient returns a client of the Admin API at an address such as
// http://localhost:8001.
func NewClient(address string, opts *ClientOptions) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of an Admin API; write it as http://localhost:8001", printable(address))
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of an Admin API is a scheme, a host and a path; a token goes into its own option")
	}
	if opts != nil && strings.ContainsFunc(opts.Token, unicode.IsControl) {
		return nil, errors.New("the token has a character that cannot stand in a request header")
	}
	c := &Client{base: strings.TrimRight(u.String(), "/")}
	if opts != nil {
		c.options = *opts
	}
	if c.options.Timeout == 0 {
		c.options.Timeout = 30 * time.Second
	}
	if c.options.Tries == 0 {
		c.options.Tries = 4
	}
	client := http.Client{}
	if c.options.HTTP != nil {
		client = *c.options.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.options.HTTP = &client
	if c.options.Workspace != "" {
		c.base += "/" + url.PathEscape(c.options.Workspace)
	}
	return c, nil
}

// StatusError is an answer with a status that says that a request was not done.
type StatusError struct {
	Method, Path string
	Status       int
	Body         ErrorBody // its Message is empty where the answer had none
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%s %s: the server answered %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Body.Message != "" {
		text += ": " + onTerminal(e.Body.Message)
	}
	return text
}

// onTerminal returns a server's text as an error shows it: nothing in it moves the
// cursor of a terminal, and it is not longer than is useful.
func onTerminal(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return utf8.RuneError
	}, cutText(text, 1000))
}

// UnreachableError says that a server gave no answer.
type UnreachableError struct {
	URL string
	Err error

	// Sent is set where the request was sent: it may have been done.
	Sent bool
}

func (e *UnreachableError) Error() string {
	text := fmt.Sprintf("%s cannot be reached: %v", e.URL, e.Err)
	if e.Sent {
		text = fmt.Sprintf("%s gave no answer: %v", e.URL, e.Err)
	}
	return text
}

// Unwrap returns e.Err.
func (e *UnreachableError) Unwrap() error { return e.Err }

// MismatchError says that what was written is not what is there.
type MismatchError struct {
	ID     string
	Detail string
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the record %s was written, but read back it is not the same: %s", e.ID, e.Detail)
}

// Records returns all records, page by page, in the server's order. It ends with
// the first error.
func (c *Client) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		seen := map[string]bool{}
		for offset := ""; ; {
			page, err := c.page(ctx, offset)
			switch {
			case err != nil || page.Offset == "":
			case seen[page.Offset]:
				err = fmt.Errorf("the server's pages go round in circles: offset %q came twice", onTerminal(page.Offset))
			case len(page.Data) == 0:
				err = errors.New("the server's pages do not end: one is empty, and names another")
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, record := range page.Data {
				if !yield(record, nil) {
					return
				}
			}
			if page.Offset == "" {
				return
			}
			seen[page.Offset] = true
			offset = page.Offset
		}
	}
}

func (c *Client) page(ctx context.Context, offset string) (Page, error) {
	const size = 500
	path := fmt.Sprintf("/licenses?size=%d", size)
	if offset != "" {
		path += "&offset=" + url.QueryEscape(offset)
	}
	var page Page
	if err := c.do(ctx, http.MethodGet, path, nil, &page); err != nil {
		return Page{}, err
	}
	if page.Data == nil {
		return Page{}, strange(http.MethodGet, "/licenses", errors.New("there is no list in data"))
	}
	for i := range page.Data {
		if err := checkRecord(&page.Data[i]); err != nil {
			return Page{}, strange(http.MethodGet, "/licenses", err)
		}
	}
	return page, nil
}

// strange says that an answer of a good status is not one of this API's: an
// address that leads somewhere else must not pass for a gateway without licences.
func strange(method, path string, err error) error {
	return fmt.Errorf("%s %s: the answer is not what an Admin API gives: %w", method, path, err)
}

func checkRecord(r *Record) error {
	if r.ID == "" || r.Payload == "" {
		return errors.New("a record has no id, or no payload")
	}
	return nil
}

// List returns all records.
func (c *Client) List(ctx context.Context) ([]Record, error) {
	var records []Record
	for record, err := range c.Records(ctx) {
		if err != nil {
			return nil, err
		}
		records = append(records, record)
	}
	return records, nil
}

// Get returns a record, or ErrNotFound.
func (c *Client) Get(ctx context.Context, id string) (Record, error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, err
	}
	var record Record
	err = c.do(ctx, http.MethodGet, path, nil, &record)
	if hasStatus(err, http.StatusNotFound) {
		return Record{}, ErrNotFound
	}
	if err != nil {
		return Record{}, err
	}
	if err := checkRecord(&record); err != nil {
		return Record{}, strange(http.MethodGet, path, err)
	}
	return record, nil
}

// Active returns the record with the newest UpdatedAt: the one that data planes
// use. It returns ErrNotFound if there is none.
func (c *Client) Active(ctx context.Context) (Record, error) {
	records, err := c.List(ctx)
	if err != nil {
		return Record{}, err
	}
	active := newest(records)
	if active == nil {
		return Record{}, ErrNotFound
	}
	return *active, nil
}

func newest(records []Record) *Record {
	var found *Record
	for i := range records {
		if found == nil || records[i].UpdatedAt > found.UpdatedAt {
			found = &records[i]
		}
	}
	return found
}

// Create stores a licence document under an id that the server makes: POST.
func (c *Client) Create(ctx context.Context, payload string) (Record, error) {
	return c.write(ctx, http.MethodPost, "/licenses", payload)
}

// Put stores a licence document under an id, new or not: PUT.
func (c *Client) Put(ctx context.Context, id, payload string) (Record, error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, err
	}
	return c.write(ctx, http.MethodPut, path, payload)
}

// Update replaces the licence document of a record: PATCH. It returns
// ErrNotFound if there is no such record.
func (c *Client) Update(ctx context.Context, id, payload string) (Record, error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, err
	}
	record, err := c.write(ctx, http.MethodPatch, path, payload)
	if hasStatus(err, http.StatusNotFound) {
		return Record{}, ErrNotFound
	}
	return record, err
}

// Delete removes a record. It is no error if there was none.
func (c *Client) Delete(ctx context.Context, id string) error {
	path, err := recordPath(id)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodDelete, path, nil, nil)
}

// Report returns the usage report.
func (c *Client) Report(ctx context.Context) (*Report, error) {
	const path = "/license/report"
	var members map[string]json.RawMessage
	if err := c.do(ctx, http.MethodGet, path, nil, &members); err != nil {
		return nil, err
	}
	// Where the figures that are judged are not there, they are not zero.
	for _, name := range []string{"counters", "kong_version", "rbac_users"} {
		if members[name] == nil {
			return nil, strange(http.MethodGet, path, fmt.Errorf("it has no %s", name))
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var report Report
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, strange(http.MethodGet, path, err)
	}
	return &report, nil
}

func recordPath(id string) (string, error) {
	id, ok := parseID(id)
	if !ok {
		return "", errors.New("a record's id is a UUID, such as 30b4edb7-0847-4f65-af90-efbed8b0161f")
	}
	return "/licenses/" + id, nil
}

// write sends a licence, reads the record back, and compares.
func (c *Client) write(ctx context.Context, method, path, payload string) (Record, error) {
	if c.options.Check == nil {
		return Record{}, errors.New("this client checks no licences, so it writes none")
	}
	if err := c.options.Check(ctx, payload); err != nil {
		return Record{}, err
	}
	_, body := Body(JSON, payload)
	var written Record
	if err := c.do(ctx, method, path, body, &written); err != nil {
		return Record{}, err
	}
	read, err := c.Get(ctx, written.ID)
	if err != nil {
		return Record{}, fmt.Errorf("the record %s was written, but cannot be read back: %w", onTerminal(written.ID), err)
	}
	if read.ID != written.ID || method != http.MethodPost && path != "/licenses/"+read.ID {
		return Record{}, &MismatchError{onTerminal(written.ID), "it has the id " + onTerminal(read.ID)}
	}
	if read.Payload != payload {
		return Record{}, &MismatchError{onTerminal(written.ID), difference(payload, read.Payload)}
	}
	return read, nil
}

// difference says where two texts part.
func difference(want, got string) string {
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("it has %d bytes in place of %d, and differs from byte %d on", len(got), len(want), at)
}

func hasStatus(err error, status int) bool {
	var answer *StatusError
	return errors.As(err, &answer) && answer.Status == status
}

// do sends a request, again where that is safe and may help, and decodes the answer
// into v, unless v is nil.
func (c *Client) do(ctx context.Context, method, path string, body []byte, v any) error {
	for try := 1; ; try++ {
		wait, err := c.once(ctx, method, path, body, v)
		if err == nil || try >= c.options.Tries || !mayRepeat(method, err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-time.After(max(wait, backoff(try))):
		case <-ctx.Done():
			return err
		}
	}
}

// backoff grows with each try, and is random lest all clients come back at once.
func backoff(try int) time.Duration {
	longest := 50 * time.Millisecond << try
	return longest/2 + rand.N(longest/2)
}

// mayRepeat reports whether a failed request may be sent again. When done twice,
// all but POST leave the same licences behind; a PUT or PATCH a newer time.
func mayRepeat(method string, err error) bool {
	var (
		unreachable *UnreachableError
		answer      *StatusError
	)
	if errors.As(err, &unreachable) {
		return (method != http.MethodPost || !unreachable.Sent) && !isPermanent(unreachable.Err)
	}
	if method == http.MethodPost || !errors.As(err, &answer) {
		return false
	}
	return slices.Contains([]int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, answer.Status)
}

// isPermanent reports whether a failure to connect will be the same next time: a
// certificate that is not good, a name that is not known.
func isPermanent(err error) bool {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	return errors.As(err, &certificate) || errors.Is(err, http.ErrSchemeMismatch) || isAlert(err) ||
		errors.As(err, &dns) && dns.IsNotFound
}

// isAlert reports whether the server ended TLS with an alert, as it does where it
// wants a certificate. That may come after the handshake, but before it reads a
// request.
func isAlert(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error"
}

// maxAnswer bounds what is read of an answer: a page of the largest licences.
const maxAnswer = 128 << 20

// once sends a request. wait is how long the server asks to be left alone.
func (c *Client) once(ctx context.Context, method, path string, body []byte, v any) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var connecting atomic.Bool // nothing can have been sent
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { connecting.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connecting.Store(false) },
	})
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Accept", "application/json")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.options.Token != "" {
		request.Header.Set(TokenHeader, c.options.Token)
	}
	response, err := c.options.HTTP.Do(request)
	if err != nil {
		return 0, c.unreachable(err, !connecting.Load() && !isAlert(err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return 0, c.unreachable(err, true)
	}
	if len(text) > maxAnswer {
		return 0, fmt.Errorf("%s %s: the answer has more than %d bytes", method, path, maxAnswer)
	}
	path, _, _ = strings.Cut(path, "?")
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return retryAfter(response), statusError(method, path, response, text)
	}
	if v == nil {
		return 0, nil
	}
	if err := json.Unmarshal(text, v); err != nil {
		return 0, strange(method, path, err)
	}
	return 0, nil
}

func (c *Client) unreachable(err error, sent bool) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the rest repeats the address
	}
	return &UnreachableError{URL: c.base, Err: err, Sent: sent}
}

func statusError(method, path string, response *http.Response, text []byte) error {
	e := &StatusError{Method: method, Path: path, Status: response.StatusCode}
	if json.Unmarshal(text, &e.Body) != nil {
		e.Body = ErrorBody{}
	}
	if location := response.Header.Get("Location"); location != "" && e.Body.Message == "" {
		e.Body.Message = "it is at " + location + "; redirects are not followed"
	}
	return e
}

// retryAfter reads how long a server asks to be left alone, bounded.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 10)) * time.Second
}
