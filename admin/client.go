package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
	"github.com/licseal/licseal/internal/text"
)

// Client speaks the Admin API to a server. Several goroutines may use one at the
// same time.
//
// It reads back what it writes and compares it byte for byte. After a temporary
// failure it retries a request if that is safe: a POST that was sent is never sent
// again.
type Client struct {
	base    string // without a slash at its end
	options ClientOptions
}

// ClientOptions configures a client. The zero value of each field is the strict one.
type ClientOptions struct {
	// Workspace is the path prefix of a workspace. If empty, there is none.
	Workspace string

	// Token is sent in the header Kong-Admin-Token. If empty, none is sent.
	Token string

	// Check decides which licences may be written. If nil, none may.
	Check Check

	// HTTP sends the requests. If nil, a client is used that verifies certificates
	// with the system's CA bundle. Redirects are never followed: they could send
	// the token to another server.
	HTTP *http.Client

	// Timeout bounds each request. If zero, 30 seconds.
	Timeout time.Duration

	// Tries is the maximum number of times that a request is sent. If zero, 4.
	Tries int
}

// NewClient returns a client of the Admin API at an address such as
// http://localhost:8001.
func NewClient(address string, opts *ClientOptions) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%s is not the address of an Admin API; write it as http://localhost:8001", text.Quote(address))
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of an Admin API consists of a scheme, a host and a path; the token has its own option")
	}
	if opts != nil && strings.ContainsFunc(opts.Token, unicode.IsControl) {
		return nil, errors.New("the token has a character that is not allowed in a request header")
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

// Records yields all records, page by page, in the server's order. It stops at the
// first error.
func (c *Client) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		seen, ids := map[string]bool{}, map[string]bool{}
		for offset := ""; ; {
			page, err := c.page(ctx, offset)
			switch {
			case err != nil || page.Offset == "":
			case seen[page.Offset]:
				err = fmt.Errorf("the server's pages form a loop: the offset %s came twice", text.Quote(page.Offset))
			case len(page.Data) == 0:
				err = errors.New("the server's pages do not end: an empty page names a next page")
			}
			if err == nil && page.Offset == "" && page.Next != nil && *page.Next != "" {
				err = fmt.Errorf("the list is not complete: the server names a next page, %s, without an offset", text.Quote(*page.Next))
			}
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, record := range page.Data {
				if ids[record.ID] {
					yield(Record{}, fmt.Errorf("the server's pages repeat: the record %s came twice", shorten(record.ID)))
					return
				}
				ids[record.ID] = true
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
	if _, err := c.do(ctx, call{method: http.MethodGet, path: path}, &page); err != nil {
		return Page{}, err
	}
	if page.Data == nil {
		return Page{}, strange(http.MethodGet, "/licenses", errors.New("the member data is not a list"))
	}
	for i := range page.Data {
		if err := checkRecord(&page.Data[i]); err != nil {
			return Page{}, strange(http.MethodGet, "/licenses", err)
		}
	}
	return page, nil
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

// Get returns a record, or [ErrNotFound].
func (c *Client) Get(ctx context.Context, id string) (Record, error) {
	record, _, err := c.read(ctx, id)
	return record, err
}

// read is Get, and returns the record's ETag, "" if the server gives none.
func (c *Client) read(ctx context.Context, id string) (record Record, etag string, err error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, "", err
	}
	etag, err = c.do(ctx, call{method: http.MethodGet, path: path}, &record)
	if hasStatus(err, http.StatusNotFound) {
		return Record{}, "", ErrNotFound
	}
	if err != nil {
		return Record{}, "", err
	}
	if err := checkRecord(&record); err != nil {
		return Record{}, "", strange(http.MethodGet, path, err)
	}
	return record, etag, nil
}

// Active returns the record with the newest UpdatedAt: the one that data planes
// use. It returns [ErrNotFound] if there are no records.
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

// Validate asks the server whether it would take a licence document, without storing it:
// POST /schemas/licenses/validate. If it would not, the error is a *StatusError with
// status 400.
func (c *Client) Validate(ctx context.Context, payload string) error {
	_, body := Body(JSON, payload)
	_, err := c.do(ctx, call{method: http.MethodPost, path: "/schemas/licenses/validate", body: body}, nil)
	return err
}

// Add stores a licence document under a new id that the client makes. Other than
// [Client.Create], it can be repeated safely: PUT.
func (c *Client) Add(ctx context.Context, payload string) (Record, error) {
	return c.write(ctx, call{method: http.MethodPut, path: "/licenses/" + uuid.NewString()}, payload)
}

// Create stores a licence document under an id that the server chooses: POST.
func (c *Client) Create(ctx context.Context, payload string) (Record, error) {
	return c.write(ctx, call{method: http.MethodPost, path: "/licenses"}, payload)
}

// Put stores a licence document under an id, new or not: PUT.
func (c *Client) Put(ctx context.Context, id, payload string) (Record, error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, err
	}
	return c.write(ctx, call{method: http.MethodPut, path: path}, payload)
}

// Update replaces the licence document of a record: PATCH. It returns
// [ErrNotFound] if there is no such record.
func (c *Client) Update(ctx context.Context, id, payload string) (Record, error) {
	path, err := recordPath(id)
	if err != nil {
		return Record{}, err
	}
	record, err := c.write(ctx, call{method: http.MethodPatch, path: path}, payload)
	if hasStatus(err, http.StatusNotFound) {
		return Record{}, ErrNotFound
	}
	return record, err
}

// Delete removes a record. It returns nil if there was none.
func (c *Client) Delete(ctx context.Context, id string) error {
	path, err := recordPath(id)
	if err != nil {
		return err
	}
	_, err = c.do(ctx, call{method: http.MethodDelete, path: path}, nil)
	return err
}

// Report returns the usage report.
func (c *Client) Report(ctx context.Context) (*Report, error) {
	const path = "/license/report"
	var members map[string]json.RawMessage
	if _, err := c.do(ctx, call{method: http.MethodGet, path: path}, &members); err != nil {
		return nil, err
	}
	// A missing figure must not count as zero.
	for _, name := range []string{"counters", "kong_version", "rbac_users"} {
		if members[name] == nil {
			return nil, strange(http.MethodGet, path, fmt.Errorf("it has no %s", name))
		}
	}
	whole, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	var report Report
	if err := json.Unmarshal(whole, &report); err != nil {
		return nil, strange(http.MethodGet, path, err)
	}
	return &report, nil
}

func recordPath(id string) (string, error) {
	id, ok := parseID(id)
	if !ok {
		return "", errors.New("the id of a record is a UUID, such as 30b4edb7-0847-4f65-af90-efbed8b0161f")
	}
	return "/licenses/" + id, nil
}

// write checks and sends a licence, reads the record back, and compares.
func (c *Client) write(ctx context.Context, q call, payload string) (Record, error) {
	if c.options.Check == nil {
		return Record{}, errors.New("this client has no check for licences, so it writes none")
	}
	if err := c.options.Check(ctx, payload); err != nil {
		return Record{}, err
	}
	_, q.body = Body(JSON, payload)
	var written Record
	if _, err := c.do(ctx, q, &written); err != nil {
		return Record{}, err
	}
	read, err := c.Get(ctx, written.ID)
	if err != nil {
		return Record{}, fmt.Errorf("the record %s was written, but cannot be read back: %w", shorten(written.ID), err)
	}
	if read.ID != written.ID || q.method != http.MethodPost && q.path != "/licenses/"+read.ID {
		return Record{}, &MismatchError{shorten(written.ID), "it has the id " + shorten(read.ID)}
	}
	if read.Payload != payload {
		return Record{}, &MismatchError{shorten(written.ID), difference(payload, read.Payload)}
	}
	return read, nil
}

// difference says where two texts begin to differ.
func difference(want, got string) string {
	at := 0
	for at < len(want) && at < len(got) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("it has %d bytes instead of %d, and differs from byte %d on", len(got), len(want), at)
}
