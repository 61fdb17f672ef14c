package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// Sizes of a page.
const (
	defaultPageSize = 100
	maxPageSize     = 1000
)

// A list takes a few MiB of memory until the client has read it, which may never
// happen. At most maxLists are sent at the same time; others wait up to listWait.
const (
	maxLists = 32
	listWait = 10 * time.Second
)

func (h *handler) getLicenses(r *http.Request) (a answer, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return answer{}, failf(http.StatusBadRequest, "Cannot parse the query")
	}
	size, err := parseSize(query)
	if err != nil {
		return answer{}, err
	}
	after, err := parseOffset(query)
	if err != nil {
		return answer{}, err
	}
	select {
	case h.lists <- struct{}{}:
	case <-r.Context().Done():
		return answer{}, r.Context().Err()
	case <-time.After(listWait):
		busy := failf(http.StatusServiceUnavailable, "too many lists are being sent: retry later")
		busy.header = http.Header{"Retry-After": {"1"}}
		return answer{}, busy
	}
	defer func() {
		if a.written == nil { // no list is sent
			<-h.lists
		}
	}()
	a, err = h.page(r.Context(), after, size, h.options.Hide(r))
	if err == nil {
		a.written = func() { <-h.lists }
	}
	return a, err
}

// page returns a page, from memory if nothing has changed since it was read.
func (h *handler) page(ctx context.Context, after string, size int, hide func(Record) bool) (answer, error) {
	key := pageKey{after, size, hide == nil}
	head, err := h.store.Head(ctx)
	if err != nil {
		return answer{}, err
	}
	if body := h.pages.get(head, key); body != nil {
		return answer{status: http.StatusOK, body: body}, nil
	}
	records, next, err := h.list(ctx, after, size, hide)
	if err != nil {
		return answer{}, err
	}
	a, err := listAnswer(records, next, size)
	if err != nil {
		return answer{}, err
	}
	if now, err := h.store.Head(ctx); err == nil && now == head { // nothing was written meanwhile
		h.pages.keep(head, key, a.body)
	}
	return a, nil
}

// list returns the records of a page that are not hidden, and the id after which the next
// page begins, "" if this is the last.
func (h *handler) list(ctx context.Context, after string, size int, hide func(Record) bool) (records []Record, next string, err error) {
	for {
		page, more, err := h.store.List(ctx, after, size)
		if err != nil {
			return nil, "", err
		}
		if len(page) > 0 {
			after = page[len(page)-1].ID
		}
		if hide != nil {
			page = slices.DeleteFunc(page, hide)
		}
		switch {
		case !more:
			return page, "", nil
		case len(page) > 0:
			return page, after, nil
		}
	}
}

func parseSize(query url.Values) (int, error) {
	if !query.Has("size") {
		return defaultPageSize, nil
	}
	size, err := strconv.Atoi(query.Get("size"))
	if err != nil || size < 1 || size > maxPageSize {
		return 0, &failure{status: http.StatusBadRequest, body: ErrorBody{
			Code: codeInvalidSize, Name: "invalid size", Message: fmt.Sprintf("size must be an integer between 1 and %d", maxPageSize)}}
	}
	return size, nil
}

// parseOffset returns the id after which a page begins, "" for the first page.
func parseOffset(query url.Values) (string, error) {
	if !query.Has("offset") {
		return "", nil
	}
	var ids []string
	text, err := base64.RawURLEncoding.DecodeString(query.Get("offset"))
	if err == nil {
		err = json.Unmarshal(text, &ids)
	}
	if err == nil && len(ids) == 1 {
		if id, ok := parseID(ids[0]); ok {
			return id, nil
		}
	}
	return "", &failure{status: http.StatusBadRequest, body: ErrorBody{
		Code: codeInvalidOffset, Name: "invalid offset",
		Message: fmt.Sprintf("'%s' is not a valid offset: use the offset of the previous page", printable(query.Get("offset")))}}
}

func formatOffset(id string) string {
	return base64.RawURLEncoding.EncodeToString(encodeJSON([]string{id}))
}

func listAnswer(records []Record, next string, size int) (answer, error) {
	length := 100
	for i := range records {
		length += len(records[i].Payload)*5/4 + 120
	}
	body := append(make([]byte, 0, length), `{"data":[`...)
	var err error
	for i := range records {
		if i > 0 {
			body = append(body, ',')
		}
		if body, err = records[i].appendJSON(body); err != nil {
			return answer{}, err
		}
	}
	body = append(body, ']')
	if next == "" {
		return answer{status: http.StatusOK, body: append(body, `,"next":null}`...)}, nil
	}
	offset := formatOffset(next)
	body = fmt.Appendf(body, `,"next":"/licenses?offset=%s&size=%d","offset":"%s"}`, offset, size, offset)
	return answer{status: http.StatusOK, body: body}, nil
}
