package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
)

// call is a request to the server.
type call struct {
	method, path string
	body         []byte
	ifMatch      string // the ETag that the record must have, if not empty
	ifNoneMatch  bool   // the record must not be there
}

// do sends a request, retries it if that is safe and may help, and decodes the
// answer into v unless v is nil. It returns the ETag, "" if the server gives none.
func (c *Client) do(ctx context.Context, q call, v any) (etag string, err error) {
	for try := 1; ; try++ {
		etag, wait, err := c.once(ctx, q, v)
		if err == nil || try >= c.options.Tries || !mayRepeat(q.method, err) || ctx.Err() != nil {
			return etag, err
		}
		select {
		case <-time.After(max(wait, backoff(try))):
		case <-ctx.Done():
			return "", err
		}
	}
}

// backoff returns how long to wait after a try. It grows with each try, and is random
// so that clients do not all retry at once.
func backoff(try int) time.Duration {
	longest := 50 * time.Millisecond << try
	return longest/2 + rand.N(longest/2)
}

// mayRepeat reports whether a failed request may be sent again. All methods except
// POST lead to the same licences when carried out twice; PUT and PATCH to a newer
// updated_at.
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

// isPermanent reports whether a retry would fail to connect again: the certificate is
// not trusted, or the host name is unknown.
func isPermanent(err error) bool {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
	)
	return errors.As(err, &certificate) || errors.Is(err, http.ErrSchemeMismatch) || isAlert(err) ||
		errors.As(err, &dns) && dns.IsNotFound
}

// isAlert reports whether the server ended TLS with an alert, for example because it
// requires a client certificate. The alert may arrive after the handshake, but before
// the server reads a request.
func isAlert(err error) bool {
	var alert *net.OpError
	return errors.As(err, &alert) && alert.Op == "remote error"
}

// maxAnswer is the size of the largest answer that is read, in bytes: a page of the
// largest licences.
const maxAnswer = 128 << 20

// once sends a request once. wait is how long the server asks to wait before a retry.
func (c *Client) once(ctx context.Context, q call, v any) (etag string, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var connecting atomic.Bool // while set, nothing was sent
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { connecting.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connecting.Store(false) },
	})
	request, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, bytes.NewReader(q.body))
	if err != nil {
		return "", 0, err
	}
	request.Header.Set("Accept", "application/json")
	if q.body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.options.Token != "" {
		request.Header.Set(TokenHeader, c.options.Token)
	}
	if q.ifMatch != "" {
		request.Header.Set("If-Match", q.ifMatch)
	}
	if q.ifNoneMatch {
		request.Header.Set("If-None-Match", "*")
	}
	response, err := c.options.HTTP.Do(request)
	if err != nil {
		return "", 0, c.unreachable(q.method, err, !connecting.Load() && !isAlert(err))
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return "", 0, c.unreachable(q.method, err, true)
	}
	if len(text) > maxAnswer {
		return "", 0, fmt.Errorf("%s %s: the answer is larger than %d bytes", q.method, q.path, maxAnswer)
	}
	path, _, _ := strings.Cut(q.path, "?")
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return "", retryAfter(response), statusError(q.method, path, response, text)
	}
	etag = response.Header.Get("ETag")
	if v == nil {
		return etag, 0, nil
	}
	if err := json.Unmarshal(text, v); err != nil {
		return "", 0, strange(q.method, path, err)
	}
	return etag, 0, nil
}

func (c *Client) unreachable(method string, err error, sent bool) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the address, which the message has
	}
	return &UnreachableError{Method: method, URL: c.base, Err: err, Sent: sent}
}

func statusError(method, path string, response *http.Response, text []byte) error {
	e := &StatusError{Method: method, Path: path, Status: response.StatusCode}
	if json.Unmarshal(text, &e.Body) != nil {
		e.Body = ErrorBody{}
	}
	if location := response.Header.Get("Location"); location != "" && e.Body.Message == "" {
		e.Body.Message = "it moved to " + location + "; redirects are not followed"
	}
	return e
}

// retryAfter returns how long the server asks to wait before a retry, at most 10 seconds.
func retryAfter(response *http.Response) time.Duration {
	seconds, err := strconv.Atoi(response.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 10)) * time.Second
}
