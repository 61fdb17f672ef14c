package admin

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Which texts are tokens, and what is said of the others. None of them is quoted.
func TestNewToken(t *testing.T) {
	const few = " characters, and needs at least 16; make one with: openssl rand -hex 32"
	const odd = "the token has a character that is not allowed in a request header; make one of letters and digits with: openssl rand -hex 32"
	for secret, want := range map[string]string{
		strings.Repeat("a", 16): "", strings.Repeat("a", 15): "the token has 15" + few, "": "the token has 0" + few, strings.Repeat("~", 16): "", strings.Repeat("!", 16): "",
		strings.Repeat("a", 16) + " ": odd, "\x7f" + strings.Repeat("a", 16): odd, strings.Repeat("a", 16) + "\x1f": odd, strings.Repeat("a", 16) + "\u0080": odd, strings.Repeat("a", 16) + "\u00a1": odd, strings.Repeat("é", 16): odd,
		strings.Repeat("a", 16) + "\n": odd,
	} {
		token, err := NewToken("n", secret)
		if got := errorText(err); got != want {
			t.Errorf("%q: %s, want %s", secret, got, want)
		}
		if diff := cmp.Diff([]Scope{ScopeRead, ScopeWrite, ScopeMetrics}, token.Scopes); err == nil && diff != "" {
			t.Errorf("%q: %s", secret, diff)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// The lines of a file of tokens.
func TestParseTokens(t *testing.T) {
	a, b := strings.Repeat("a", 16), strings.Repeat("b", 16)
	for text, want := range map[string]string{
		a: " read", "n " + a: "n read", "n " + a + " metrics,write": "n metrics,write", "\n# x\n\t#\n " + a + " \r\n\n n\t" + b + "\n": " read; n read",
		"":                            "no token found; make one with: openssl rand -hex 32",
		"# " + a:                      "no token found; make one with: openssl rand -hex 32",
		"\n\nx":                       "line 3: the token has 1 characters, and needs at least 16; make one with: openssl rand -hex 32",
		"n " + a + " all":             "line 1: found a scope that is none of read, write, metrics, entitlement-read, entitlement-write and entitlement-use",
		"n " + a + " read,":           "line 1: found a scope that is none of read, write, metrics, entitlement-read, entitlement-write and entitlement-use",
		a + "\nn " + b + " read more": "line 2: found 4 words; a line is TOKEN, NAME TOKEN, or NAME TOKEN SCOPES",
	} {
		tokens, err := ParseTokens([]byte(text), ScopeRead)
		var got []string
		for _, token := range tokens {
			var scopes []string
			for _, s := range token.Scopes {
				scopes = append(scopes, string(s))
			}
			got = append(got, token.Name+" "+strings.Join(scopes, ","))
		}
		if err != nil {
			got = append(got, err.Error())
		}
		if strings.Join(got, "; ") != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if errors.Is(err, ErrNoTokens) != strings.HasPrefix(want, "no token") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Which scope includes which, and which each method needs.
func TestScopes(t *testing.T) {
	includes := map[Scope][]Scope{
		ScopeRead: {ScopeRead}, ScopeWrite: {ScopeRead, ScopeWrite}, ScopeMetrics: {ScopeMetrics}, ScopeEntitlementRead: {ScopeEntitlementRead},
		ScopeEntitlementWrite: {ScopeEntitlementRead, ScopeEntitlementWrite}, ScopeEntitlementUse: {ScopeEntitlementUse},
	}
	for _, has := range scopes {
		var got []Scope
		for _, s := range scopes {
			if HasScope([]Scope{has}, s) {
				got = append(got, s)
			}
		}
		if diff := cmp.Diff(includes[has], got); diff != "" {
			t.Errorf("%s: %s", has, diff)
		}
		if HasScope(nil, has) || !HasScope(scopes, has) {
			t.Errorf("%s of none, or of all", has)
		}
	}
	for method, reads := range map[string]bool{"GET": true, "HEAD": true, "OPTIONS": true, "POST": false, "PUT": false, "PATCH": false, "DELETE": false, "get": false, "TRACE": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Method = method
		want, wantOther := ScopeWrite, ScopeEntitlementWrite
		if reads {
			want, wantOther = ScopeRead, ScopeEntitlementRead
		}
		if got, other := RequestScope(r), EntitlementScope(r); got != want || other != wantOther {
			t.Errorf("%s needs %s, %s", method, got, other)
		}
	}
}

// Who may come in, by which header, and what the others are told.
func TestRequireToken(t *testing.T) {
	reader, writer := strings.Repeat("r", 16), strings.Repeat("w", 16)
	tokens, err := ParseTokens([]byte("reader " + reader + " read\nwriter " + writer + " write\n"))
	if err != nil {
		t.Fatal(err)
	}
	const unknown, none = `401 {"message":"Unauthorized: the token is unknown"}`, `401 {"message":"Unauthorized: send a token in the header Kong-Admin-Token"}`
	for _, test := range []struct {
		method, header, value, want string
	}{
		{"GET", "Kong-Admin-Token", reader, "200 reader"}, {"GET", "kong-admin-token", writer, "200 writer"}, {"POST", "Kong-Admin-Token", writer, "200 writer"},
		{"POST", "Kong-Admin-Token", reader, `403 {"message":"Forbidden: the token does not have the scope write"}`},
		{"GET", "Authorization", "Bearer " + reader, "200 reader"}, {"GET", "Authorization", "bearer " + reader, "200 reader"},
		{"GET", "Authorization", "Basic " + reader, none}, {"GET", "Authorization", reader, none}, {"GET", "Authorization", "Bearer", none}, {"GET", "", "", none},
		{"GET", "Authorization", "Bearer  " + reader, unknown}, {"GET", "Kong-Admin-Token", reader + "r", unknown}, {"GET", "Kong-Admin-Token", reader[:15], unknown},
	} {
		for _, known := range []bool{true, false} {
			h := RequireToken(func() []Token {
				if known {
					return tokens
				}
				return nil
			}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, TokenOf(r).Name) }))
			r := httptest.NewRequest(test.method, "/", nil)
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			want := test.want
			if !known && want != none {
				want = unknown
			}
			if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
				t.Errorf("%s %s: %s: %s, want %s", test.method, test.header, test.value, got, want)
			}
			isJSON := w.Header().Get("Content-Type") == "application/json; charset=utf-8"
			if asks := w.Header().Get("WWW-Authenticate") == "Bearer"; asks != (w.Code == 401) || isJSON != (w.Code != 200) {
				t.Errorf("%s %s: the headers are %v", test.method, test.header, w.Header())
			}
		}
	}
	// Both headers: Kong's counts.
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set(TokenHeader, reader)
	r.Header.Set("Authorization", "Bearer "+writer)
	if shown := shownToken(r); shown != reader || TokenOf(r) != nil {
		t.Errorf("%s, %v", shown, TokenOf(r))
	}
	if token, ok := FindToken(tokens, writer); !ok || token.Name != "writer" {
		t.Errorf("%+v, %t", token, ok)
	}
	if token, ok := FindToken(tokens, ""); ok || token.Name != "" {
		t.Errorf("%+v, %t", token, ok)
	}
}

// Who is named in the history.
func TestWho(t *testing.T) {
	subject := &x509.Certificate{Subject: pkix.Name{CommonName: "client"}}
	verified := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{subject}, VerifiedChains: [][]*x509.Certificate{{subject}}}
	for _, test := range []struct {
		token, remote string
		tls           *tls.ConnectionState
		want          string
	}{
		{"", "192.0.2.1:1234", nil, "192.0.2.1"}, {"", "[2001:db8::1]:1234", nil, "2001:db8::1"}, {"", "@", nil, "@"}, {"", "", nil, ""},
		{"n", "192.0.2.1:1234", nil, "n at 192.0.2.1"}, {"n", "192.0.2.1:1234", verified, "n at 192.0.2.1"},
		{"", "192.0.2.1:1234", verified, "CN=client at 192.0.2.1"},
		{"", "192.0.2.1:1234", &tls.ConnectionState{PeerCertificates: []*x509.Certificate{subject}}, "192.0.2.1"},
		{strings.Repeat("n", 500), "h:1", nil, strings.Repeat("n", 500) + " at h"}, {strings.Repeat("n", 501), "h:1", nil, strings.Repeat("n", 500) + "… at h"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.TLS = test.remote, test.tls
		if test.token != "" {
			r = r.WithContext(context.WithValue(r.Context(), tokenKey{}, &Token{Name: test.token}))
		}
		if got := who(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

func TestCutText(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""}, {"abcde", "abcde"}, {"abcdef", "abcde…"}, {"abcdé", "abcd…"}, {"a\xffb", "a\ufffdb"}, {"abc\xff", "abc…"}, {"ééé", "éé…"},
	} {
		if got := cutText(test.text, 5); got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// What a client may send again, by method and error.
func TestMayRepeat(t *testing.T) {
	unreachable := func(sent bool, err error) error { return &UnreachableError{Err: err, Sent: sent} }
	status := func(n int) error { return fmt.Errorf("x: %w", &StatusError{Status: n}) }
	lost := errors.New("connection reset")
	for _, test := range []struct {
		err         error
		put, posted bool
	}{
		{unreachable(false, lost), true, true}, {unreachable(true, lost), true, false},
		{unreachable(false, &tls.CertificateVerificationError{}), false, false}, {unreachable(false, http.ErrSchemeMismatch), false, false},
		{unreachable(true, &net.OpError{Op: "remote error", Err: lost}), false, false}, {unreachable(false, &net.OpError{Op: "dial", Err: lost}), true, true},
		{unreachable(false, &net.DNSError{IsNotFound: true}), false, false}, {unreachable(false, &net.DNSError{IsTimeout: true}), true, true},
		{status(429), true, false}, {status(502), true, false}, {status(503), true, false}, {status(504), true, false}, {status(500), false, false}, {status(501), false, false}, {status(505), false, false},
		{status(400), false, false}, {status(428), false, false}, {status(404), false, false}, {lost, false, false},
	} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
			want := test.put
			if method == "POST" {
				want = test.posted
			}
			if got := mayRepeat(method, test.err); got != want {
				t.Errorf("%s after %v: %t", method, test.err, got)
			}
		}
	}
}

// Waiting grows with each try, and is not the same for all.
func TestBackoff(t *testing.T) {
	for try, longest := range map[int]time.Duration{1: 100 * time.Millisecond, 2: 200 * time.Millisecond, 3: 400 * time.Millisecond} {
		seen := map[time.Duration]bool{}
		for range 50 {
			wait := backoff(try)
			if wait < longest/2 || wait >= longest {
				t.Errorf("after try %d: %v", try, wait)
			}
			seen[wait] = true
		}
		if len(seen) < 40 {
			t.Errorf("after try %d: %d times", try, len(seen))
		}
	}
	for text, want := range map[string]time.Duration{"": 0, "0": 0, "1": time.Second, "10": 10 * time.Second, "11": 10 * time.Second, "-1": 0, "1.5": 0, "soon": 0, "99999999999": 10 * time.Second} {
		if got := retryAfter(&http.Response{Header: http.Header{"Retry-After": {text}}}); got != want {
			t.Errorf("Retry-After: %s: %v", text, got)
		}
	}
}

// What a server says of a request that failed.
func TestStatusError(t *testing.T) {
	for _, test := range []struct{ body, location, want string }{
		{"", "", "GET /p: the server answered 409 Conflict"},
		{"<html>", "", "GET /p: the server answered 409 Conflict"},
		{"[]", "", "GET /p: the server answered 409 Conflict"},
		{`{"message":5}`, "", "GET /p: the server answered 409 Conflict"},
		{`{"message":"m\n","code":5}`, "", `GET /p: the server answered 409 Conflict: m\n`},
		{`{"message":"m"}`, "/q", "GET /p: the server answered 409 Conflict: m"},
		{`{"code":5}`, "/q", "GET /p: the server answered 409 Conflict: it moved to /q; redirects are not followed"},
		{"", "/q", "GET /p: the server answered 409 Conflict: it moved to /q; redirects are not followed"},
		{`{"message":"` + strings.Repeat("x", 1001) + `"}`, "", "GET /p: the server answered 409 Conflict: " + strings.Repeat("x", 1000) + "…"},
	} {
		response := &http.Response{StatusCode: 409, Header: http.Header{}}
		if test.location != "" {
			response.Header.Set("Location", test.location)
		}
		err := statusError("GET", "/p", response, []byte(test.body))
		if err.Error() != test.want || !hasStatus(err, 409) || hasStatus(err, 408) || hasStatus(nil, 409) {
			t.Errorf("%s: %v, want %s", test.body, err, test.want)
		}
	}
}

// Errors of a store, as a client hears of them.
func TestFailures(t *testing.T) {
	wrap := func(err error) error { return fmt.Errorf("secret: %w", err) }
	for _, test := range []struct {
		err  error
		want string
	}{
		{wrap(ErrNotFound), `404 {"message":"Not found"}`},
		{wrap(&ExistsError{"i", "id"}), `409 {"code":3,"name":"primary key violation","message":"primary key violation on key '{id=\"i\"}'","fields":{"id":"i"}}`},
		{wrap(&ExistsError{"i", "payload"}), `409 {"code":5,"name":"unique constraint violation","message":"UNIQUE violation detected on '{payload=\"…\"}': this licence is already stored, as i","fields":{"payload":"this licence is already stored, as i"}}`},
		{ErrMismatch, `412 {"message":"Precondition Failed: the record has changed, or was deleted, since it was read"}`},
		{wrap(ErrFull), `507 {"message":"the store is full: nothing was changed"}`},
		{wrap(ErrReadOnly), `503 {"message":"the store is read-only, as a standby is: nothing was changed; send the request to the primary"}`},
		{wrap(ErrUnavailable), `503 retry {"message":"the store cannot be reached: retry later"}`},
		{wrap(context.DeadlineExceeded), `503 retry {"message":"the store cannot be reached: retry later"}`},
		{wrap(context.Canceled), `503 retry {"message":"the store cannot be reached: retry later"}`},
		{errors.New("secret"), `500 {"message":"An unexpected error occurred"}`},
		{invalidID(strings.Repeat("x", 101)), `400 {"code":1,"name":"invalid primary key","message":"invalid primary key: '{id=\"` + strings.Repeat("x", 100) + `…\"}'","fields":{"id":"expected a valid UUID"}}`},
	} {
		f := failureOf(test.err)
		got := fmt.Sprint(f.status, " ")
		if f.header.Get("Retry-After") == "1" {
			got += "retry "
		}
		if got += string(encodeJSON(f.body)); got != test.want {
			t.Errorf("%v: %s, want %s", test.err, got, test.want)
		}
	}
}

// Failures of the store are logged, and what a client did wrong or gave up is not.
func TestFailuresAreLogged(t *testing.T) {
	for _, test := range []struct {
		err    error
		logged bool
	}{{errors.New("broken"), true}, {ErrUnavailable, true}, {context.DeadlineExceeded, true}, {ErrFull, true}, {context.Canceled, false}, {ErrNotFound, false}, {ErrMismatch, false}, {invalidID("x"), false}} {
		var log bytes.Buffer
		h := &handler{options: Options{Log: slog.New(slog.NewTextHandler(&log, nil))}}
		h.failed(httptest.NewRequest("PUT", "/", nil), test.err)
		if logged := strings.Contains(log.String(), `msg="request failed" method=PUT status=5`); logged != test.logged || !logged && log.Len() > 0 {
			t.Errorf("%v: %s", test.err, &log)
		}
	}
}

// Which versions have the old shape of a report.
func TestShapeOfVersion(t *testing.T) {
	for version, want := range map[string]bool{
		"2.8.4": true, "3.4": true, "3.4.9.9": true, "3.5": false, "3.5.0.0": false, "3.10": false, "4.0": false, "4.4": false, "1.9": true, "3": false, "": false, "x.1": false, "2.x": false, "3.x": false, "2.1.x": true,
	} {
		if got := isBefore3_5(version); got != want {
			t.Errorf("%s: %t", version, got)
		}
	}
}

// The parameters of a list.
func TestListParameters(t *testing.T) {
	for text, want := range map[string]int{"": 100, "size=1": 1, "size=1000": 1000, "size=1001": 0, "size=0": 0, "size=-1": 0, "size=": 0, "size=x": 0, "size=5&size=6": 5, "other=1": 100} {
		query, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		size, err := parseSize(query)
		if size != want || errorText(err) != map[bool]string{true: "size must be an integer between 1 and 1000", false: ""}[want == 0] {
			t.Errorf("%s: %d, %v", text, size, err)
		}
	}
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	offset := formatOffset(id)
	for text, want := range map[string]string{"": "", "offset=" + offset: id, "other=" + offset: ""} {
		query, _ := url.ParseQuery(text)
		if got, err := parseOffset(query); got != want || err != nil {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x", offset + "=", "!", formatOffset("x"), formatOffset(id[1:]), "W10", "e30", "bnVsbA", "WyJhIiwiYiJd"} {
		query := url.Values{"offset": {text}}
		if got, err := parseOffset(query); got != "" || errorText(err) != "'"+text+"' is not a valid offset: use the offset of the previous page" {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
}

// A list, as JSON.
func TestListAnswer(t *testing.T) {
	one, two := Record{"i", "p\"\n", 1, 2}, Record{"j", "q", 3, 4}
	for _, test := range []struct {
		records []Record
		next    string
		want    string
	}{
		{nil, "", `{"data":[],"next":null}`},
		{[]Record{one}, "", `{"data":[{"id":"i","payload":"p\"\n","created_at":1,"updated_at":2}],"next":null}`},
		{[]Record{one, two}, "j", `{"data":[{"id":"i","payload":"p\"\n","created_at":1,"updated_at":2},{"id":"j","payload":"q","created_at":3,"updated_at":4}],"next":"/licenses?offset=WyJqIl0&size=7","offset":"WyJqIl0"}`},
	} {
		a, err := listAnswer(test.records, test.next, 7)
		if diff := cmp.Diff(test.want, string(a.body)); err != nil || a.status != 200 || diff != "" || !json.Valid(a.body) {
			t.Errorf("%v, %d: %s", err, a.status, diff)
		}
	}
	if _, err := listAnswer([]Record{{Payload: "\xff"}}, "", 7); err == nil {
		t.Error("what is no UTF-8 is sent")
	}
}

// Pages are kept up to a size and an age, and each once.
func TestPagesAtLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		head, key := Head{1, "a"}, func(n int) pageKey { return pageKey{"", n, true} }
		var p pages
		p.keep(head, key(1), make([]byte, maxPagesBytes-3))
		p.keep(head, key(2), []byte{2})
		p.keep(head, key(2), []byte{3, 3}) // which is there already
		if len(p.get(head, key(1))) != maxPagesBytes-3 || len(p.get(head, key(2))) != 1 || p.bytes != maxPagesBytes-2 {
			t.Errorf("%d bytes, %v", p.bytes, p.get(head, key(2)))
		}
		time.Sleep(maxPagesAge)
		if p.get(head, key(2)) == nil {
			t.Error("not kept for its age")
		}
		time.Sleep(time.Nanosecond)
		if p.get(head, key(2)) != nil {
			t.Error("kept for longer")
		}
		p.keep(head, key(3), []byte{3})
		p.keep(Head{1, ""}, key(3), []byte{3, 3})
		if p.get(head, key(1)) != nil || p.get(head, key(3)) == nil || p.bytes != 1 || p.begun != time.Now() {
			t.Errorf("%d bytes since %v", p.bytes, p.begun)
		}
		p.keep(Head{2, "b"}, key(4), make([]byte, maxPagesBytes))
		if p.get(head, key(3)) != nil || p.get(Head{2, "b"}, key(4)) == nil || p.bytes != maxPagesBytes {
			t.Errorf("%d bytes", p.bytes)
		}
	})
}

// The heads of histories, as text.
func TestHead(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for text, want := range map[string]Head{"0:": {}, "1:" + sum: {1, sum}, "0:" + sum: {0, sum}, "9223372036854775807:" + sum: {1<<63 - 1, sum}} {
		if got, err := ParseHead(text); got != want || err != nil || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "0", ":", ":" + sum, "1:", "-1:" + sum, "x:" + sum, "1:" + sum[1:], "1:" + sum[2:], "1:" + sum + "00", "1:" + sum[:62] + "xx", "9223372036854775808:" + sum, "0:00"} {
		if got, err := ParseHead(text); got != (Head{}) || errorText(err) != fmt.Sprintf("%q is not the head of a history: write it as NUMBER:HASH", text) {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	c := Change{Number: 1, Time: time.UnixMilli(5), Who: "w", Action: Created, ID: "i", After: &Record{"i", "p", 1, 2}}
	first := Head{}.append(c)
	for _, test := range []struct {
		name    string
		from    Head
		change  Change
		hadHash bool
		ok      bool
	}{
		{"right", Head{}, with(c, 1, first.Hash), true, true}, {"without a hash, before all", Head{}, with(c, 1, ""), false, true}, {"without a hash, after one", Head{}, with(c, 1, ""), true, false},
		{"another hash", Head{}, with(c, 1, sum), false, false}, {"a gap", Head{}, with(c, 2, Head{}.HashOf(with(c, 2, ""))), true, false}, {"twice", first, with(c, 1, first.Hash), true, false},
		{"the second", first, with(c, 2, first.HashOf(with(c, 2, ""))), true, true},
	} {
		next, err := test.from.Next(test.change, test.hadHash)
		if (err == nil) != test.ok || err != nil && (!errors.Is(err, ErrHistoryChanged) || next != test.from) || err == nil && next.Number != test.change.Number {
			t.Errorf("%s: %v, %v", test.name, next, err)
		}
	}
	// All of an entry is in its hash, and nothing moves from one member to the next.
	seen := map[string]string{first.Hash: "itself"}
	for name, change := range map[string]func(*Change){
		"number": func(c *Change) { c.Number++ }, "time": func(c *Change) { c.Time = c.Time.Add(time.Millisecond) }, "who": func(c *Change) { c.Who += "i" }, "action": func(c *Change) { c.Action = Replaced },
		"id": func(c *Change) { c.ID = "ii" }, "before": func(c *Change) { c.Before = &Record{} }, "no after": func(c *Change) { c.After = nil }, "payload": func(c *Change) { c.After = &Record{"i", "q", 1, 2} },
		"created": func(c *Change) { c.After = &Record{"i", "p", 2, 2} }, "updated": func(c *Change) { c.After = &Record{"i", "p", 1, 1} }, "moved": func(c *Change) { c.Who, c.ID = "wi", "" },
		"sides": func(c *Change) { c.Before, c.After = c.After, nil },
	} {
		changed := c
		change(&changed)
		hash := Head{}.HashOf(changed)
		if other := seen[hash]; other != "" {
			t.Errorf("%s: the hash is that of %s", name, other)
		}
		seen[hash] = name
	}
	if got := (Head{0, sum}).HashOf(c); got == first.Hash {
		t.Error("the entries before are not in the hash")
	}
}

func with(c Change, number int64, hash string) Change {
	c.Number, c.Hash = number, hash
	return c
}

// The bodies of writes, and what is wrong with each of their members.
func TestFields(t *testing.T) {
	const id = "30b4edb7-0847-4f65-af90-efbed8b0161f"
	for body, want := range map[string]string{
		`{"payload":"p"}`: "p", `{"payload":"p","id":"` + strings.ToUpper(id) + `"}`: id + " p", `{"payload":"p","id":null,"created_at":null,"updated_at":null,"tags":null}`: "p",
		`{"payload":"p","created_at":5,"updated_at":-1.5,"tags":["a"]}`: "p", `{"payload":"p","created_at":"5","tags":"a,b"}`: "p",
		`{}`:                       "schema violation (payload: required field missing)",
		`{"payload":null}`:         "schema violation (payload: required field missing)",
		`{"payload":""}`:           "schema violation (payload: required field missing)",
		`{"payload":{}}`:           "schema violation (payload: expected a string: the licence document as text)",
		`{"payload":"\u0000"}`:     "schema violation (payload: expected UTF-8 text)",
		`{"payload":"@f"}`:         "schema violation (payload: expected a licence document, not the name of a file: with curl, use --data-urlencode payload@FILE)",
		`{"payload":"p","id":"x"}`: "schema violation (id: expected a valid UUID)",
		`{"payload":"p","id":"` + strings.ReplaceAll(id, "-", "") + `"}`: "schema violation (id: expected a valid UUID)",
		`{"payload":"p","id":5}`:             "schema violation (id: expected a valid UUID)",
		`{"payload":"p","created_at":"1.5"}`: "schema violation (created_at: expected an integer)",
		`{"payload":"p","updated_at":true}`:  "schema violation (updated_at: expected an integer)",
		`{"payload":"p","tags":{}}`:          "schema violation (tags: expected a set)",
		`{"payload":"p","x":null}`:           "schema violation (x: unknown field)",
		`{"a":1,"payload":"p","tags":5}`:     "2 schema violations (a: unknown field; tags: expected a set)",
		`null`:                               "Cannot parse JSON body",
		`[]`:                                 "Cannot parse JSON body",
		`{"payload":"p","payload":"p"}`:      "Cannot parse JSON body",
		``:                                   "Cannot parse JSON body",
	} {
		checkFields(t, "application/json", body, want)
	}
	for body, want := range map[string]string{
		"payload=p": "p", "id=" + id + "&payload=a%20b": id + " a b", "payload=p&created_at=5&tags=x&updated_at=": "p",
		"payload=p&payload=p":                 "schema violation (payload: given more than once)",
		"payload=%ff":                         "schema violation (payload: expected UTF-8 text)",
		"payload=p&updated_at=x":              "schema violation (updated_at: expected an integer)",
		"payload=%":                           "Cannot parse form body",
		"":                                    "schema violation (payload: required field missing)",
		"payload=p" + strings.Repeat("&", 32): "p",
		"payload=p" + strings.Repeat("&", 33): "the body has more than 32 fields",
	} {
		checkFields(t, "application/x-www-form-urlencoded; charset=UTF-8", body, want)
	}
	part := func(name string) string {
		return "--b\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\np\r\n"
	}
	for body, want := range map[string]string{
		part("payload") + "--b--":                                 "p",
		part("payload") + strings.Repeat(part("x"), 31) + "--b--": "schema violation (x: unknown field)",
		part("payload") + strings.Repeat(part("x"), 32) + "--b--": "Cannot parse multipart body",
		part("payload"): "Cannot parse multipart body",
		"--b--":         "schema violation (payload: required field missing)",
		"x":             "schema violation (payload: required field missing)",
	} {
		checkFields(t, "multipart/form-data; boundary=b", body, strings.Replace(want, "schema violation (x: unknown field)", "31 schema violations ("+strings.TrimSuffix("x: unknown field; "+strings.Repeat("x: given more than once; ", 30), "; ")+")", 1))
	}
	for contentType, want := range map[string]string{
		"": "Content-Type  is not supported; use application/json, application/x-www-form-urlencoded or multipart/form-data", "text/plain": "Content-Type text/plain is not supported; use application/json, application/x-www-form-urlencoded or multipart/form-data",
		"application/json; charset=latin1": "the charset of the body is latin1; send it as UTF-8", "application/json; charset=utf-8": "p", "APPLICATION/JSON": "p", "multipart/form-data": "Cannot parse multipart body", "application/json;;": "Content-Type application/json;; is not supported; use application/json, application/x-www-form-urlencoded or multipart/form-data",
	} {
		checkFields(t, contentType, `{"payload":"p"}`, want)
	}
	checkFields(t, "", "", "schema violation (payload: required field missing)")
	for _, encoding := range []Encoding{JSON, URLEncoded, Multipart, "other"} {
		contentType, body := Body(encoding, "<a> & \"b\"\n+é=")
		checkFields(t, contentType, string(body), "<a> & \"b\"\n+é=")
	}
	many := make(violations, 40)
	for i := range many {
		many[i] = violation{fmt.Sprint(i), "x"}
	}
	var f *failure
	if err := many.error(); !errors.As(err, &f) || len(f.body.Fields) != 32 || !strings.HasPrefix(err.Error(), "32 schema violations (0: x; ") {
		t.Errorf("%v", err)
	}
	if err := violations(nil).error(); err != nil {
		t.Error(err)
	}
}

func checkFields(t *testing.T, contentType, body, want string) {
	t.Helper()
	fields, err := parseFields(contentType, []byte(body))
	var e entity
	if err == nil {
		e, err = fields.entity()
	}
	got := strings.TrimSpace(e.id + " " + e.payload)
	if err != nil {
		got = err.Error()
	}
	if got != want {
		t.Errorf("%s %.80s:\ngot  %s\nwant %s", contentType, body, got, want)
	}
}

// The paths of the API, with and without a workspace.
func TestPath(t *testing.T) {
	h := &handler{options: Options{Workspaces: []string{"w", "v"}}}
	for path, want := range map[string][]string{
		"/": nil, "/w": {"w"}, "/w/": {"w"}, "/licenses": {"licenses"}, "/licenses/": {"licenses"}, "/w/licenses": {"licenses"}, "/v/licenses/i": {"licenses", "i"}, "/x/licenses": {"x", "licenses"},
		"/w/w": {"w"}, "/w/w/licenses": {"w", "licenses"}, "/licenses//": {"licenses", ""}, "//licenses": {"", "licenses"}, "/lic%65nses": {"lic%65nses"}, "/a%2fb": {"a%2fb"},
	} {
		u, err := url.ParseRequestURI("http://h" + path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, h.path(&http.Request{URL: u})); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
}

// The versions of records that a request names.
func TestParseMatch(t *testing.T) {
	for _, test := range []struct {
		lines []string
		want  []string
		err   string
	}{
		{nil, nil, ""}, {[]string{`"5-ab"`}, []string{"5-ab"}, ""}, {[]string{"*"}, []string{"*"}, ""}, {[]string{`"5-ab", "6-cd"`, `"7"`}, []string{"5-ab", "6-cd", "7"}, ""},
		{[]string{`W/"5-ab"`}, []string{`W/"5-ab`}, ""}, {[]string{`""`}, []string{""}, ""},
		{[]string{""}, nil, "If-Match:  is not an ETag of this server, or *"}, {[]string{`"5-ab",`}, nil, "If-Match:  is not an ETag of this server, or *"},
		{[]string{"5-ab"}, nil, "If-Match: 5-ab is not an ETag of this server, or *"}, {[]string{`"x"`}, nil, `If-Match: "x" is not an ETag of this server, or *`}, {[]string{`"5`}, nil, `If-Match: "5 is not an ETag of this server, or *`},
	} {
		got, err := parseMatch(&http.Request{Header: http.Header{"If-Match": test.lines}})
		if diff := cmp.Diff(test.want, got); diff != "" || errorText(err) != test.err {
			t.Errorf("%q: %v %s", test.lines, err, diff)
		}
	}
	r := &Record{"i", "p", 1, 2}
	if want := "2-148de9c5a7a44d19e56cd9ae1a554bf6"; r.Version() != want {
		t.Errorf("the version is %s", r.Version())
	}
	for _, test := range []struct {
		record   *Record
		versions []string
		ok       bool
	}{
		{nil, nil, true}, {r, nil, true}, {nil, []string{"*"}, false}, {r, []string{"*"}, true}, {r, []string{"x", r.Version()}, true}, {r, []string{"x"}, false}, {nil, []string{r.Version()}, false},
	} {
		if err := CheckMatch(test.record, test.versions); (err == nil) != test.ok || err != nil && err != ErrMismatch {
			t.Errorf("%v %v: %v", test.record, test.versions, err)
		}
	}
}
