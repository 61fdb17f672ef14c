package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/licseal/licseal/check"
	"github.com/urfave/cli/v2"
)

// adminLister returns what asks the Admin API at a URL for its licences.
func adminLister(c *cli.Context, base string) (func(context.Context) ([]check.Installed, error), error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return nil, usagef("--admin-url %q is not the URL of an Admin API; write it as http://localhost:8001, without a password", base)
	}
	token := os.Getenv("KONG_ADMIN_TOKEN")
	if name := c.String("token-file"); name != "" {
		data, err := readFile(name, 8<<10)
		if err != nil {
			return nil, about(displayName(name), err)
		}
		token = strings.TrimSpace(string(data))
	}
	return func(ctx context.Context) ([]check.Installed, error) {
		return listRecords(ctx, strings.TrimRight(base, "/"), token)
	}, nil
}

func listRecords(ctx context.Context, base, token string) ([]check.Installed, error) {
	client := &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var all []check.Installed
	for offset, page := "", 0; page < 1000; page++ {
		query := url.Values{"size": {"1000"}}
		if offset != "" {
			query.Set("offset", offset)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/licenses?"+query.Encode(), nil)
		if err != nil {
			return nil, err
		}
		if token != "" {
			request.Header.Set("Kong-Admin-Token", token)
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, errors.Unwrap(err)
		}
		data, err := io.ReadAll(io.LimitReader(response.Body, check.MaxDumpBytes))
		response.Body.Close()
		switch {
		case err != nil:
			return nil, err
		case response.StatusCode != http.StatusOK:
			return nil, fmt.Errorf("it answers %s", response.Status)
		}
		installed, err := check.RecordList(data)
		if err != nil {
			return nil, err
		}
		all = append(all, installed...)
		var next struct{ Offset string }
		if json.Unmarshal(data, &next) != nil || next.Offset == "" {
			return all, nil
		}
		offset = next.Offset
	}
	return nil, errors.New("its list of licences does not end")
}
